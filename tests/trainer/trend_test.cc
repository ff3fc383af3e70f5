// Trends, against values computed by hand.
#include "worker/trainer/trend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace adares {
namespace {

// Ten rising values: all 45 pairs rise, the variance is 10 * 9 * 25 / 18 = 125.
TEST(TrendTest, ScoreOfARisingSeries) {
  const std::vector<double> values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_DOUBLE_EQ(MannKendallScore(values), 44 / std::sqrt(125.0));
  EXPECT_DOUBLE_EQ(MannKendallScore({10, 9, 8, 7, 6, 5, 4, 3, 2, 1}), -44 / std::sqrt(125.0));
}

// 1 3 2 3: pairs +1 +1 +1 -1 0 +1 = 3; (4 * 3 * 13 - 2 * 1 * 9) / 18 = 138 / 18.
TEST(TrendTest, TiesLessenTheVariance) {
  EXPECT_DOUBLE_EQ(MannKendallScore({1, 3, 2, 3}), 2 / std::sqrt(138.0 / 18));
}

TEST(TrendTest, SeriesWithoutDifferenceHaveNoScore) {
  EXPECT_EQ(MannKendallScore({}), 0);
  EXPECT_EQ(MannKendallScore({1}), 0);
  EXPECT_EQ(MannKendallScore({2, 2, 2, 2}), 0);
  EXPECT_EQ(MannKendallScore({1, 2, 1}), 0);  // one up, one down
}

// The slopes of the pairs are 1, 2, 10/3, 3, 9/2 and 6.
TEST(TrendTest, SlopeIsTheMedianOverPairs) {
  EXPECT_DOUBLE_EQ(TheilSenSlope({0, 1, 2, 3}, {0, 1, 4, 10}), (3 + 10.0 / 3) / 2);
}

TEST(TrendTest, SlopeCountsThePlacesAndNotTheRows) {
  EXPECT_DOUBLE_EQ(TheilSenSlope({0, 10, 40}, {0, 5, 20}), 0.5);
  EXPECT_DOUBLE_EQ(TheilSenSlope({3, 5}, {1, 0}), -0.5);
}

TEST(TrendTest, OneOutlierDoesNotMoveTheSlope) {
  EXPECT_DOUBLE_EQ(TheilSenSlope({0, 1, 2, 3, 4, 5, 6}, {0, 1, 2, 100, 4, 5, 6}), 1);
}

}  // namespace
}  // namespace adares
