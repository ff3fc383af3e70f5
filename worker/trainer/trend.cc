// All pairs: series are short.
#include "worker/trainer/trend.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

namespace adares {
namespace {

// 18 times the variance of the score of n values, of which none or all are tied.
double Spread(double n) { return n * (n - 1) * (2 * n + 5); }

}  // namespace

double MannKendallScore(const std::vector<double>& values) {
  double score = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i + 1; j < values.size(); ++j) {
      score += static_cast<double>(values[j] > values[i]) - (values[j] < values[i]);
    }
  }
  std::map<double, double> ties;
  for (const double value : values) ++ties[value];
  double spread = Spread(static_cast<double>(values.size()));
  for (const auto& [value, count] : ties) spread -= Spread(count);
  if (score == 0 || spread <= 0) return 0;
  return (score > 0 ? score - 1 : score + 1) / std::sqrt(spread / 18);
}

double TheilSenSlope(const std::vector<double>& places, const std::vector<double>& values) {
  std::vector<double> slopes;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i + 1; j < values.size(); ++j) {
      slopes.push_back((values[j] - values[i]) / (places[j] - places[i]));
    }
  }
  const size_t middle = slopes.size() / 2;
  std::nth_element(slopes.begin(), slopes.begin() + static_cast<ptrdiff_t>(middle), slopes.end());
  const double upper = slopes[middle];
  if (slopes.size() % 2 == 1) return upper;
  const double lower =
      *std::max_element(slopes.begin(), slopes.begin() + static_cast<ptrdiff_t>(middle));
  return (lower + upper) / 2;
}

}  // namespace adares
