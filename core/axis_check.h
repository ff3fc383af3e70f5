// Axes, values and seeds that a question names. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/sweep_spec.h"

namespace adares {

// Whether all of these are axes of the sweep with values that they take. INVALID_ARGUMENT with
// reason ARGUMENT_INVALID and metadata `field` names the first one that is not, and what was
// probably meant.
absl::Status CheckAxisValues(const std::vector<Axis>& axes,
                             const std::map<std::string, std::string>& wanted,
                             std::string_view field);

// The same of seeds; what the sweep has is told.
absl::Status CheckSeeds(const std::vector<int64_t>& seeds, const std::vector<int64_t>& wanted,
                        std::string_view field);

}  // namespace adares
