// Trainers that were killed and do not die, as those that wait for a device that hangs.
#include <sys/wait.h>

#include <csignal>

#include "tests/fixtures/await.h"
#include "tests/worker/agent_fixture.h"
#include "tests/worker/captured_log.h"
#include "tests/worker/process_state.h"
#include "tests/worker/undying.h"

namespace adares::worker {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class AgentStuckTest : public AgentTest {
 protected:
  AgentStuckTest() { SetSlots(1); }
  ~AgentStuckTest() override {
    undying_.reset();
    agent_.reset();
    // What the worker left behind is ours.
    while (waitpid(-1, nullptr, 0) > 0) {
    }
  }

  void StartTraining() {
    Script("epochs=5,end=hang");
    Gate();
    coordinator_.Offer(Work(Id()));
    StartAgent();
    RunUntilTraining(Id());
  }

  void RunUntilFinished() {
    RunFor(Agent::kDrainGrace + TrainerPool::kDrainDeathLimit);
    RunUntil([&] { return finished_.has_value(); });
    EXPECT_TRUE(finished_->ok()) << *finished_;
  }

  // Its only trainer does not stop and does not die, and the attempt has ended without it.
  void LoseTheSlot() {
    StartTraining();
    undying_.emplace(Trainer());
    coordinator_.Order({Id(), StopReason::kCancelled});
    RunFor(Agent::kCancelGrace + TrainerPool::kDeathLimit + seconds(1));
    RunUntilEnd(Id());
  }

  std::optional<Undying> undying_;
};

TEST_F(AgentStuckTest, AProcessThatDoesNotDieDoesNotHoldTheAttempt) {
  LoseTheSlot();
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kCancelled);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("its process does not end"));
}

TEST_F(AgentStuckTest, ADrainLeavesItBehind) {
  LoseTheSlot();
  const CapturedLog log;
  agent_->Drain();
  RunUntilFinished();
  EXPECT_TRUE(coordinator_.last_sync().leaving);
  EXPECT_EQ(log.Count("drain_incomplete"), 0);
  agent_.reset();  // returns
  EXPECT_EQ(log.Count("trainer_left_behind"), 1);
}

TEST_F(AgentStuckTest, ADrainGivesItsTrialBackInTime) {
  StartTraining();
  undying_.emplace(Trainer());
  const CapturedLog log;
  agent_->Drain();
  RunUntilFinished();
  ASSERT_NE(coordinator_.End(Id()), nullptr);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("its process does not end"));
  EXPECT_EQ(log.Count("drain_incomplete"), 0);
}

TEST_F(AgentStuckTest, ADrainThatComesAfterTheKillGivesTheTrialBackInTime) {
  StartTraining();
  undying_.emplace(Trainer());
  coordinator_.Order({Id(), StopReason::kPaused});
  RunFor(Agent::kCancelGrace + seconds(1));
  const CapturedLog log;
  agent_->Drain();
  RunUntilFinished();
  ASSERT_NE(coordinator_.End(Id()), nullptr);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
  EXPECT_EQ(log.Count("drain_incomplete"), 0);
}

TEST_F(AgentStuckTest, ADrainLeavesOneBehindThatWaitedForATrial) {
  Script("epochs=1");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
  undying_.emplace(Trainer());
  const CapturedLog log;
  agent_->Drain();
  RunUntilFinished();
  EXPECT_TRUE(coordinator_.last_sync().leaving);
  EXPECT_EQ(log.Count("drain_incomplete"), 0);
}

TEST_F(AgentStuckTest, TheCoordinatorIsToldThatItsSlotTakesNothing) {
  LoseTheSlot();
  RunUntil([&] { return coordinator_.last_sync().stuck_slots == 1; });
  undying_->Release();
  RunUntil([&] { return coordinator_.last_sync().stuck_slots == 0; });
}

TEST_F(AgentStuckTest, ATrialThatFindsNoSlotIsGivenBack) {
  LoseTheSlot();
  coordinator_.Offer(Work(Id(2)));
  RunUntil([&] { return coordinator_.Held(Id(2)) != nullptr; });
  RunFor(Attempt::kSlotLimit);
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kPreempted);
  EXPECT_THAT(coordinator_.End(Id(2))->message, HasSubstr("its slot did not become free"));
}

TEST_F(AgentStuckTest, ASlotWhoseProcessDiesAfterAllIsUsedAgain) {
  LoseTheSlot();
  Script("epochs=1");
  OpenGate();
  coordinator_.Offer(Work(Id(2)));
  RunUntil([&] { return coordinator_.Held(Id(2)) != nullptr; });
  undying_->Release();
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
}

TEST_F(AgentStuckTest, AUsedTrainerThatNeitherTakesATrialNorDiesGivesItBack) {
  Script("epochs=1");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
  const pid_t trainer = Trainer();
  undying_.emplace(trainer);
  ASSERT_EQ(kill(trainer, SIGKILL), 0);
  ASSERT_TRUE(fixtures::Await([trainer] { return IsDead(trainer); }));
  coordinator_.Offer(Work(Id(2)));
  RunUntil([&] { return coordinator_.Held(Id(2)) != nullptr; });
  RunFor(TrainerPool::kDeathLimit + seconds(1));
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kPreempted);
  EXPECT_THAT(coordinator_.End(Id(2))->message, HasSubstr("its process does not end"));
}

}  // namespace
}  // namespace adares::worker
