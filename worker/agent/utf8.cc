#include "worker/agent/utf8.h"

#include "core/utf8.h"

namespace adares::worker {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

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

}  // namespace adares::worker
