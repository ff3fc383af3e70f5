// Metric keys and sites: their syntax, and what a key says of its values.
#include "core/measurement.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

TEST(MeasurementTest, ReportedMetricsAreMetricKeys) {
  EXPECT_EQ(ReportedMetrics().size(), 9U);
  for (const std::string& key : ReportedMetrics()) EXPECT_TRUE(IsMetricKey(key)) << key;
}

TEST(MeasurementTest, LossesAndTimesAreBetterWhenSmaller) {
  for (const std::string& key : ReportedMetrics()) {
    const bool is_cost = key == metric::kTrainLoss || key == metric::kValidationLoss ||
                         key == metric::kTestLoss || key == metric::kEpochSeconds;
    if (key == metric::kLearningRate) continue;
    EXPECT_EQ(GoalOfMetric(key), is_cost ? Goal::kMinimize : Goal::kMaximize) << key;
  }
}

TEST(MeasurementTest, OfNormsAndRatesNoDirectionIsBetter) {
  for (const char* key : {metric::kLearningRate, "gradient_norm/all", "update_ratio/stage1"}) {
    EXPECT_EQ(GoalOfMetric(key), std::nullopt) << key;
  }
}

TEST(MeasurementTest, MetricKeysAreShortAndPlain) {
  EXPECT_TRUE(IsMetricKey("a"));
  EXPECT_TRUE(IsMetricKey("time/epoch_seconds.p-99"));
  EXPECT_TRUE(IsMetricKey(std::string(128, 'x')));
  EXPECT_FALSE(IsMetricKey(std::string(129, 'x')));
  EXPECT_FALSE(IsMetricKey(""));
  EXPECT_FALSE(IsMetricKey("Loss"));
  EXPECT_FALSE(IsMetricKey("train loss"));
  EXPECT_FALSE(IsMetricKey("verlust/\xc3\xa4"));
  EXPECT_FALSE(IsMetricKey(std::string_view("a\0b", 3)));
}

TEST(MeasurementTest, SiteNamesHaveNoSlash) {
  EXPECT_TRUE(IsSiteName("layer1.0"));
  EXPECT_FALSE(IsSiteName("layer1/0"));
  EXPECT_FALSE(IsSiteName(""));
}

}  // namespace
}  // namespace adares
