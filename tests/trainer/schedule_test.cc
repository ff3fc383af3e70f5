// Learning rates and steps against values computed by hand.
#include "worker/trainer/schedule.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

TrainSpec Spec(ScheduleKind schedule) {
  TrainSpec spec;
  spec.lr = 0.4;
  spec.schedule = schedule;
  spec.epochs = 4;
  return spec;
}

constexpr int64_t kPerEpoch = 25;  // 100 steps

TEST(LearningRateTest, CosineFallsFromTheRateTowardsZero) {
  const TrainSpec spec = Spec(ScheduleKind::kCosine);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 0, kPerEpoch), 0.4);
  // 0.2 * (1 + sqrt(1/2))
  EXPECT_NEAR(LearningRate(spec, 25, kPerEpoch), 0.34142135623730950, 1e-15);
  EXPECT_NEAR(LearningRate(spec, 50, kPerEpoch), 0.2, 1e-15);
  EXPECT_NEAR(LearningRate(spec, 100, kPerEpoch), 0, 1e-15);
}

TEST(LearningRateTest, ConstantStays) {
  const TrainSpec spec = Spec(ScheduleKind::kConstant);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 0, kPerEpoch), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 99, kPerEpoch), 0.4);
}

TEST(LearningRateTest, StepsAreTenthsAfterHalfAndThreeQuarters) {
  const TrainSpec spec = Spec(ScheduleKind::kStep);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 0, kPerEpoch), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 49, kPerEpoch), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 50, kPerEpoch), 0.04);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 74, kPerEpoch), 0.04);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 75, kPerEpoch), 0.004);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 99, kPerEpoch), 0.004);
}

TEST(LearningRateTest, StepsOfAnOddCountComeWithTheFirstStepBehindTheLine) {
  TrainSpec spec = Spec(ScheduleKind::kStep);
  spec.epochs = 1;  // 5 steps: the lines are at 2.5 and 3.75
  EXPECT_DOUBLE_EQ(LearningRate(spec, 2, 5), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 3, 5), 0.04);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 4, 5), 0.004);
}

TEST(LearningRateTest, OneCycleRisesAndFalls) {
  const TrainSpec spec = Spec(ScheduleKind::kOneCycle);
  EXPECT_NEAR(LearningRate(spec, 0, kPerEpoch), 0.4 / 25, 1e-15);
  EXPECT_NEAR(LearningRate(spec, 15, kPerEpoch), 0.4 * (1 + 0.04) / 2, 1e-15);
  EXPECT_NEAR(LearningRate(spec, 30, kPerEpoch), 0.4, 1e-15);
  EXPECT_NEAR(LearningRate(spec, 65, kPerEpoch), 0.4 * (1 + 1e-4) / 2, 1e-15);
  EXPECT_NEAR(LearningRate(spec, 100, kPerEpoch), 0.4 / 10000, 1e-15);
}

TEST(LearningRateTest, WarmupRisesEvenlyAndLeavesTheRestToTheSchedule) {
  TrainSpec spec = Spec(ScheduleKind::kCosine);
  spec.warmup_epochs = 0.8;  // 20 steps
  EXPECT_EQ(WarmupSteps(spec, kPerEpoch), 20);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 0, kPerEpoch), 0.4 / 20);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 9, kPerEpoch), 0.2);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 19, kPerEpoch), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 20, kPerEpoch), 0.4);
  EXPECT_NEAR(LearningRate(spec, 60, kPerEpoch), 0.2, 1e-15);  // half of the other 80
  spec.schedule = ScheduleKind::kStep;
  EXPECT_DOUBLE_EQ(LearningRate(spec, 59, kPerEpoch), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 60, kPerEpoch), 0.04);
}

TEST(LearningRateTest, WarmupOfLessThanHalfAStepIsNone) {
  TrainSpec spec = Spec(ScheduleKind::kConstant);
  spec.warmup_epochs = 0.01;
  EXPECT_EQ(WarmupSteps(spec, kPerEpoch), 0);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 0, kPerEpoch), 0.4);
}

TEST(StepsPerEpochTest, ShortLastBatchCountsUnlessItHoldsOnePicture) {
  EXPECT_EQ(StepsPerEpoch(50000, 32), 1563);
  EXPECT_EQ(StepsPerEpoch(256, 128), 2);
  EXPECT_EQ(StepsPerEpoch(258, 128), 3);
  EXPECT_EQ(StepsPerEpoch(257, 128), 2);
  EXPECT_EQ(StepsPerEpoch(100, 128), 1);
}

}  // namespace
}  // namespace adares
