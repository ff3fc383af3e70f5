// A worker that goes gives its trials back.
#include "tests/worker/agent_fixture.h"

namespace adares::worker {
namespace {

using std::chrono::seconds;

class AgentDrainTest : public AgentTest {
 protected:
  void StartTraining(const std::string& script) {
    Gate();
    Script(script);
    coordinator_.Offer(Work(Id()));
    StartAgent();
    RunUntilTraining(Id());
  }

  void RunUntilFinished() {
    RunUntil([&] { return finished_.has_value(); });
    EXPECT_TRUE(finished_->ok()) << *finished_;
  }
};

TEST_F(AgentDrainTest, TrialsEndAsPreemptedAndAreAcknowledged) {
  StartTraining("epochs=5");
  agent_->Drain();
  RunUntilFinished();
  ASSERT_NE(coordinator_.End(Id()), nullptr);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
  EXPECT_EQ(TrainerProcesses(), 0);
  EXPECT_TRUE(coordinator_.last_sync().leaving) << "it says goodbye when nothing is left to tell";
  EXPECT_THAT(coordinator_.last_sync().attempts, testing::IsEmpty());
}

TEST_F(AgentDrainTest, TheCoordinatorMayOrderIt) {
  StartTraining("epochs=5");
  coordinator_.LoseSyncAnswers(1);
  coordinator_.OrderDrain();
  RunUntilFinished();
  ASSERT_NE(coordinator_.End(Id()), nullptr);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
  EXPECT_TRUE(coordinator_.last_sync().leaving);
}

TEST_F(AgentDrainTest, CoordinatorHearsOfItAtOnce) {
  StartTraining("epochs=5,end=hang");
  const auto before = loop_.Now();
  agent_->Drain();
  RunUntil([&] { return coordinator_.last_sync().draining; });
  EXPECT_FALSE(coordinator_.last_sync().leaving) << "it still holds an attempt";
  EXPECT_LT(loop_.Now() - before, seconds(1));
}

TEST_F(AgentDrainTest, DeafTrainerIsKilledAfterItsGrace) {
  StartTraining("epochs=5,end=hang");
  agent_->Drain();
  RunFor(seconds(6));
  RunUntilFinished();
  ASSERT_NE(coordinator_.End(Id()), nullptr);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
}

TEST_F(AgentDrainTest, IdleWorkerLeavesOnceItSaidSo) {
  StartAgent();
  RunUntil([&] { return coordinator_.syncs() > 0; });
  const auto before = loop_.Now();
  agent_->Drain();
  RunUntilFinished();
  EXPECT_TRUE(coordinator_.last_sync().leaving);
  EXPECT_LT(loop_.Now() - before, seconds(1));
}

TEST_F(AgentDrainTest, WaitsForAcknowledgementsOnlySoLong) {
  StartTraining("epochs=5");
  coordinator_.GoAway();
  agent_->Drain();
  RunFor(seconds(14));
  EXPECT_FALSE(finished_);
  RunFor(seconds(2));
  RunUntilFinished();
}

TEST_F(AgentDrainTest, IdleWorkerWithoutCoordinatorLeavesSoon) {
  coordinator_.GoAway();
  StartAgent();
  RunFor(seconds(1));
  agent_->Drain();
  RunFor(seconds(3));
  EXPECT_TRUE(finished_);
}

TEST_F(AgentDrainTest, WorkThatWasUnderWayToItIsGivenBackAtOnce) {
  SetSlots(1);
  StartTraining("epochs=5,end=hang");
  agent_->Drain();
  coordinator_.Offer(Work(Id(2)));
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kPreempted);
  EXPECT_EQ(coordinator_.Count(Id(2), kStartRecord), 0);
}

}  // namespace
}  // namespace adares::worker
