// Orders to stop.
#include "tests/worker/agent_fixture.h"

namespace adares::worker {
namespace {

using ::testing::HasSubstr;

class AgentStopTest : public AgentTest {
 protected:
  void StartTraining(const std::string& script) {
    Script(script);
    Gate();
    coordinator_.Offer(Work(Id()));
    StartAgent();
    RunUntilTraining(Id());
  }
};

TEST_F(AgentStopTest, CancelledTrainerReportsWhatThereIs) {
  StartTraining("epochs=5");
  coordinator_.Order({Id(), StopReason::kCancelled});
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kCancelled);
  EXPECT_FALSE(coordinator_.End(Id())->exit_code);
  EXPECT_EQ(coordinator_.Count(Id(), kProgressRecord), 1);
}

TEST_F(AgentStopTest, TheReasonOfTheOrderIsTheReasonOfTheEnd) {
  const std::pair<StopReason, std::pair<EndReason, const char*>> cases[] = {
      {StopReason::kPaused, {EndReason::kPreempted, "paused on request"}},
      {StopReason::kTimeout, {EndReason::kTimeout, "longer than its sweep allows"}},
      {StopReason::kStoppedEarly, {EndReason::kCancelled, "stopped early"}}};
  Script("epochs=5");
  SetSlots(3);
  Gate();
  for (const int number : {1, 2, 3}) coordinator_.Offer(Work(Id(number)));
  StartAgent();
  int number = 0;
  for (const auto& [order, expected] : cases) {
    RunUntilTraining(Id(++number));
    coordinator_.Order({Id(number), order});
    RunUntilEnd(Id(number));
    EXPECT_EQ(coordinator_.End(Id(number))->reason, expected.first);
    EXPECT_THAT(coordinator_.End(Id(number))->message, HasSubstr(expected.second));
  }
}

TEST_F(AgentStopTest, DeafTrainerIsKilledAfterItsGrace) {
  StartTraining("epochs=5,end=hang");
  coordinator_.Order({Id(), StopReason::kCancelled});
  RunUntil([&] {
    return coordinator_.Held(Id()) != nullptr &&
           coordinator_.Held(Id())->phase == AttemptPhase::kStopping;
  });
  RunFor(std::chrono::seconds(9));
  EXPECT_EQ(TrainerProcesses(), 1);
  RunFor(std::chrono::seconds(2));
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kCancelled);
  EXPECT_EQ(coordinator_.End(Id())->exit_code, 137);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("did not stop within 10 s"));
}

TEST_F(AgentStopTest, AttemptThatWaitsForASlotIsCancelledAtOnce) {
  SetSlots(1);
  StartTraining("epochs=5");
  coordinator_.Offer(Work(Id(2)));
  RunUntil([&] { return coordinator_.Held(Id(2)) != nullptr; });
  coordinator_.Order({Id(2), StopReason::kCancelled});
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kCancelled);
  EXPECT_EQ(coordinator_.End(Id(1)), nullptr);
  EXPECT_EQ(TrainerProcesses(), 1);
}

TEST_F(AgentStopTest, TrainerThatIsNotReadyIsCancelledAtOnce) {
  Script("end=no-ready");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntil([&] { return TrainerProcesses() == 1 && coordinator_.Held(Id()) != nullptr; });
  coordinator_.Order({Id(), StopReason::kCancelled});
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kCancelled);
}

TEST_F(AgentStopTest, TrialThatFinishedBeforeTheOrderCameHasFinished) {
  StartTraining("epochs=1");
  coordinator_.HoldAcknowledgements(true);
  OpenGate();
  RunUntilEnd(Id());
  coordinator_.Order({Id(), StopReason::kCancelled});
  coordinator_.HoldAcknowledgements(false);
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

// Killing it came too late: what it had said is read first.
TEST_F(AgentStopTest, TrialThatFinishedBeforeItWasKilledHasFinished) {
  StartTraining("epochs=1,end=deaf");
  coordinator_.Order({Id(), StopReason::kCancelled});
  RunUntil([&] {
    return coordinator_.Held(Id()) != nullptr &&
           coordinator_.Held(Id())->phase == AttemptPhase::kStopping;
  });
  OpenGate();
  AwaitTrainersDeath();
  loop_.Advance(Agent::kCancelGrace);
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
}

TEST_F(AgentStopTest, LostLeaseKillsAndForgets) {
  StartTraining("epochs=5");
  coordinator_.Order({Id(), StopReason::kLeaseLost});
  RunUntil([&] { return TrainerProcesses() == 0 && coordinator_.Held(Id()) == nullptr; });
  RunUntil([&] { return !std::filesystem::exists(FolderOf(Id()) / AttemptFolders::kSpoolFile); });
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
}

TEST_F(AgentStopTest, RefusedAttemptIsKilledAndForgottenAndOthersGoOn) {
  UseEachTrainerOnce();
  Script("epochs=5");
  Gate();
  coordinator_.Offer(Work(Id(1)));
  coordinator_.Offer(Work(Id(2)));
  StartAgent();
  RunUntilTraining(Id(1));
  RunUntilTraining(Id(2));
  coordinator_.Refuse(Id(1));
  coordinator_.BreakStream();
  OpenGate();
  RunUntilEnd(Id(2));
  RunUntil([&] { return coordinator_.last_sync().attempts.empty() && TrainerProcesses() == 0; });
  EXPECT_EQ(coordinator_.End(Id(1)), nullptr);
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
}

TEST_F(AgentStopTest, AnAttemptDoesNotWaitForItsSlotForEver) {
  SetSlots(1);
  StartTraining("epochs=5");
  coordinator_.Offer(Work(Id(2)));
  RunUntil([&] { return coordinator_.Held(Id(2)) != nullptr; });
  RunFor(Attempt::kSlotLimit);
  RunUntilEnd(Id(2));
  ASSERT_NE(coordinator_.End(Id(2)), nullptr);
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kPreempted) << "another worker may have it";
  EXPECT_THAT(coordinator_.End(Id(2))->message, HasSubstr("its slot did not become free"));
  EXPECT_EQ(coordinator_.End(Id()), nullptr) << "the other trains on";
}

}  // namespace
}  // namespace adares::worker
