// What is known of the networks without building them. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/trial_spec.h"

namespace adares {

// The depths that a family has, ascending.
std::vector<int64_t> DepthsOf(Family family);

// Residual blocks of each stage, for a depth that the family has: {3, 4, 6, 3}.
std::vector<int64_t> BlocksOfStages(const ModelSpec& model);

// All of them together.
int64_t BlockCount(const ModelSpec& model);

// Whether the blocks are bottlenecks, 1x1, 3x3 and 1x1 convolutions, and not two of 3x3.
bool HasBottlenecks(const ModelSpec& model);

}  // namespace adares
