// Where the tensors lie in the file: each number is held against the file's size before anything is
// done with it.
#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "worker/trainer/file_bytes.h"
#include "worker/trainer/safetensors.h"
#include "worker/trainer/safetensors_header.h"

namespace adares::safetensors {
namespace {

absl::Status Broken(const std::string& path, const std::string& cause) {
  return absl::DataLossError(absl::StrCat(
      path, ": ", cause,
      "; this is no safetensors file to rely on: take another copy, or write it again"));
}

// Its length is the file's first number.
absl::StatusOr<std::string_view> HeaderText(std::span<const uint8_t> file) {
  if (file.size() < kLengthBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "has ", file.size(), " bytes, the length of a header alone needs ", kLengthBytes));
  }
  uint64_t length = 0;
  for (size_t i = kLengthBytes; i > 0; --i) length = length << 8 | file[i - 1];
  if (length > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "its header would have ", length, " bytes, at most ", kMaxHeaderBytes, " are allowed"));
  }
  if (length > file.size() - kLengthBytes) {
    return absl::InvalidArgumentError(absl::StrCat("its header would have ", length, " bytes, but ",
                                                   file.size() - kLengthBytes, " follow"));
  }
  return std::string_view(reinterpret_cast<const char*>(file.data()) + kLengthBytes, length);
}

absl::Status CheckEntry(const HeaderEntry& entry, uint64_t data_bytes) {
  const auto wrong = [&](const std::string& cause) {
    return absl::InvalidArgumentError(absl::StrCat("tensor ", Quoted(entry.name), ": ", cause));
  };
  const std::string offsets = absl::StrCat("data_offsets [", entry.begin, ", ", entry.end, "]");
  if (entry.begin > entry.end) return wrong(absl::StrCat(offsets, " end before they begin"));
  if (entry.end > data_bytes) {
    return wrong(absl::StrCat(offsets, " leave the file, which has ", data_bytes,
                              " bytes behind its header"));
  }
  const std::optional<uint64_t> bytes = TensorBytes(entry.dtype, entry.shape);
  if (!bytes) return wrong("its shape has too many elements");
  if (*bytes != entry.end - entry.begin) {
    return wrong(absl::StrCat(offsets, " span ", entry.end - entry.begin, " bytes, but dtype ",
                              std::string(Name(entry.dtype)), " and its shape make ", *bytes));
  }
  return absl::OkStatus();
}

// The entries are in the order of their bytes. Each byte belongs to one tensor.
absl::Status CheckCover(const std::vector<HeaderEntry>& entries, uint64_t data_bytes) {
  uint64_t end = 0;
  for (const HeaderEntry& entry : entries) {
    if (entry.begin != end) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", Quoted(entry.name), ": begins at byte ", entry.begin,
                       entry.begin < end ? ", inside of another that ends at "
                                         : ", and nothing covers the bytes from ",
                       end));
    }
    end = entry.end;
  }
  if (end == data_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("has ", data_bytes, " bytes behind its header, ",
                                                 "its tensors end after ", end));
}

absl::StatusOr<Header> ReadHeader(std::string_view text, uint64_t data_bytes) {
  ADARES_ASSIGN_OR_RETURN(Header header, ParseHeader(text));
  for (const HeaderEntry& entry : header.entries) {
    ADARES_RETURN_IF_ERROR(CheckEntry(entry, data_bytes));
  }
  std::sort(header.entries.begin(), header.entries.end(),
            [](const HeaderEntry& a, const HeaderEntry& b) {
              return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
            });
  ADARES_RETURN_IF_ERROR(CheckCover(header.entries, data_bytes));
  return header;
}

}  // namespace

absl::StatusOr<File> Parse(std::vector<uint8_t> bytes, const std::string& path) {
  const absl::StatusOr<std::string_view> text = HeaderText(bytes);
  if (!text.ok()) return Broken(path, std::string(text.status().message()));
  const std::span<const uint8_t> data = std::span(bytes).subspan(kLengthBytes + text->size());
  absl::StatusOr<Header> header = ReadHeader(*text, data.size());
  if (!header.ok()) return Broken(path, std::string(header.status().message()));
  std::vector<TensorView> tensors;
  tensors.reserve(header->entries.size());
  for (HeaderEntry& entry : header->entries) {
    tensors.push_back({std::move(entry.name), entry.dtype, std::move(entry.shape),
                       data.subspan(entry.begin, entry.end - entry.begin)});
  }
  return File(std::move(bytes), std::move(header->metadata), std::move(tensors));
}

absl::StatusOr<File> ReadFile(const std::string& path) {
  ADARES_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadFileBytes(path, "check the path"));
  return Parse(std::move(bytes), path);
}

}  // namespace adares::safetensors
