// Comparison of a sweep's variants over seeds. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace adares {

// n, mean and standard deviation (n - 1 in the denominator; NaN for n < 2).
struct Summary {
  int64_t n = 0;
  double mean = 0;
  double sd = 0;
};
Summary Summarize(const std::vector<double>& values);

// Difference of two variants over the seeds that both have: mean of x_i - y_i, its standard
// deviation, and the two-sided 95 % confidence interval by Student's t with n - 1 degrees of
// freedom. The interval is empty (NaN, NaN) for n < 2, and where all differences are equal but for
// rounding: the values are coarser than what they should tell.
struct PairedDifference {
  int64_t n = 0;
  double mean = 0;
  double sd = 0;
  double ci_low = 0;
  double ci_high = 0;
};
PairedDifference ComparePaired(const std::map<int64_t, double>& variant,
                               const std::map<int64_t, double>& baseline);

}  // namespace adares
