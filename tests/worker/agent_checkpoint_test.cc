// Checkpoints on their way up and down.
#include <filesystem>

#include "tests/worker/agent_fixture.h"
#include "worker/agent/disk_error.h"

namespace adares::worker {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AgentCheckpointTest : public AgentTest {
 protected:
  // Each epoch has two steps.
  void StartTraining(const std::string& script) {
    Script(script);
    Gate();
    coordinator_.Offer(Work(Id()));
    StartAgent();
    RunUntilTraining(Id());
  }

  // Until the coordinator knows that its trainer is done.
  void RunUntilReporting(const AttemptId& id) {
    RunUntil([&] {
      const HeldAttempt* const held = coordinator_.Held(id);
      return held != nullptr && held->phase == AttemptPhase::kReporting;
    });
  }

  // Until the coordinator knows that its trainer was told to stop.
  void RunUntilStopping(const AttemptId& id) {
    RunUntil([&] {
      const HeldAttempt* const held = coordinator_.Held(id);
      return held != nullptr && held->phase == AttemptPhase::kStopping;
    });
  }

  // The trial has a checkpoint of step 2 and is lost; its next attempt is offered.
  void OfferNextAttempt() {
    StartTraining("epochs=4,checkpoint_every=1");
    RunUntil([&] { return StepsOf(Id()).size() == 1; });
    Assignment next = Work(Id(2));
    next.checkpoint = coordinator_.Checkpoints(Id())[0];
    coordinator_.Withdraw(Id());
    coordinator_.Offer(next);
  }

  // For the checkpoint, which was asked for often enough that its trainer is ready by now.
  void RunUntilTrainerWaits() {
    RunUntil([&] { return coordinator_.downloads() >= 3; });
  }

  // Trains one epoch, which ends with a checkpoint, until its upload was tried so often.
  void FinishWithUploads(int uploads) {
    Script("epochs=1,checkpoint_every=1");
    coordinator_.Offer(Work(Id()));
    StartAgent();
    RunUntil([&] { return coordinator_.uploads() >= uploads; });
    RunUntilReporting(Id());
  }

  std::vector<int64_t> StepsOf(const AttemptId& id) {
    std::vector<int64_t> steps;
    for (const Checkpoint& checkpoint : coordinator_.Checkpoints(id)) {
      steps.push_back(checkpoint.step);
    }
    return steps;
  }

  const AttemptStart* Start(const AttemptId& id) {
    for (const ReportRecord& record : coordinator_.records(id)) {
      if (const auto* start = std::get_if<AttemptStart>(&record)) return start;
    }
    return nullptr;
  }

  // -1: it has told no start.
  int64_t ResumedStep(const AttemptId& id) {
    const AttemptStart* const start = Start(id);
    return start == nullptr ? -1 : start->resumed_step;
  }

  bool HasFolder(const AttemptId& id, const std::string& name) {
    return std::filesystem::exists(FolderOf(id) / name);
  }
};

TEST_F(AgentCheckpointTest, CheckpointsAreUploadedAndThenRecorded) {
  StartTraining("epochs=3,checkpoint_every=1");
  RunUntil([&] { return StepsOf(Id()).size() == 1; });
  const Checkpoint first = coordinator_.Checkpoints(Id())[0];
  EXPECT_EQ(first.step, 2);
  EXPECT_EQ(first.epoch, 1);
  EXPECT_EQ(first.reason, CheckpointReason::kPeriodic);
  EXPECT_THAT(first.files, ElementsAre(Field(&CheckpointFile::name, "model"),
                                       Field(&CheckpointFile::name, "state")));
  EXPECT_FALSE(HasFolder(Id(), "uploads/step-000000000002")) << "it is not needed any more";
  EXPECT_FALSE(HasFolder(Id(), "checkpoints/step-000000000002"));
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.Checkpoints(Id()).back().step, 6);
  EXPECT_EQ(coordinator_.Checkpoints(Id()).back().reason, CheckpointReason::kFinal);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  EXPECT_EQ(coordinator_.End(Id())->digests.at("results"), "scripted");
  RunUntil([&] { return !HasFolder(Id(), "outbox"); });
  EXPECT_FALSE(HasFolder(Id(), "checkpoints"));
  EXPECT_FALSE(HasFolder(Id(), "uploads"));
  EXPECT_TRUE(HasFolder(Id(), "trainer.log"));
}

TEST_F(AgentCheckpointTest, WithoutAnIntervalNoneAreUploadedButOneIsGoneOnFrom) {
  OfferNextAttempt();
  agent_.reset();
  options_.checkpoint_interval = Duration::zero();
  OpenGate();
  StartAgent();
  RunUntilEnd(Id(2));
  EXPECT_EQ(ResumedStep(Id(2)), 2);
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
  EXPECT_THAT(coordinator_.Checkpoints(Id(2)), IsEmpty());
}

