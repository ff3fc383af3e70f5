// Character by character.
#include "core/quoted_text.h"

#include "absl/strings/str_format.h"
#include "core/utf8.h"

namespace adares {
namespace {

constexpr size_t kLongestQuote = 80;

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty() && quoted.size() < kLongestQuote) {
    const size_t length = Utf8CharacterBytes(text);
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
