// The learning rate of each optimizer step. Thread-safe: pure functions.
#pragma once

#include <cstdint>

#include "core/trial_spec.h"

namespace adares {

// Rate for step `step` (0-based) of `total_steps`: constant, or lr * (1 + cos(pi * step / total))
// / 2.
double LearningRate(const TrainSpec& spec, int64_t step, int64_t total_steps);

// Steps of one epoch: whole batches and a last short one, which is left out only if it would hold a
// single picture (batch normalisation needs two).
int64_t StepsPerEpoch(int64_t examples, int64_t batch_size);

}  // namespace adares
