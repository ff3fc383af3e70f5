// Any bytes are refused with a message or are a file that can be written and read again.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "core/utf8.h"
#include "worker/trainer/safetensors.h"

namespace adares::safetensors {
namespace {

void Require(bool fact, const char* text) {
  if (fact) return;
  std::fprintf(stderr, "not so: %s\n", text);
  std::abort();
}

bool SameTensor(const TensorView& a, const TensorView& b) {
  return a.name == b.name && a.dtype == b.dtype && a.shape == b.shape &&
         std::ranges::equal(a.bytes, b.bytes);
}

std::vector<TensorView> ByName(std::vector<TensorView> tensors) {
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  return tensors;
}

std::vector<uint8_t> Encode(const File& file) {
  const absl::StatusOr<Layout> layout = Arrange(file.tensors(), file.metadata());
  Require(layout.ok(), "what was read can be written");
  std::vector<uint8_t> bytes(layout->head.begin(), layout->head.end());
  for (const TensorView& tensor : layout->tensors) {
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  return bytes;
}

void Try(std::vector<uint8_t> bytes) {
  const absl::StatusOr<File> file = Parse(std::move(bytes), "file");
  if (!file.ok()) {
    Require(IsUtf8(std::string(file.status().message())), "messages are UTF-8");
    return;
  }
  const absl::StatusOr<File> again = Parse(Encode(*file), "again");
  Require(again.ok(), "what was written can be read");
  Require(again->metadata() == file->metadata(), "metadata comes back");
  const std::vector<TensorView> before = ByName(file->tensors());
  const std::vector<TensorView> after = ByName(again->tensors());
  Require(std::ranges::equal(before, after, SameTensor), "tensors come back");
}

}  // namespace
}  // namespace adares::safetensors

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  adares::safetensors::Try({data, data + size});
  return 0;
}
