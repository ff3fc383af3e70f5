// UTF-8 checking and quoting.
#include "core/quoted_text.h"

#include <cstdint>

#include "absl/strings/str_format.h"

namespace adares {
namespace {

constexpr size_t kLongestQuote = 80;

// Length of the well-formed UTF-8 sequence at the start of the text (RFC 3629: no overlong forms,
// no surrogates, at most U+10FFFF), or 0.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second > 0x9f;
  const bool too_large = lead == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_large ? 0 : length;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty() && quoted.size() < kLongestQuote) {
    const size_t length = SequenceLength(text);
    const char c = text.front();
    if (length == 0) {
      quoted += '?';
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (IsControl(c)) {
      quoted += absl::StrFormat("\\x%02x", static_cast<unsigned char>(c));
    } else {
      quoted.append(text, 0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  quoted += text.empty() ? "\"" : "...\"";
  return quoted;
}

}  // namespace adares