TEST_F(AgentCheckpointTest, TheNextAttemptGoesOnFromTheCheckpoint) {
  OfferNextAttempt();
  RunUntilTraining(Id(2));
  OpenGate();
  RunUntilEnd(Id(2));
  EXPECT_EQ(ResumedStep(Id(2)), 2);
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
  EXPECT_GT(coordinator_.Points(Id(2)).front().step, 2) << "it went on";
}

TEST_F(AgentCheckpointTest, ATrainerThatCannotGoOnFromTheCheckpointSupersedesNothing) {
  OfferNextAttempt();
  Script("epochs=4,points_per_epoch=3");  // it looks for one of step 3
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kError);
  EXPECT_THAT(coordinator_.End(Id(2))->message, HasSubstr("began at step 0 and not at the"));
  EXPECT_EQ(Start(Id(2)), nullptr) << "no start is told";
}

// The coordinator names an earlier one with its next assignment, or none.
TEST_F(AgentCheckpointTest, ACheckpointThatIsGoneLeavesTheTrialToItsNextAttempt) {
  Assignment work = Work(Id());
  work.checkpoint =
      Checkpoint{2, 1, CheckpointReason::kPeriodic, {{"model", std::string(64, '0'), 1}}};
  coordinator_.Offer(work);
  StartAgent();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.downloads(), 1);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("the checkpoint of step 2 is gone"));
  EXPECT_EQ(Start(Id()), nullptr) << "nothing is superseded";
  EXPECT_EQ(coordinator_.last_sync().stuck_slots, 0);
}

TEST_F(AgentCheckpointTest, AFailedUploadIsTriedAgainAndFailsNothing) {
  coordinator_.FailUploads(absl::ResourceExhaustedError("the disk is full"));
  StartTraining("epochs=3,checkpoint_every=1");
  RunUntil([&] { return coordinator_.uploads() >= 3; });
  EXPECT_THAT(coordinator_.Checkpoints(Id()), IsEmpty());
  coordinator_.FailUploads(absl::OkStatus());
  RunUntil([&] { return StepsOf(Id()).size() == 1; });
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

TEST_F(AgentCheckpointTest, AFullDiskHoldsTheEndBackForAWhile) {
  coordinator_.FailUploads(absl::ResourceExhaustedError("the disk is full"));
  FinishWithUploads(3);
  EXPECT_EQ(coordinator_.End(Id()), nullptr) << "somebody may make room";
  RunFor(Attempt::kUploadLimit);
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  EXPECT_THAT(coordinator_.Checkpoints(Id()), IsEmpty());
  EXPECT_THAT(coordinator_.Log(Id()).back().text, HasSubstr("the disk is full"));
}

TEST_F(AgentCheckpointTest, BytesThatWereDamagedAreSentAgainAtTheEnd) {
  coordinator_.FailUploads(absl::DataLossError("another hash"));
  FinishWithUploads(1);
  coordinator_.FailUploads(absl::OkStatus());
  RunUntilEnd(Id());
  EXPECT_THAT(StepsOf(Id()), ElementsAre(2));
}

TEST_F(AgentCheckpointTest, TheLastCheckpointOutlivesAnOutage) {
  coordinator_.HoldUploads(true);
  FinishWithUploads(1);
  coordinator_.GoAway();
  coordinator_.HoldUploads(false);
  RunFor(3 * Attempt::kUploadLimit);
  coordinator_.ComeBack();
  RunUntilEnd(Id());
  EXPECT_THAT(StepsOf(Id()), ElementsAre(2));
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

TEST_F(AgentCheckpointTest, ACoordinatorThatAnswersButTakesNoUploadsIsNotWaitedForForEver) {
  coordinator_.FailUploads(absl::UnavailableError("a proxy cuts it off"));
  FinishWithUploads(3);
  RunFor(Attempt::kUploadLimit - std::chrono::minutes(1));
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
  RunFor(std::chrono::minutes(1));
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  EXPECT_THAT(coordinator_.Log(Id()).back().text, HasSubstr("a proxy cuts it off"));
}

TEST_F(AgentCheckpointTest, AnOutageGivesTheUploadItsTimeAnew) {
  coordinator_.FailUploads(absl::UnavailableError("a proxy cuts it off"));
  FinishWithUploads(3);
  coordinator_.GoAway();
  RunFor(Attempt::kUploadLimit - std::chrono::minutes(1));
  coordinator_.ComeBack();
  RunFor(Attempt::kUploadLimit - std::chrono::minutes(1));
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
  RunFor(std::chrono::minutes(2));
  RunUntilEnd(Id());
}

TEST_F(AgentCheckpointTest, ADrainDoesNotWaitForACoordinatorThatIsAway) {
  coordinator_.HoldUploads(true);
  FinishWithUploads(1);
  coordinator_.GoAway();
  coordinator_.HoldUploads(false);
  agent_->Drain();
  RunFor(Agent::kDrainLimit + seconds(1));
  EXPECT_TRUE(finished_.has_value());
  coordinator_.ComeBack();
}

TEST_F(AgentCheckpointTest, ACoordinatorWithoutAStoreIsAskedOnce) {
  coordinator_.FailUploads(absl::UnimplementedError("no such method"));
  Script("epochs=4,checkpoint_every=1,delay_ms=20");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.uploads(), 1);
}

TEST_F(AgentCheckpointTest, TheNewestWinsWhereOneIsUnderWay) {
  coordinator_.HoldUploads(true);
  StartTraining("epochs=4,checkpoint_every=1,gate_after=3");
  RunUntil([&] { return HasFolder(Id(), "uploads/step-000000000006"); });
  EXPECT_TRUE(HasFolder(Id(), "uploads/step-000000000002")) << "under way";
  EXPECT_FALSE(HasFolder(Id(), "uploads/step-000000000004")) << "gave place to the next";
  coordinator_.HoldUploads(false);
  RunUntil([&] { return StepsOf(Id()).size() == 2; });
  EXPECT_THAT(StepsOf(Id()), ElementsAre(2, 6));
}

TEST_F(AgentCheckpointTest, APausedTrialIsUploadedBeforeItsEnd) {
  StartTraining("epochs=4,checkpoint_every=4");
  coordinator_.HoldUploads(true);
  coordinator_.Order({Id(), StopReason::kPaused});
  RunUntilReporting(Id());
  RunFor(seconds(10));
  EXPECT_EQ(coordinator_.End(Id()), nullptr) << "it waits";
  coordinator_.HoldUploads(false);
  RunUntilEnd(Id());
  ASSERT_THAT(coordinator_.Checkpoints(Id()), SizeIs(1));
  EXPECT_EQ(coordinator_.Checkpoints(Id())[0].reason, CheckpointReason::kOnStop);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
}

TEST_F(AgentCheckpointTest, TheEndDoesNotWaitForEver) {
  StartTraining("epochs=4,checkpoint_every=4");
  coordinator_.HoldUploads(true);
  coordinator_.Order({Id(), StopReason::kPaused});
  RunUntilReporting(Id());
  RunFor(Attempt::kUploadLimit + seconds(1));
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
  EXPECT_THAT(coordinator_.Checkpoints(Id()), IsEmpty());
}

TEST_F(AgentCheckpointTest, ACancelledTrialDoesNotWaitForItsUpload) {
  StartTraining("epochs=4,checkpoint_every=4");
  coordinator_.HoldUploads(true);
  coordinator_.Order({Id(), StopReason::kCancelled});
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kCancelled);
}

