// Labels: free names with text, of sweeps and of workers. Thread-safe: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace adares {

inline constexpr size_t kMaxLabels = 32;
inline constexpr size_t kLongestLabelKey = 63;
inline constexpr size_t kLongestLabelValue = 200;

// Up to 63 of a-z, 0-9 and . _ / -, a letter first.
bool IsLabelKey(std::string_view key);

}  // namespace adares
