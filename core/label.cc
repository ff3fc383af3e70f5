#include "core/label.h"

#include <algorithm>

namespace adares {

bool IsLabelKey(std::string_view key) {
  constexpr std::string_view kPunctuation = "._/-";
  return !key.empty() && key.size() <= kLongestLabelKey && key.front() >= 'a' &&
         key.front() <= 'z' && std::all_of(key.begin(), key.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  kPunctuation.find(c) != std::string_view::npos;
         });
}

}  // namespace adares
