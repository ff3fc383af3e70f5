// Groups of trials that are alike for scheduling.
#pragma once

#include <compare>
#include <cstdint>

namespace adares {

// The trials of one sweep with one requirement, both by row.
struct TrialGroup {
  int64_t sweep = 0;
  int64_t requirement = 0;
  auto operator<=>(const TrialGroup&) const = default;
};

}  // namespace adares
