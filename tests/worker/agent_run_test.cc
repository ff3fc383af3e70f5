// What an agent does with work while nothing is wrong but the network.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "core/report_limits.h"
#include "tests/worker/agent_fixture.h"
#include "tests/worker/captured_log.h"

namespace adares::worker {
namespace {

using ::testing::Contains;
using ::testing::Key;

class AgentRunTest : public AgentTest {
 protected:
  // Whether the coordinator was told that only acknowledgements are missing.
  bool IsReporting() {
    const HeldAttempt* const held = coordinator_.Held(Id());
    return held != nullptr && held->phase == AttemptPhase::kReporting;
  }

  // The coordinator keeps so many records of an attempt whose end it has not acknowledged, and then
  // answers again.
  void ExpectAllAgainAfter(size_t kept) {
    RunUntil([&] { return IsReporting(); });
    const size_t stored = coordinator_.records(Id()).size();
    coordinator_.Restore(Id(), kept);
    coordinator_.HoldAcknowledgements(false);
    RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
    EXPECT_EQ(coordinator_.records(Id()).size(), stored);
    EXPECT_NE(coordinator_.End(Id()), nullptr);
  }
};

TEST_F(AgentRunTest, ReportsAWholeTrial) {
  Script("epochs=2,points_per_epoch=3,log_lines=2");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());

  const std::vector<ReportRecord>& records = coordinator_.records(Id());
  const auto* start = std::get_if<AttemptStart>(&records.front());
  ASSERT_NE(start, nullptr);
  EXPECT_EQ(start->total_steps, 6);
  EXPECT_EQ(start->total_epochs, 2);
  EXPECT_THAT(start->provenance, Contains(Key("trainer")));
  EXPECT_THAT(start->provenance, Contains(Key("libtorch")));
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  EXPECT_FALSE(coordinator_.End(Id())->exit_code);
  EXPECT_THAT(coordinator_.End(Id())->digests, Contains(Key("results")));

  std::set<std::string> keys;
  for (const MetricPoint& point : coordinator_.Points(Id())) keys.insert(point.key);
  EXPECT_THAT(keys, ::testing::IsSupersetOf({metric::kTrainLoss, metric::kTestAccuracy}));
  EXPECT_EQ(coordinator_.Count(Id(), kWeightsRecord), 3);  // before the first epoch and after each
  const auto progress = std::ranges::find_if(
      records, [](const auto& record) { return record.index() == kProgressRecord; });
  EXPECT_EQ(std::get<Progress>(*progress).total_steps, 6);
}

TEST_F(AgentRunTest, FlagsAreReportedInTheirPlace) {
  Script("epochs=3,points_per_epoch=5,flag_after=1");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  std::vector<Flag> flags;
  for (const ReportRecord& record : coordinator_.records(Id())) {
    if (const auto* flag = std::get_if<Flag>(&record)) flags.push_back(*flag);
  }
  EXPECT_THAT(flags, ::testing::ElementsAre(
                         Flag{FlagKind::kClosed, "layer1.0", 5, 1, true, "the script says so"},
                         Flag{FlagKind::kClosed, "layer1.0", 10, 2, false, "the script says so"}));
}

TEST_F(AgentRunTest, LogGoesToTheCoordinatorAndToAFile) {
  Script("epochs=1,log_lines=150");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  const std::vector<LogLine> lines = coordinator_.Log(Id());
  ASSERT_EQ(lines.size(), 151U);
  EXPECT_EQ(lines.front().text, "trial begins, seed 1");
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i].number, static_cast<int64_t>(i + 1));

  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
  std::ifstream file(FolderOf(Id()) / AttemptFolders::kLogFile);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(std::ranges::count(text, '\n'), 151);
}

