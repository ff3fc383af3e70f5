// How much of a gradient is signal. Thread-safe: pure functions.
#pragma once

#include <cstdint>

namespace adares {

// Share that the exponential means of gradients and of their squares keep in each step: they look
// back over about a hundred steps.
inline constexpr double kGradientDecay = 0.99;

// |mean| / SD of a gradient from its two exponential means after `steps` steps from 0, both still
// to be corrected for that start; of several elements, the lengths of the vectors of means and of
// SDs. `mean_squares` is the sum over elements of the squared mean, `squares` that of the mean
// square. The variance is the unbiased one for these weights. NaN before the second step and where
// the gradient was 0; as large as rounding lets it be where it was always the same.
double GradientSnr(double mean_squares, double squares, int64_t steps);

}  // namespace adares
