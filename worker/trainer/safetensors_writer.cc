// The header, and the order of the tensors.
#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/utf8.h"
#include "nlohmann/json.hpp"
#include "worker/trainer/atomic_file.h"
#include "worker/trainer/safetensors.h"
#include "worker/trainer/safetensors_header.h"

namespace adares::safetensors {
namespace {

// Of the header, so that the data behind it begins at a multiple.
constexpr size_t kAlignment = 8;

std::string JsonText(std::string_view text) { return nlohmann::json(text).dump(); }

absl::Status CheckTensor(const TensorView& tensor) {
  const auto wrong = [&](const std::string& cause) {
    return absl::InvalidArgumentError(absl::StrCat("tensor ", Quoted(tensor.name), ": ", cause));
  };
  if (!IsUtf8(tensor.name)) return wrong("its name is not UTF-8");
  if (tensor.name == kMetadataKey) return wrong("this name is the metadata's; choose another");
  const std::optional<uint64_t> bytes = TensorBytes(tensor.dtype, tensor.shape);
  if (!bytes) return wrong("its shape has a negative size or too many elements");
  if (*bytes != tensor.bytes.size()) {
    return wrong(
        absl::StrCat("has ", tensor.bytes.size(), " bytes, but its shape and dtype make ", *bytes));
  }
  return absl::OkStatus();
}

absl::Status CheckNames(const std::vector<TensorView>& tensors) {
  std::vector<std::string_view> names;
  for (const TensorView& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("there are two tensors ", Quoted(*twice)));
}

absl::StatusOr<std::string> MetadataMember(const Metadata& metadata) {
  std::string members;
  for (const auto& [key, value] : metadata) {
    if (!IsUtf8(key) || !IsUtf8(value)) {
      return absl::InvalidArgumentError(absl::StrCat("metadata ", Quoted(key), " is not UTF-8"));
    }
    absl::StrAppend(&members, members.empty() ? "" : ",", JsonText(key), ":", JsonText(value));
  }
  return absl::StrCat(JsonText(kMetadataKey), ":{", members, "}");
}

std::string TensorMember(const TensorView& tensor, uint64_t begin) {
  return absl::StrCat(JsonText(tensor.name), ":{\"dtype\":\"", std::string(Name(tensor.dtype)),
                      "\",\"shape\":[", absl::StrJoin(tensor.shape, ","), "],\"data_offsets\":[",
                      begin, ",", begin + tensor.bytes.size(), "]}");
}

std::string LittleEndian(uint64_t value) {
  std::string bytes;
  for (size_t i = 0; i < kLengthBytes; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

}  // namespace

absl::StatusOr<Layout> Arrange(std::vector<TensorView> tensors, const Metadata& metadata) {
  for (const TensorView& tensor : tensors) ADARES_RETURN_IF_ERROR(CheckTensor(tensor));
  ADARES_RETURN_IF_ERROR(CheckNames(tensors));
  std::sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) {
    const size_t a_bytes = ElementBytes(a.dtype);
    const size_t b_bytes = ElementBytes(b.dtype);
    return a_bytes != b_bytes ? a_bytes > b_bytes : a.name < b.name;
  });
  std::vector<std::string> members;
  if (!metadata.empty()) {
    ADARES_ASSIGN_OR_RETURN(members.emplace_back(), MetadataMember(metadata));
  }
  uint64_t begin = 0;
  for (const TensorView& tensor : tensors) {
    members.push_back(TensorMember(tensor, begin));
    begin += tensor.bytes.size();
  }
  std::string header = absl::StrCat("{", absl::StrJoin(members, ","), "}");
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  if (header.size() > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the header has ", header.size(),
                                                   " bytes, at most ", kMaxHeaderBytes,
                                                   " are allowed; shorten it"));
  }
  return Layout{LittleEndian(header.size()) + header, std::move(tensors)};
}

absl::Status WriteFile(const std::string& path, std::vector<TensorView> tensors,
                       const Metadata& metadata) {
  const absl::StatusOr<Layout> layout = Arrange(std::move(tensors), metadata);
  if (!layout.ok()) return Annotate(layout.status(), path);
  std::vector<std::string_view> parts = {layout->head};
  for (const TensorView& tensor : layout->tensors) {
    parts.emplace_back(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  return WriteFileAtomically(path, parts);
}

}  // namespace adares::safetensors
