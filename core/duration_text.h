// Lengths of time as people write them. Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/timestamp.h"

namespace adares {

// Longer ones are refused, so that sums with times of this century do not overflow.
inline constexpr Duration kLongestDuration = std::chrono::hours(24 * 366 * 100);

// A number and its unit: "30d", "12h", "1.5h", "90m", "45s", "2w"; "0" alone needs none.
// INVALID_ARGUMENT whose message is the cause alone, for the caller to put after the name of what
// was read.
absl::StatusOr<Duration> ParseDuration(std::string_view text);

}  // namespace adares
