#include "worker/agent/utf8.h"

#include <algorithm>

#include "core/utf8.h"

namespace adares::worker {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kLongestCharacter = 4;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t length = Utf8CharacterBytes(text);
    if (length == 0 || text.front() == '\0') {
      valid.append(kReplacement);
      text.remove_prefix(1);
    } else {
      valid.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return valid;
}

std::string_view Utf8Prefix(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  const size_t earliest = limit - std::min(limit, kLongestCharacter - 1);
  for (size_t end = limit + 1; end-- > earliest;) {
    if (!IsContinuation(text[end])) return text.substr(0, end);
  }
  return text.substr(0, limit);  // no character is that long: not UTF-8
}

}  // namespace adares::worker
