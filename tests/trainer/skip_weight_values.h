// What a skip weight is, as one number.
#pragma once

#include <limits>

#include "worker/trainer/skip_weights.h"

namespace adares {

// The mean over channels; 1 for the plain sum.
inline double ValueOf(const SkipWeight& weight) {
  if (!weight.raw.defined()) return 1;
  const torch::NoGradGuard no_grad;
  return weight.Weight().to(torch::kFloat64).mean().item<double>();
}

// The sum over channels; NaN where there is none.
inline double GradientOf(const SkipWeight& weight) {
  if (!weight.raw.defined() || !weight.raw.grad().defined()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return weight.raw.grad().to(torch::kFloat64).sum().item<double>();
}

}  // namespace adares
