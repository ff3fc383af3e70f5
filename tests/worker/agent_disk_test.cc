// A worker whose own disk fails: no trial pays for it.
#include <filesystem>
#include <fstream>

#include "tests/fixtures/full_disk.h"
#include "tests/worker/agent_fixture.h"
#include "tests/worker/captured_log.h"

namespace adares::worker {
namespace {

using fixtures::FullDisk;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AgentDiskTest : public AgentTest {
 protected:
  // Its trainer waits after its first epoch, which has two steps and ends with a checkpoint.
  void StartTraining() {
    Script("epochs=3,checkpoint_every=1");
    Gate();
    coordinator_.Offer(Work(Id()));
    StartAgent();
    RunUntilTraining(Id());
    RunUntil([&] { return coordinator_.Checkpoints(Id()).size() == 1; });
  }

  // Its trainer goes on, and nothing that it says can be kept.
  void FailDiskOf(const AttemptId& id) {
    const FullDisk full(1);
    OpenGate();
    RunUntilEnd(id);
    EXPECT_EQ(coordinator_.End(id)->reason, EndReason::kPreempted);
    EXPECT_THAT(coordinator_.End(id)->message, HasSubstr("cannot write the spool"));
    RunUntil([&] { return coordinator_.Held(id) == nullptr; });
    RunUntil([&] { return StuckSlots() == options_.slots; });
    std::filesystem::remove(folder_ / "gate");
  }

  void AwaitRecovery() {
    RunFor(DiskWatch::kLongestPause);
    RunUntil([&] { return StuckSlots() == 0; });
  }

  // What goes on where that one was.
  Assignment WorkAfter(const AttemptId& id) {
    Assignment next = Work(Id(id.attempt + 1));
    next.checkpoint = coordinator_.Checkpoints(Id())[0];
    return next;
  }

  int StuckSlots() const { return coordinator_.last_sync().stuck_slots; }
};

// The folder of each attempt goes with it, which makes room for a moment.
TEST_F(AgentDiskTest, ASpoolThatFailsTwiceInMidTrainingFailsNoTrial) {
  const CapturedLog log;
  StartTraining();
  FailDiskOf(Id());
  EXPECT_EQ(log.Count("records_lost"), 1);
  AwaitRecovery();
  Script("epochs=3,gate_after=2");
  coordinator_.Offer(WorkAfter(Id()));
  RunUntilTraining(Id(2));
  FailDiskOf(Id(2));
  EXPECT_EQ(log.Count("records_lost"), 2);
  AwaitRecovery();
  coordinator_.Offer(WorkAfter(Id(2)));
  OpenGate();
  RunUntilEnd(Id(3));
  EXPECT_EQ(coordinator_.End(Id(3))->reason, EndReason::kFinished);
  const auto& start = std::get<AttemptStart>(coordinator_.records(Id(3)).front());
  EXPECT_EQ(start.resumed_step, 2) << "it went on from the last checkpoint";
}

// The coordinator may hear of the end before it hears of the disk.
TEST_F(AgentDiskTest, TheSlotOfAnAttemptThatEndsSoIsNotOffered) {
  StartTraining();
  coordinator_.HoldAcknowledgements(true);
  const FullDisk full(1);
  OpenGate();
  RunUntil([&] { return StuckSlots() == options_.slots; });
  EXPECT_NE(coordinator_.Held(Id()), nullptr);
}

TEST_F(AgentDiskTest, TheWorkerWaitsForAsMuchRoomAsTheAttemptHeld) {
  StartTraining();
  std::ofstream(FolderOf(Id()) / "checkpoints/large") << std::string(3 << 20, 'x');
  FailDiskOf(Id());
  {
    const FullDisk little(2 << 20);
    RunFor(2 * DiskWatch::kLongestPause);
    EXPECT_EQ(StuckSlots(), options_.slots);
  }
  AwaitRecovery();
}

// Its end cannot be told: nothing is taken after a gap. The coordinator misses it and counts a
// loss.
TEST_F(AgentDiskTest, ASpoolThatCannotBeReadEndsTheAttemptAndStopsNewTrials) {
  coordinator_.HoldAcknowledgements(true);
  Script("epochs=3");
  Gate();
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  RunFor(std::chrono::seconds(1));  // what it has said so far is written: the file grows no more
  std::filesystem::resize_file(FolderOf(Id()) / AttemptFolders::kSpoolFile, 0);
  coordinator_.BreakStream();
  RunUntil([&] { return StuckSlots() == options_.slots; });
  coordinator_.Withdraw(Id());
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
  AwaitRecovery();
}

// What came up could not be recorded any more.
TEST_F(AgentDiskTest, ItsEndDoesNotWaitForACheckpoint) {
  coordinator_.HoldUploads(true);
  Script("epochs=3,checkpoint_every=1");
  Gate();
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  RunUntil([&] { return coordinator_.uploads() == 1; });
  const auto before = loop_.Now();
  FailDiskOf(Id());
  EXPECT_LT(loop_.Now() - before, Attempt::kUploadLimit / 2);
  EXPECT_THAT(coordinator_.Checkpoints(Id()), IsEmpty());
}

TEST_F(AgentDiskTest, ALogFileThatFailsCostsNothingButNewTrials) {
  StartTraining();
  const CapturedLog log;
  {
    // The spool has as much as its records take; the log has more.
    std::filesystem::resize_file(FolderOf(Id()) / AttemptFolders::kLogFile, 1 << 20);
    const FullDisk full(1 << 20);
    OpenGate();
    RunUntilEnd(Id());
  }
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  EXPECT_THAT(coordinator_.Log(Id()), SizeIs(4)) << "all of it is with the coordinator";
  EXPECT_EQ(log.Count("log_file_failed"), 1);
  EXPECT_EQ(log.Count("records_lost"), 0);
  EXPECT_EQ(log.Count("state_folder_failed"), 1);
}

// The disk is full, or somebody took the folder away: trials are not held until a person comes, and
// not used up one after another.
TEST_F(AgentDiskTest, ADiskThatTakesNothingCostsNoTrials) {
  const std::filesystem::path attempts = folder_ / "attempts";
  std::filesystem::remove_all(attempts);
  std::ofstream(attempts) << "in the way";
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kPreempted);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("attempts"));
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
  RunUntil([&] { return StuckSlots() == 2; });
  coordinator_.Offer(Work(Id(2)));  // it was on its way
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kPreempted);
  RunFor(std::chrono::seconds(30));
  EXPECT_EQ(StuckSlots(), 2);
  std::filesystem::remove(attempts);
  AwaitRecovery();
  coordinator_.Offer(Work(Id(3)));
  RunUntilEnd(Id(3));
  EXPECT_EQ(coordinator_.End(Id(3))->reason, EndReason::kFinished);
}

// Its last lines are to be kept while its checkpoint is on its way.
TEST_F(AgentDiskTest, AnEndThatWaitsForAnUploadDoesNotWaitOnADiskThatFails) {
  Script("epochs=1,checkpoint_every=1,half_line=1");
  coordinator_.HoldUploads(true);
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntil([&] {
    const HeldAttempt* const held = coordinator_.Held(Id());
    return held != nullptr && held->phase == AttemptPhase::kReporting;
  });
  const FullDisk full(1);
  RunFor(std::chrono::seconds(10));
  ASSERT_NE(coordinator_.End(Id()), nullptr);
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

}  // namespace
}  // namespace adares::worker
