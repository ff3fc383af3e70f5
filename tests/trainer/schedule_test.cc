// Learning rates and steps against values computed by hand.
#include "worker/trainer/schedule.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

TEST(LearningRateTest, CosineFallsFromTheRateTowardsZero) {
  TrainSpec spec;
  spec.lr = 0.4;
  spec.schedule = ScheduleKind::kCosine;
  EXPECT_DOUBLE_EQ(LearningRate(spec, 0, 100), 0.4);
  EXPECT_NEAR(LearningRate(spec, 25, 100), 0.34142135623730950, 1e-15);  // 0.2 * (1 + sqrt(1/2))
  EXPECT_NEAR(LearningRate(spec, 50, 100), 0.2, 1e-15);
  EXPECT_NEAR(LearningRate(spec, 100, 100), 0, 1e-15);
}

TEST(LearningRateTest, ConstantStays) {
  TrainSpec spec;
  spec.lr = 0.4;
  spec.schedule = ScheduleKind::kConstant;
  EXPECT_DOUBLE_EQ(LearningRate(spec, 0, 100), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate(spec, 99, 100), 0.4);
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
