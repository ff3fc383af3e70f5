// Any bytes are refused with a message, or are a data set whose every label and pixel can be read.
// The checksums are made right first, as the fuzzer cannot.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "worker/trainer/cache_file.h"
#include "worker/trainer/checksum64.h"
#include "worker/trainer/decoded_images.h"

namespace adares {
namespace {

constexpr size_t kHeadBytes = 256;
constexpr size_t kSizesAt = 144;  // channels, height, width, classes, pictures of both parts
constexpr size_t kChecksumsAt = 216;
const std::string kKey(64, 'k');

void Require(bool fact, const char* text) {
  if (fact) return;
  std::fprintf(stderr, "not so: %s\n", text);
  std::abort();
}

uint64_t NumberAt(const std::vector<uint8_t>& bytes, size_t at) {
  uint64_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

void PutChecksum(std::vector<uint8_t>& bytes, size_t at, size_t begin, size_t size) {
  const uint64_t sum = Checksum64({bytes.data() + begin, size});
  std::memcpy(bytes.data() + at, &sum, sizeof(sum));
}

// As the head tells the sizes; without effect where they do not fit.
void Mend(std::vector<uint8_t>& bytes) {
  std::copy(kKey.begin(), kKey.end(), bytes.begin() + 16);
  const uint64_t picture = NumberAt(bytes, kSizesAt) % 4 * (NumberAt(bytes, kSizesAt + 8) % 64) *
                           (NumberAt(bytes, kSizesAt + 16) % 64);
  const uint64_t train = NumberAt(bytes, kSizesAt + 32) % 64;
  const uint64_t test = NumberAt(bytes, kSizesAt + 40) % 64;
  size_t begin = kHeadBytes;
  size_t at = kChecksumsAt;
  for (const uint64_t size : {2 * train, 2 * test, train * picture, test * picture}) {
    if (size > bytes.size() - begin) return;
    PutChecksum(bytes, at, begin, size);
    begin += size;
    at += sizeof(uint64_t);
  }
  PutChecksum(bytes, kHeadBytes - 8, 0, kHeadBytes - 8);
}

void Try(const std::vector<uint8_t>& bytes) {
  const absl::StatusOr<ImageData> data = ParseCacheFile(bytes, kKey);
  if (!data.ok()) return Require(!data.status().message().empty(), "refusals have messages");
  for (const ImageSet* part : {&data->train, &data->test}) {
    Require(
        std::ranges::all_of(part->labels, [&](uint16_t label) { return label < data->classes; }),
        "labels are below the classes");
    Require(part->pixels.size() == static_cast<size_t>(part->size() * part->shape.Bytes()),
            "there are as many pixels as labels");
  }
  Require(DataDigest(*data).size() == 64, "all can be read");
}

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  adares::Try(bytes);
  if (size < adares::kHeadBytes) return 0;
  adares::Mend(bytes);
  adares::Try(bytes);
  return 0;
}