TEST_F(AgentCheckpointTest, ACancelEndsTheWaitForAnUpload) {
  StartTraining("epochs=4,checkpoint_every=4");
  coordinator_.HoldUploads(true);
  coordinator_.Order({Id(), StopReason::kPaused});
  RunUntilReporting(Id());
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
  const auto before = loop_.Now();
  coordinator_.Order({Id(), StopReason::kCancelled});
  RunUntilEnd(Id());
  EXPECT_LT(loop_.Now() - before, seconds(5));
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted) << "it had ended";
  EXPECT_THAT(coordinator_.Checkpoints(Id()), IsEmpty());
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
}

TEST_F(AgentCheckpointTest, ACancelOverrulesAPauseThatIsUnderWay) {
  coordinator_.HoldUploads(true);
  StartTraining("epochs=4,checkpoint_every=1,end=hang");
  coordinator_.Order({Id(), StopReason::kPaused});
  RunUntilStopping(Id());
  const auto before = loop_.Now();
  coordinator_.Order({Id(), StopReason::kCancelled});
  RunUntilEnd(Id());
  EXPECT_LT(loop_.Now() - before, Agent::kCancelGrace + seconds(5));
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kCancelled);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("cancelled on request"));
}

TEST_F(AgentCheckpointTest, ATrialThatIsStoppedEarlyKeepsItsNetwork) {
  StartTraining("epochs=4,checkpoint_every=4");
  coordinator_.HoldUploads(true);
  coordinator_.Order({Id(), StopReason::kStoppedEarly});
  RunUntilReporting(Id());
  EXPECT_EQ(coordinator_.End(Id()), nullptr) << "it waits";
  coordinator_.HoldUploads(false);
  RunUntilEnd(Id());
  EXPECT_THAT(StepsOf(Id()), ElementsAre(2));
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kCancelled);
}

