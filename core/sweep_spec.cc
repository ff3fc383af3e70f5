// The syntax of a sweep's name. Reading sweep files is the matter of core/sweepfile.
#include "core/sweep_spec.h"

#include <algorithm>

namespace adares {

bool IsSweepName(std::string_view name) {
  constexpr size_t kLongestName = 63;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || name.size() > kLongestName) return false;
  return is_letter(name.front()) && name.back() != '-' &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace adares
