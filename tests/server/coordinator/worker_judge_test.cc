// How long and of whom endings are remembered. What follows from them: scheduling_test.cc.
#include "server/coordinator/worker_judge.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace adares {
namespace {

class WorkerJudgeTest : public testing::Test {
 protected:
  void Fail(const std::string& worker, int64_t trial, int64_t sweep = 1,
            EndReason reason = EndReason::kError) {
    judge_.Note(worker, {sweep, trial, reason, FromMicros(trial)});
  }
  bool IsFaulty(const std::string& worker) const {
    return judge_.FindFault(worker, [](int64_t) { return true; }).has_value();
  }

  std::set<std::string> connected_;
  WorkerJudge judge_{[this](const std::string& worker) { return connected_.contains(worker); }};
};

TEST_F(WorkerJudgeTest, FiveFailuresWithThreeTrialsAreAFault) {
  for (const int64_t trial : {1, 1, 2, 2}) Fail("w", trial);
  EXPECT_FALSE(IsFaulty("w"));
  Fail("w", 1);
  EXPECT_FALSE(IsFaulty("w")) << "two trials may be what fails";
  Fail("w", 3);
  EXPECT_TRUE(IsFaulty("w"));
}

TEST_F(WorkerJudgeTest, ASuccessWipesFailuresOutAndAFailureSuccesses) {
  for (int64_t trial = 1; trial <= 4; ++trial) Fail("w", trial);
  judge_.Note("w", {7, 5, EndReason::kFinished, FromMicros(5)});
  EXPECT_TRUE(judge_.HasSucceededIn("w", 7));
  EXPECT_FALSE(judge_.HasSucceededIn("w", 1));
  Fail("w", 6);
  EXPECT_FALSE(IsFaulty("w"));
  EXPECT_FALSE(judge_.HasSucceededIn("w", 7));
}

TEST_F(WorkerJudgeTest, WhatSaysNothingOfTheMachineCountsForNothing) {
  for (const EndReason reason :
       {EndReason::kDiverged, EndReason::kTimeout, EndReason::kCancelled, EndReason::kPreempted}) {
    for (int64_t trial = 1; trial <= 5; ++trial) Fail("w", trial, 1, reason);
  }
  EXPECT_EQ(judge_.remembered(), 0U);
}

TEST_F(WorkerJudgeTest, OnlyFailuresOfSweepsInWhichOthersDoWellCount) {
  for (int64_t trial = 1; trial <= 4; ++trial) Fail("w", trial, /*sweep=*/1);
  for (int64_t trial = 5; trial <= 9; ++trial) Fail("w", trial, /*sweep=*/2);
  const auto only = [](int64_t sweep) { return [sweep](int64_t other) { return other == sweep; }; };
  EXPECT_FALSE(judge_.FindFault("w", only(1)).has_value());
  EXPECT_TRUE(judge_.FindFault("w", only(2)).has_value());
}

TEST_F(WorkerJudgeTest, LossesAtOneTimeAreOneFailureOfAllTheirTrials) {
  for (int64_t away = 1; away <= 5; ++away) {
    EXPECT_FALSE(IsFaulty("w")) << away;
    for (int64_t trial = 1; trial <= 40; ++trial) {
      judge_.Note("w", {1, trial, EndReason::kWorkerLost, FromMicros(away)});
    }
  }
  EXPECT_TRUE(IsFaulty("w"));
}

TEST_F(WorkerJudgeTest, WorkersThatAreGoneAreForgottenFirst) {
  connected_ = {"a-connected"};
  for (int64_t trial = 1; trial <= 5; ++trial) Fail("a-connected", trial);
  for (size_t i = 0; i < 2 * WorkerJudge::kRememberedWorkers; ++i) {
    Fail("gone-" + std::to_string(i), 1);
  }
  EXPECT_EQ(judge_.remembered(), WorkerJudge::kRememberedWorkers);
  EXPECT_TRUE(IsFaulty("a-connected"));
}

}  // namespace
}  // namespace adares
