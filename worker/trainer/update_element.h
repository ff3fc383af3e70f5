// One element's step of the optimizer: the rules stand here alone, for the CPU's loops and for
// CUDA's compiler. The numbers are read from memory, so that a captured graph finds those of its
// step. No LibTorch.
//
//   sgd       p -= rate * g
//   momentum  v = momentum * v + g; p -= rate * v
//   nesterov  the same v; p -= rate * (g + momentum * v)
//   adam      m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g^2;
//             p -= rate * m / (root_scale * sqrt(v) + epsilon)
//
// after what StepNumbers says of g and p.
#pragma once

#include <cmath>

#include "worker/trainer/update_rule.h"

#ifdef __CUDACC__
#define ADARES_BOTH_SIDES __host__ __device__
#else
#define ADARES_BOTH_SIDES
#endif

namespace adares {

// StepNumbers as they lie on a device, with what follows the rule: the parameter is moved into its
// range, and its moving mean goes the share `mean_step` of the way to it.
struct ElementNumbers {
  float rate;
  float gradient_scale;
  float decay;
  float shrink;
  float centre;
  float momentum;
  float root_scale;
  float epsilon;
  float low;
  float high;
  float mean_step;
};
inline constexpr int kElementNumbers = 11;
static_assert(sizeof(ElementNumbers) == kElementNumbers * sizeof(float));

template <UpdateRule kRule>
ADARES_BOTH_SIDES inline void UpdateElement(const ElementNumbers& numbers, float gradient,
                                            float& parameter, float* first, float* second) {
  const float p = parameter;
  const float g = numbers.gradient_scale * gradient + numbers.decay * (p - numbers.centre);
  float change = numbers.rate;
  if constexpr (kRule == UpdateRule::kSgd) {
    change *= g;
  } else if constexpr (kRule == UpdateRule::kAdam) {
    const float m =
        static_cast<float>(kAdamBeta1) * *first + static_cast<float>(1 - kAdamBeta1) * g;
    const float v =
        static_cast<float>(kAdamBeta2) * *second + static_cast<float>(1 - kAdamBeta2) * (g * g);
    *first = m;
    *second = v;
    change *= m / (numbers.root_scale * std::sqrt(v) + numbers.epsilon);
  } else {
    const float v = numbers.momentum * *first + g;
    *first = v;
    change *= kRule == UpdateRule::kNesterov ? g + numbers.momentum * v : v;
  }
  const float moved = p - numbers.shrink * (p - numbers.centre) - change;
  // Compared, so that NaN stays: a run that diverges has to be seen as what it is.
  parameter = moved < numbers.low ? numbers.low : (moved > numbers.high ? numbers.high : moved);
}

// As Tensor::lerp computes it.
ADARES_BOTH_SIDES inline float MovedMean(float mean, float parameter, float step) {
  return step < 0.5f ? mean + step * (parameter - mean)
                     : parameter - (parameter - mean) * (1 - step);
}

}  // namespace adares
