// The ratio of signal to noise, against series whose mean and variance are known.
#include "worker/trainer/gradient_snr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace adares {
namespace {

double SnrOf(const std::vector<double>& gradients) {
  double mean = 0;
  double square = 0;
  for (const double g : gradients) {
    mean = kGradientDecay * mean + (1 - kGradientDecay) * g;
    square = kGradientDecay * square + (1 - kGradientDecay) * g * g;
  }
  return GradientSnr(mean * mean, square, static_cast<int64_t>(gradients.size()));
}

// Weights of 0.99 and 1, by 1.99: mean (0.99 + 3) / 1.99 = 2.005025, biased variance 0.999975. The
// squares of the weights sum to (0.9801 + 1) / 1.99^2 = 0.500013, so that the unbiased variance is
// 2 to four digits, as of the two numbers without weights.
TEST(GradientSnrTest, OfTwoGradients) {
  EXPECT_NEAR(SnrOf({1, 3}), 2.005025 / std::sqrt(0.999975 / (1 - 0.500013)), 1e-5);
}

// 3 and 1 in turn have the mean 2 and the standard deviation 1.
TEST(GradientSnrTest, OfALongSeries) {
  std::vector<double> gradients;
  for (int i = 0; i < 2000; ++i) gradients.push_back(i % 2 == 0 ? 1 : 3);
  EXPECT_NEAR(SnrOf(gradients), 2, 0.02);
}

TEST(GradientSnrTest, TheSignDoesNotCount) { EXPECT_NEAR(SnrOf({-1, -3}), SnrOf({1, 3}), 1e-9); }

TEST(GradientSnrTest, OneGradientHasNoNoiseToBeHeldAgainst) {
  EXPECT_TRUE(std::isnan(SnrOf({1})));
  EXPECT_TRUE(std::isnan(GradientSnr(0, 0, 0)));
}

TEST(GradientSnrTest, NoGradientHasNoRatio) { EXPECT_TRUE(std::isnan(SnrOf({0, 0, 0}))); }

TEST(GradientSnrTest, AGradientThatIsAlwaysTheSameIsAllSignal) {
  EXPECT_GT(SnrOf(std::vector<double>(50, 0.1)), 1e6);
}

// Two elements: (3, 4) of length 5, with noise of variance 2 each.
TEST(GradientSnrTest, OfSeveralElementsTheLengthsCount) {
  const double steps = 1e6;
  EXPECT_NEAR(GradientSnr(9 + 16, (9 + 2) + (16 + 2), static_cast<int64_t>(steps)),
              5 / std::sqrt(4 / (1 - 0.01 / 1.99)), 1e-9);
}

}  // namespace
}  // namespace adares