TEST_F(AgentRunTest, AFloodedLogIsCutAndSaysSo) {
  Script("epochs=1,log_lines=150000");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  const std::vector<LogLine> lines = coordinator_.Log(Id());
  EXPECT_LE(lines.back().number, kMaxLogLinesPerAttempt);
  EXPECT_GT(std::ssize(lines), kMaxLogLinesPerAttempt * 99 / 100);
  EXPECT_EQ(lines.front().text, "trial begins, seed 1");
  EXPECT_EQ(lines.back().text, "epoch 1 line 150000");
  EXPECT_EQ(std::ranges::count_if(lines,
                                  [](const LogLine& line) {
                                    return line.text.find("print less") != std::string::npos;
                                  }),
            1);
  std::ifstream file(FolderOf(Id()) / AttemptFolders::kLogFile);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(std::ranges::count(text, '\n'), std::ssize(lines));
}

TEST_F(AgentRunTest, AcknowledgedAttemptIsForgottenAndItsSpoolRemoved) {
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
  RunUntil([&] { return !std::filesystem::exists(FolderOf(Id()) / AttemptFolders::kSpoolFile); });
  EXPECT_TRUE(std::filesystem::exists(FolderOf(Id()) / AttemptFolders::kLogFile));
}

TEST_F(AgentRunTest, StatesTheAttemptFromItsAssignmentToItsLastAcknowledgement) {
  Gate();
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  RunUntil([&] { return coordinator_.Held(Id()) != nullptr; });
  EXPECT_EQ(coordinator_.Held(Id())->phase, AttemptPhase::kRunning);
  coordinator_.HoldAcknowledgements(true);
  OpenGate();
  RunUntilEnd(Id());
  RunUntil([&] { return IsReporting(); });
  coordinator_.HoldAcknowledgements(false);
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
}

// The coordinator does not know whether its answer arrived, and says the same again.
TEST_F(AgentRunTest, SameAssignmentTwiceStartsOneTrainer) {
  Gate();
  coordinator_.RepeatOffers();
  coordinator_.LoseSyncAnswers(2);
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  const int syncs = coordinator_.syncs();
  RunUntil([&] { return coordinator_.syncs() > syncs + 3; });
  EXPECT_EQ(TrainerProcesses(), 1);
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.Count(Id(), kStartRecord), 1);
}

TEST_F(AgentRunTest, MoreThanItsSlotsWait) {
  SetSlots(1);
  Gate();
  for (const int attempt : {1, 2, 3}) coordinator_.Offer(Work(Id(attempt)));
  StartAgent();
  RunUntilTraining(Id(1));
  RunUntil([&] { return coordinator_.last_sync().attempts.size() == 3; });
  EXPECT_EQ(TrainerProcesses(), 1);
  EXPECT_TRUE(coordinator_.records(Id(2)).empty());
  OpenGate();
  for (const int attempt : {1, 2, 3}) RunUntilEnd(Id(attempt));
}

TEST_F(AgentRunTest, SlotsRunAtTheSameTime) {
  Gate();
  coordinator_.Offer(Work(Id(1), 1));
  coordinator_.Offer(Work(Id(2), 2));
  StartAgent();
  RunUntilTraining(Id(1));
  RunUntilTraining(Id(2));
  EXPECT_EQ(TrainerProcesses(), 2);
  OpenGate();
  RunUntilEnd(Id(1));
  RunUntilEnd(Id(2));
}

// A slot counts as free when its trainer is gone, not when the coordinator has heard the end.
TEST_F(AgentRunTest, TrainerThatLingersIsKilledBeforeTheNextStarts) {
  SetSlots(1);
  UseEachTrainerOnce();
  Script("epochs=1,end=linger");
  coordinator_.Offer(Work(Id(1)));
  StartAgent();
  RunUntilEnd(Id(1));
  EXPECT_EQ(coordinator_.End(Id(1))->reason, EndReason::kFinished);
  Script("epochs=1");
  coordinator_.Offer(Work(Id(2)));
  RunUntil([&] { return coordinator_.Held(Id(2)) != nullptr; });
  EXPECT_EQ(TrainerProcesses(), 1);
  RunFor(TrainerPool::kLeaveGrace);
  RunUntilEnd(Id(2));
  RunUntil([&] { return TrainerProcesses() == 0; });
}

