// The rows and the line of an epoch.
#include "worker/trainer/epoch_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace adares {
namespace {

using testing::HasSubstr;
using testing::Not;

EpochReport Report(EvaluatedPart part) {
  EpochReport report;
  report.step = 40;
  report.epoch = 2;
  report.train.Add(0.5, 3, 4);
  report.part = part;
  report.evaluation.Add(0.25, 9, 10);
  report.training_seconds = 2;
  return report;
}

double ValueOf(const EpochReport& report, const std::string& key) {
  for (const MetricPoint& point : EpochPoints(report)) {
    if (point.key == key) return point.value;
  }
  return -1;
}

TEST(EpochReportTest, EvaluationHasTheNameOfItsPart) {
  const EpochReport held_out = Report(EvaluatedPart::kHeldOut);
  EXPECT_EQ(ValueOf(held_out, metric::kValidationLoss), 0.25);
  EXPECT_EQ(ValueOf(held_out, metric::kValidationAccuracy), 0.9);
  EXPECT_EQ(ValueOf(held_out, metric::kTestAccuracy), -1);
  EXPECT_THAT(EpochLine(held_out, 3), HasSubstr("validation loss 0.2500 accuracy 90.00 %"));
  const EpochReport test = Report(EvaluatedPart::kTest);
  EXPECT_EQ(ValueOf(test, metric::kTestLoss), 0.25);
  EXPECT_EQ(ValueOf(test, metric::kTestAccuracy), 0.9);
  EXPECT_EQ(ValueOf(test, metric::kValidationLoss), -1);
  EXPECT_THAT(EpochLine(test, 3), HasSubstr("test loss 0.2500 accuracy 90.00 %"));
  EXPECT_THAT(EpochLine(test, 3), Not(HasSubstr("validation")));
}

TEST(EpochReportTest, LineNamesEpochAndSpeed) {
  const std::string line = EpochLine(Report(EvaluatedPart::kHeldOut), 3);
  EXPECT_THAT(line, HasSubstr("epoch 2/3: train loss 0.5000 accuracy 75.00 %"));
  EXPECT_THAT(line, HasSubstr("2 images/s"));
}

}  // namespace
}  // namespace adares