TEST_F(AgentCheckpointTest, ADrainedWorkerUploadsBeforeItLeaves) {
  StartTraining("epochs=4,checkpoint_every=4");
  agent_->Drain();
  RunUntil([&] { return finished_.has_value(); });
  ASSERT_THAT(coordinator_.Checkpoints(Id()), SizeIs(1));
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
}

TEST_F(AgentCheckpointTest, ADrainShortensTheWaitForAnUpload) {
  Script("epochs=1,checkpoint_every=1");
  coordinator_.HoldUploads(true);
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilReporting(Id());
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
  agent_->Drain();
  RunFor(Agent::kDrainUploadLimit + seconds(1));
  RunUntil([&] { return finished_.has_value(); });
  ASSERT_NE(coordinator_.End(Id()), nullptr);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

TEST_F(AgentCheckpointTest, ADrainShortensWhatAPauseAllows) {
  coordinator_.HoldUploads(true);
  StartTraining("epochs=4,checkpoint_every=1,end=hang");
  coordinator_.Order({Id(), StopReason::kPaused});
  RunUntilStopping(Id());
  agent_->Drain();
  RunFor(Agent::kDrainLimit - std::chrono::milliseconds(500));
  ASSERT_NE(coordinator_.End(Id()), nullptr) << "in time";
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
  RunUntil([&] { return finished_.has_value(); });
}

TEST_F(AgentCheckpointTest, ACheckpointThatComesLateIsFetchedAgain) {
  OfferNextAttempt();
  coordinator_.FailDownloads(2);
  RunUntilTraining(Id(2));
  OpenGate();
  RunUntilEnd(Id(2));
  EXPECT_EQ(ResumedStep(Id(2)), 2);
}

TEST_F(AgentCheckpointTest, AnOutageDoesNotBeginATrialFromScratch) {
  OfferNextAttempt();
  coordinator_.FailDownloads(1000);
  RunUntilTrainerWaits();
  RunFor(5 * CheckpointCourier::kFetchLimit);
  EXPECT_THAT(coordinator_.records(Id(2)), IsEmpty()) << "it waits";
  coordinator_.FailDownloads(0);
  RunFor(std::chrono::minutes(1));
  RunUntilTraining(Id(2));
  EXPECT_EQ(ResumedStep(Id(2)), 2);
}

TEST_F(AgentCheckpointTest, AnErrorOfTheCoordinatorsDiskLeavesTheTrialToAnotherWorker) {
  OfferNextAttempt();
  coordinator_.FailDownloads(1000, absl::InternalError("STORAGE_FAILED: it cannot be read"));
  RunUntilTrainerWaits();
  RunFor(CheckpointCourier::kFetchLimit + std::chrono::minutes(2));
  RunUntilEnd(Id(2));
  ASSERT_NE(coordinator_.End(Id(2)), nullptr);
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kError);
  EXPECT_THAT(coordinator_.End(Id(2))->message, HasSubstr("it cannot be read"));
  EXPECT_EQ(Start(Id(2)), nullptr) << "nothing is superseded";
  EXPECT_EQ(coordinator_.last_sync().stuck_slots, 0) << "this machine's disk is well";
}

TEST_F(AgentCheckpointTest, AnErrorOfItsOwnDiskCostsTheTrialNothing) {
  OfferNextAttempt();
  coordinator_.FailDownloads(1, DiskError("cannot write model"));
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kPreempted);
  EXPECT_THAT(coordinator_.End(Id(2))->message, HasSubstr("cannot write model"));
  EXPECT_EQ(Start(Id(2)), nullptr) << "nothing is superseded";
  RunUntil([&] { return coordinator_.last_sync().stuck_slots == options_.slots; });
  RunFor(DiskWatch::kFirstPause);
  RunUntil([&] { return coordinator_.last_sync().stuck_slots == 0; });
}

TEST_F(AgentCheckpointTest, ACheckpointThatComesDamagedOnceIsFetchedAgain) {
  OfferNextAttempt();
  coordinator_.FailDownloads(1, absl::DataLossError("another hash"));
  RunUntilTraining(Id(2));
  EXPECT_EQ(ResumedStep(Id(2)), 2);
}

TEST_F(AgentCheckpointTest, ACheckpointThatComesDamagedTwiceDoesNotBeginTheTrialFromScratch) {
  OfferNextAttempt();
  coordinator_.FailDownloads(2, absl::DataLossError("another hash"));
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kError);
  EXPECT_THAT(coordinator_.End(Id(2))->message, HasSubstr("came damaged twice: another hash"));
  EXPECT_EQ(Start(Id(2)), nullptr) << "nothing is superseded";
}

}  // namespace
}  // namespace adares::worker