TEST_F(AgentRunTest, NothingIsLostOrDoubledWhileTheCoordinatorIsAway) {
  constexpr int kPoints = 20'000;
  UseEachTrainerOnce();
  Gate();
  Script("epochs=1,end=flood:" + std::to_string(kPoints));
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  coordinator_.GoAway();
  OpenGate();
  // All of it is on disk, and the trainer is gone.
  RunUntil([] { return TrainerProcesses() == 0; });
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
  coordinator_.ComeBack();
  RunUntilEnd(Id());
  int next = 1;
  for (const MetricPoint& point : coordinator_.Points(Id())) {
    if (point.key == "flood/value") {
      ASSERT_EQ(point.value, next++);
    }
  }
  EXPECT_EQ(next, kPoints + 1);
}

// Records that were stored and not acknowledged come again, and are recognised by their numbers.
TEST_F(AgentRunTest, BrokenStreamIsResumedFromTheLastAcknowledgement) {
  Gate();
  Script("epochs=4,points_per_epoch=10");
  coordinator_.HoldAcknowledgements(true);
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  const size_t stored = coordinator_.records(Id()).size();
  coordinator_.BreakStream();
  coordinator_.HoldAcknowledgements(false);
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_GE(coordinator_.repeated_records(), static_cast<int>(stored));
  EXPECT_EQ(coordinator_.Count(Id(), kStartRecord), 1);
  EXPECT_EQ(coordinator_.Count(Id(), kWeightsRecord), 5);
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
}

// It has fewer records than it had acknowledged, and stores nothing after a gap.
TEST_F(AgentRunTest, RestoredCoordinatorGetsAgainWhatItHasLost) {
  Gate();
  Script("epochs=3,points_per_epoch=10");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  RunFor(std::chrono::seconds(1));  // all that was stored is acknowledged
  const CapturedLog log;
  ASSERT_GT(coordinator_.records(Id()).size(), 2U);
  coordinator_.Restore(Id(), 2);
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.Count(Id(), kStartRecord), 1);
  EXPECT_EQ(coordinator_.Count(Id(), kWeightsRecord), 4);
  EXPECT_EQ(coordinator_.Points(Id()).size(), 3U * (10 + 6) + 2);
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr; });
  EXPECT_EQ(log.Count("records_sent_again"), 1);
}

// The end is no record of the spool, and all of that had arrived before.
TEST_F(AgentRunTest, AnEndThatIsLostOnItsWayIsSentAgain) {
  coordinator_.HoldAcknowledgements(true);
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  ExpectAllAgainAfter(coordinator_.records(Id()).size() - 1);
}

TEST_F(AgentRunTest, RestoredCoordinatorGetsTheEndAgain) {
  Gate();
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  RunFor(std::chrono::seconds(1));  // all that was stored is acknowledged
  coordinator_.HoldAcknowledgements(true);
  OpenGate();
  RunUntilEnd(Id());
  ExpectAllAgainAfter(1);
}

TEST_F(AgentRunTest, CoordinatorThatForgotTheWorkerIsToldAgain) {
  Gate();
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  coordinator_.ForgetWorker();
  RunUntil([&] { return coordinator_.registrations() == 2; });
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

TEST_F(AgentRunTest, RegistersOnceTheCoordinatorIsThere) {
  coordinator_.GoAway();
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunFor(std::chrono::minutes(5));
  EXPECT_EQ(coordinator_.registrations(), 0);
  coordinator_.ComeBack();
  RunUntilEnd(Id());
}

TEST_F(AgentRunTest, FinishesWithTheErrorWhereTheCoordinatorRejectsIt) {
  coordinator_.RejectWorker();
  StartAgent();
  RunUntil([&] { return finished_.has_value(); });
  EXPECT_EQ(finished_->code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace adares::worker
