// Slots and threads for a machine and a sweep.
#include "client/slot_plan.h"

#include <gtest/gtest.h>

#include "client/sweep_file.h"

namespace adares::client {
namespace {

void ExpectPlan(const SlotRequest& request, int slots, int threads) {
  const SlotPlan plan = PlanSlots(request);
  EXPECT_EQ(plan.slots, slots);
  EXPECT_EQ(plan.threads, threads);
}

TEST(SlotPlanTest, OneThreadForEachCore) {
  ExpectPlan({.slots = 0, .threads = 0, .cores = 8, .trials = 100, .is_on_gpu = false}, 8, 1);
}

TEST(SlotPlanTest, FewTrialsShareTheCores) {
  ExpectPlan({.slots = 0, .threads = 0, .cores = 8, .trials = 3, .is_on_gpu = false}, 3, 2);
  ExpectPlan({.slots = 0, .threads = 0, .cores = 2, .trials = 1, .is_on_gpu = false}, 1, 2);
}

TEST(SlotPlanTest, WhatTheUserSaysStands) {
  ExpectPlan({.slots = 4, .threads = 3, .cores = 2, .trials = 1, .is_on_gpu = false}, 4, 3);
  ExpectPlan({.slots = 2, .threads = 0, .cores = 8, .trials = 9, .is_on_gpu = false}, 2, 4);
  ExpectPlan({.slots = 0, .threads = 4, .cores = 8, .trials = 9, .is_on_gpu = false}, 2, 4);
  ExpectPlan({.slots = 0, .threads = 16, .cores = 8, .trials = 9, .is_on_gpu = false}, 1, 16);
}

TEST(SlotPlanTest, AGpuIsOneSlot) {
  ExpectPlan({.slots = 0, .threads = 0, .cores = 16, .trials = 100, .is_on_gpu = true}, 1, 16);
}

TEST(OverrideTest, PathAndValueAreSplitAtTheFirstEqualsSign) {
  const auto overrides = ParseOverrides({"train.epochs=2", "a.b=c=d", "x="}, "");
  ASSERT_TRUE(overrides.ok());
  EXPECT_EQ((*overrides)[0].path, "train.epochs");
  EXPECT_EQ((*overrides)[0].value, "2");
  EXPECT_EQ((*overrides)[1].value, "c=d");
  EXPECT_EQ((*overrides)[2].value, "");
}

TEST(OverrideTest, ANameStandsBesideThem) {
  const auto overrides = ParseOverrides({"train.epochs=2"}, "again");
  ASSERT_TRUE(overrides.ok());
  ASSERT_EQ(overrides->size(), 2u);
  EXPECT_EQ((*overrides)[0].path, "name");
  EXPECT_EQ((*overrides)[0].value, "again");
}

TEST(OverrideTest, OtherTextsAreRefused) {
  EXPECT_FALSE(ParseOverrides({"train.epochs"}, "").ok());
  EXPECT_FALSE(ParseOverrides({"=2"}, "").ok());
}

}  // namespace
}  // namespace adares::client
