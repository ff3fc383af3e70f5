// The steps of the optimizers over floats in memory: one pass over a parameter with its gradient
// and moments. Private to parameter_update.cc and squares.cc; thread-safe on disjoint buffers. An
// element's result depends on that element alone, so any division of the work gives the same bits.
#pragma once

#include <cstdint>

#include "worker/trainer/update_element.h"

namespace adares::optimizer_loops {

// Of one parameter. Null are the gradient's moments that a rule does not have.
struct Buffers {
  float* parameter = nullptr;
  const float* gradient = nullptr;
  float* first = nullptr;  // the velocity, or m of Adam
  float* second = nullptr;

  // Those of the elements from `begin` on.
  Buffers From(int64_t begin) const {
    return {parameter + begin, gradient + begin, first == nullptr ? nullptr : first + begin,
            second == nullptr ? nullptr : second + begin};
  }
};

// UpdateElement for each of `count` elements.
template <UpdateRule kRule>
void Run(const ElementNumbers& numbers, const Buffers& buffers, int64_t count);

double SumOfSquares(const float* values, int64_t count);

double SumOfSquaredDifferences(const float* values, const float* others, int64_t count);

}  // namespace adares::optimizer_loops
