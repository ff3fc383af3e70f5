// Statistics over seeds. Means and variances are taken in two passes, which loses no digits to
// cancellation.
#include "core/comparison.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace adares {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kUpperQuantile = 0.975;  // of a two-sided 95 % interval

// What is smaller beside the values than this comes of their rounding.
constexpr double kRounding = 1e-12;

}  // namespace

Summary Summarize(const std::vector<double>& values) {
  Summary summary;
  summary.n = static_cast<int64_t>(values.size());
  const double n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  summary.mean = values.empty() ? kNaN : sum / n;
  double squares = 0;
  for (const double value : values) squares += (value - summary.mean) * (value - summary.mean);
  summary.sd = values.size() < 2 ? kNaN : std::sqrt(squares / (n - 1));
  return summary;
}

PairedDifference ComparePaired(const std::map<int64_t, double>& variant,
                               const std::map<int64_t, double>& baseline) {
  std::vector<double> differences;
  double largest = 0;
  for (const auto& [seed, value] : variant) {
    const auto partner = baseline.find(seed);
    if (partner == baseline.end()) continue;
    differences.push_back(value - partner->second);
    largest = std::max({largest, std::abs(value), std::abs(partner->second)});
  }
  const Summary summary = Summarize(differences);
  PairedDifference result = {summary.n, summary.mean, summary.sd, kNaN, kNaN};
  // Of equal differences, as counts of mistakes may have, it would be a point, and measure nothing.
  if (summary.n < 2 || summary.sd <= kRounding * largest) return result;
  const double n = static_cast<double>(summary.n);
  const boost::math::students_t distribution(n - 1);
  const double half_width =
      boost::math::quantile(distribution, kUpperQuantile) * summary.sd / std::sqrt(n);
  result.ci_low = summary.mean - half_width;
  result.ci_high = summary.mean + half_width;
  return result;
}

}  // namespace adares
