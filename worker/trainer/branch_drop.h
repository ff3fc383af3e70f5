// Stochastic depth (Huang et al. 2016, arXiv 1603.09382): residual branches that a step of training
// leaves out. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/trial_spec.h"
#include "worker/trainer/random.h"

namespace adares {

// For each block of a network in its order whether its residual branch takes part: 1 or 0. Empty:
// all do.
using KeptBranches = std::vector<uint8_t>;

// How probably the branch of the block at `place`, from 0, of `blocks` takes part in a step:
// equation 4, 1 - (place + 1) / blocks * drop.
double SurvivalOf(double drop, int64_t place, int64_t blocks);

// The branches of one step. Takes one number for each block, whatever comes of it; none at all
// where the trial drops no branch.
KeptBranches DrawKeptBranches(const ModelSpec& model, Random& random);

}  // namespace adares
