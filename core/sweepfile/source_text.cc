// One pass over the lines.
#include "core/sweepfile/source_text.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/utf8.h"

namespace adares {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsForbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// Characters before `end`, continuation bytes not counted, plus 1.
int ColumnOf(std::string_view line, size_t end) {
  int column = 1;
  for (const char c : line.substr(0, end)) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++column;
  }
  return column;
}

absl::Status CheckLine(std::string_view line, int number, const SpecErrors& errors) {
  if (!IsUtf8(line)) {
    return errors.At({number, 1}, "the line is not valid UTF-8; save the file as UTF-8");
  }
  for (size_t i = 0; i < line.size(); ++i) {
    if (!IsForbidden(line[i])) continue;
    const Place place = {number, ColumnOf(line, i)};
    if (line[i] == '\t') return errors.At(place, "a tab stands here; write blanks");
    const std::string code = absl::StrFormat("0x%02x", static_cast<unsigned char>(line[i]));
    return errors.At(place,
                     absl::StrCat("a control character (", code, ") stands here; remove it"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string_view> CheckSourceText(std::string_view text, const SpecErrors& errors) {
  if (text.size() > kMaxSweepFileBytes) {
    return errors.At({}, absl::StrCat("the file has ", text.size(), " bytes; at most ",
                                      kMaxSweepFileBytes, " are read"));
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  int number = 1;
  for (std::string_view rest = text; !rest.empty(); ++number) {
    const size_t length = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (absl::Status status = CheckLine(line, number, errors); !status.ok()) return status;
  }
  return text;
}

}  // namespace adares
