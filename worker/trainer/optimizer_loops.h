// The steps of the optimizers over floats in memory: one pass over a parameter with its gradient
// and moments. Private to parameter_update.cc and squares.cc; thread-safe on disjoint buffers. An
// element's result depends on that element alone, so any division of the work gives the same bits.
#pragma once

#include <cstdint>

#include "worker/trainer/step_numbers.h"

namespace adares::optimizer_loops {

// p -= rate * g
void Sgd(const StepNumbers& numbers, float* parameter, const float* gradient, int64_t count);

// v = momentum * v + g; p -= rate * v
void Momentum(const StepNumbers& numbers, float* parameter, const float* gradient, float* velocity,
              int64_t count);

// v = momentum * v + g; p -= rate * (g + momentum * v)
void Nesterov(const StepNumbers& numbers, float* parameter, const float* gradient, float* velocity,
              int64_t count);

struct AdamBuffers {
  float* parameter;
  const float* gradient;
  float* first;  // moments
  float* second;
};
// m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g^2;
// p -= rate * m / (root_scale * sqrt(v) + epsilon)
void Adam(const StepNumbers& numbers, const AdamBuffers& buffers, int64_t count);

double SumOfSquares(const float* values, int64_t count);

double SumOfSquaredDifferences(const float* values, const float* others, int64_t count);

}  // namespace adares::optimizer_loops
