// Moments of a weighted sample.
#include "worker/trainer/gradient_snr.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace adares {

double GradientSnr(double mean_squares, double squares, int64_t steps) {
  if (steps < 2) return std::numeric_limits<double>::quiet_NaN();
  const double left = std::pow(kGradientDecay, static_cast<double>(steps));
  const double all = 1 - left;  // sum of the weights (1 - d) d^k, k = 0 .. steps - 1
  const double mean = mean_squares / (all * all);
  // Sum of the squares of the weights that sum to 1: what the mean takes of the variance.
  const double taken = (1 - kGradientDecay) * (1 + left) / ((1 + kGradientDecay) * (1 - left));
  const double variance = std::max(0.0, squares / all - mean) / (1 - taken);
  return std::sqrt(mean / variance);  // 0 / 0 is NaN
}

}  // namespace adares
