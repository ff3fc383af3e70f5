// Statistics against values computed by hand; each test says how.
#include "core/comparison.h"

#include <gtest/gtest.h>

#include <cmath>

namespace adares {
namespace {

constexpr double kTolerance = 1e-12;

// Mean 40 / 8 = 5; squared deviations 9+1+1+1+0+0+4+16 = 32; sd = sqrt(32 / 7).
TEST(ComparisonTest, SummaryHasMeanAndSampleDeviation) {
  const Summary summary = Summarize({2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(summary.n, 8);
  EXPECT_DOUBLE_EQ(summary.mean, 5);
  EXPECT_NEAR(summary.sd, 2.1380899352993952, kTolerance);
}

TEST(ComparisonTest, SummaryOfOneValueHasNoDeviation) {
  const Summary summary = Summarize({0.75});
  EXPECT_EQ(summary.n, 1);
  EXPECT_EQ(summary.mean, 0.75);
  EXPECT_TRUE(std::isnan(summary.sd));
}

TEST(ComparisonTest, SummaryOfNothingHasNoMean) {
  const Summary summary = Summarize({});
  EXPECT_EQ(summary.n, 0);
  EXPECT_TRUE(std::isnan(summary.mean));
  EXPECT_TRUE(std::isnan(summary.sd));
}

// Two values one unit apart on a large offset: the textbook formula E[x^2] - E[x]^2 would give 0.
TEST(ComparisonTest, DeviationSurvivesALargeOffset) {
  EXPECT_NEAR(Summarize({1e9, 1e9 + 1}).sd, std::sqrt(0.5), kTolerance);
}

// Shared seeds 0, 1, 2 with differences 1, 3, 1: mean 5/3; squared deviations 4/9 + 16/9 + 4/9 =
// 24/9, so sd = sqrt(4/3). For 2 degrees of freedom Student's t has the closed quantile
// (2p - 1) / sqrt(2 p (1 - p)) = 0.95 / sqrt(2 * 0.975 * 0.025) = 4.302652729749464; the half width
// is that times sqrt(4/3) / sqrt(3) = 2/3, which is 2.868435153166309.
TEST(ComparisonTest, PairsBySeed) {
  const PairedDifference result = ComparePaired({{0, 91}, {1, 93}, {2, 92}, {7, 1000}},
                                                {{2, 91}, {0, 90}, {1, 90}, {8, -1000}});
  EXPECT_EQ(result.n, 3);
  EXPECT_NEAR(result.mean, 5.0 / 3, kTolerance);
  EXPECT_NEAR(result.sd, 1.1547005383792515, kTolerance);
  EXPECT_NEAR(result.ci_low, 5.0 / 3 - 2.868435153166309, 1e-9);
  EXPECT_NEAR(result.ci_high, 5.0 / 3 + 2.868435153166309, 1e-9);
}

// For 1 degree of freedom the quantile is tan(pi (p - 1/2)) = tan(0.475 pi) = 12.706204736174698;
// differences 1 and 3 have sd sqrt(2), and sd / sqrt(2) = 1.
TEST(ComparisonTest, TwoSeedsGiveAWideInterval) {
  const PairedDifference result = ComparePaired({{0, 2}, {1, 5}}, {{0, 1}, {1, 2}});
  EXPECT_EQ(result.n, 2);
  EXPECT_NEAR(result.ci_low, 2 - 12.706204736174698, 1e-9);
  EXPECT_NEAR(result.ci_high, 2 + 12.706204736174698, 1e-9);
}

TEST(ComparisonTest, OneSharedSeedGivesNoInterval) {
  const PairedDifference result = ComparePaired({{0, 2}, {1, 5}}, {{1, 2}});
  EXPECT_EQ(result.n, 1);
  EXPECT_EQ(result.mean, 3);
  EXPECT_TRUE(std::isnan(result.sd));
  EXPECT_TRUE(std::isnan(result.ci_low));
  EXPECT_TRUE(std::isnan(result.ci_high));
}

TEST(ComparisonTest, NoSharedSeedGivesNothing) {
  const PairedDifference result = ComparePaired({{0, 2}}, {{1, 2}});
  EXPECT_EQ(result.n, 0);
  EXPECT_TRUE(std::isnan(result.mean));
}

TEST(ComparisonTest, AVariantEqualsItself) {
  const std::map<int64_t, double> values = {{0, 0.5}, {1, 0.7}, {2, 0.9}};
  const PairedDifference result = ComparePaired(values, values);
  EXPECT_EQ(result.mean, 0);
  EXPECT_EQ(result.sd, 0);
  EXPECT_TRUE(std::isnan(result.ci_low));
}

TEST(ComparisonTest, EqualDifferencesHaveNoInterval) {
  // 7 of 2000 pictures more, with each seed.
  const PairedDifference result = ComparePaired({{0, 0.9565}, {1, 0.9635}, {2, 0.9705}},
                                                {{0, 0.9530}, {1, 0.9600}, {2, 0.9670}});
  EXPECT_EQ(result.n, 3);
  EXPECT_NEAR(result.mean, 0.0035, 1e-12);
  EXPECT_TRUE(std::isnan(result.ci_low));
  EXPECT_TRUE(std::isnan(result.ci_high));
  const PairedDifference other =
      ComparePaired({{0, 0.9565}, {1, 0.9635}}, {{0, 0.9530}, {1, 0.9605}});
  EXPECT_FALSE(std::isnan(other.ci_low));
}

}  // namespace
}  // namespace adares
