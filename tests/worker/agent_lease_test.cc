// A worker that cannot reach its coordinator trains on: the coordinator says what became of its
// attempts when it is back.
#include "tests/worker/agent_fixture.h"
#include "tests/worker/captured_log.h"

namespace adares::worker {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class AgentLeaseTest : public AgentTest {
 protected:
  void SetUp() override {
    UseEachTrainerOnce();
    Gate();
    Script("epochs=5");
    coordinator_.Offer(Work(Id()));
    StartAgent();
    RunUntilTraining(Id());
    RunFor(seconds(6));  // a Sync that was held open has been answered
  }
};

TEST_F(AgentLeaseTest, TrainingGoesOnHoweverLongTheCoordinatorIsAway) {
  coordinator_.GoAway();
  RunFor(minutes(10));
  EXPECT_EQ(TrainerProcesses(), 1);
  const int syncs = coordinator_.syncs();
  coordinator_.ComeBack();
  RunUntil([&] { return coordinator_.syncs() > syncs + 1; });
  EXPECT_EQ(TrainerProcesses(), 1);
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  EXPECT_EQ(coordinator_.Count(Id(), kStartRecord), 1);
}

// Its result is whole: it waits for the coordinator's word, however long that takes.
TEST_F(AgentLeaseTest, WhatWasTrainedMeanwhileIsReportedWhenItIsBack) {
  coordinator_.GoAway();
  RunFor(minutes(5));
  OpenGate();
  RunUntil([] { return TrainerProcesses() == 0; });
  RunFor(minutes(5));
  coordinator_.ComeBack();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  EXPECT_EQ(coordinator_.Count(Id(), kStartRecord), 1);
  EXPECT_EQ(coordinator_.Count(Id(), kWeightsRecord), 6);  // before the first epoch and after each
}

TEST_F(AgentLeaseTest, AttemptThatWasGivenToAnotherIsKilledWhenTheWorkerIsToldSo) {
  coordinator_.GoAway();
  RunFor(minutes(1));
  EXPECT_EQ(TrainerProcesses(), 1);
  coordinator_.Refuse(Id());
  coordinator_.Order({Id(), StopReason::kLeaseLost});
  coordinator_.ComeBack();
  RunUntil([&] { return coordinator_.last_sync().attempts.empty() && TrainerProcesses() == 0; });
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
}

TEST_F(AgentLeaseTest, SaysOnceThatLeasesMayHaveEnded) {
  const CapturedLog log;
  coordinator_.GoAway();
  RunFor(seconds(20));  // the last contact was at most 5 s before
  EXPECT_EQ(log.Count("leases_may_have_ended"), 0);
  RunFor(minutes(2));
  EXPECT_EQ(log.Count("leases_may_have_ended"), 1);
}

}  // namespace
}  // namespace adares::worker
