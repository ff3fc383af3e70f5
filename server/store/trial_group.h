// Groups of trials that are alike for scheduling.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "core/requirement.h"

namespace adares {

// The trials of one sweep with one requirement, both by row.
struct TrialGroup {
  int64_t sweep = 0;
  int64_t requirement = 0;
  auto operator<=>(const TrialGroup&) const = default;
};

// A group that has trials to hand out.
struct ReadyGroup {
  TrialGroup group;
  Requirement requirement;
  std::string sweep;  // its name
};

}  // namespace adares
