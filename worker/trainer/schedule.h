// The learning rate of each optimizer step. Thread-safe: pure functions.
#pragma once

#include <cstdint>

#include "core/trial_spec.h"

namespace adares {

// Steps of the warm-up, rounded to whole ones.
int64_t WarmupSteps(const TrainSpec& spec, int64_t steps_per_epoch);

// Rate for step `step` (0-based) of a trial. Step t of W warm-up steps has lr * (t + 1) / W;
// the schedule then has the rest of the steps. With t of T of
// them done, and x = t / T:
//   constant   lr
//   cosine     lr * (1 + cos(pi * x)) / 2
//   step       lr; lr / 10 from x = 1/2 on, lr / 100 from x = 3/4 on
//   one-cycle  a half wave of the cosine from lr / 25 at x = 0 up to lr at x = 0.3, and another
//              down to lr / 10000 at x = 1
double LearningRate(const TrainSpec& spec, int64_t step, int64_t steps_per_epoch);

// Steps of one epoch: whole batches and a last short one, which is left out only if it would hold a
// single picture (batch normalisation needs two).
int64_t StepsPerEpoch(int64_t examples, int64_t batch_size);

}  // namespace adares
