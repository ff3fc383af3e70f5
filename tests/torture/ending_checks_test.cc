// That ends of attempts which nobody caused are found, and what logs tell of losses.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/server/store_fixture.h"
#include "tests/torture/endings.h"
#include "tests/torture/logs.h"

namespace adares::torture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr int kLeaseSeconds = 3;

class EndingChecksTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Insert(MakePlan({.name = "scripted-1", .variants = 1, .seeds = {0}}));
    attempt_ = Claim(At(1));
    trial_ = absl::StrCat("scripted-1/", attempt_.id.trial);
    causes_.asked = {absl::StrCat("pause ", trial_), "cancel scripted-1"};
    causes_.killed_trainers = {77};
    causes_.drained_workers = {"w1"};
    logs_.starts["w1"] = 2;
  }

  // Ends the attempt at second `seconds` and gives what is found.
  std::vector<std::string> AfterEnd(EndReason reason, const std::string& message,
                                    double seconds = 9) {
    AttemptEnd end = EndWith(reason);
    end.message = message;
    Do([&] { return store_->EndAttempt(attempt_, end, At(seconds)); });
    return UnexplainedEnds(path_, logs_, causes_, kLeaseSeconds);
  }

  LiveAttempt attempt_;
  std::string trial_;
  Logs logs_;
  Causes causes_;
};

constexpr char kKilled[] = "the trainer was killed by signal 9 (Killed); the kernel's ...";

TEST_F(EndingChecksTest, AnErrorOfATrainerThatWasKilledIsExplained) {
  logs_.exited_trainers[trial_ + "#1"] = {76, 77};
  EXPECT_THAT(AfterEnd(EndReason::kError, kKilled), IsEmpty());
}

TEST_F(EndingChecksTest, AnErrorOfAnotherTrainerIsFound) {
  logs_.exited_trainers[trial_ + "#1"] = {78};
  logs_.exited_trainers[trial_ + "#2"] = {77};
  EXPECT_THAT(AfterEnd(EndReason::kError, kKilled),
              ElementsAre(HasSubstr(trial_ + "#1 on w1 ended as error, and nobody did that")));
}

TEST_F(EndingChecksTest, AnErrorOfAnotherKindIsFound) {
  logs_.exited_trainers[trial_ + "#1"] = {77};
  EXPECT_EQ(AfterEnd(EndReason::kError, "the trainer sent an endless line").size(), 1U);
}

TEST_F(EndingChecksTest, EndsThatNothingHereCausesAreFound) {
  EXPECT_EQ(AfterEnd(EndReason::kDiverged, "the loss is not finite").size(), 1U);
}

TEST_F(EndingChecksTest, WhatPeopleAskedForIsExplained) {
  EXPECT_THAT(AfterEnd(EndReason::kPreempted, "paused on request"), IsEmpty());
}

TEST_F(EndingChecksTest, APauseThatNobodyAskedForIsFound) {
  causes_.asked = {"pause scripted-2", "cancel scripted-1"};
  EXPECT_EQ(AfterEnd(EndReason::kPreempted, "paused on request").size(), 1U);
}

TEST_F(EndingChecksTest, ACancelOfTheSweepIsExplained) {
  EXPECT_THAT(AfterEnd(EndReason::kCancelled, "cancelled on request"), IsEmpty());
}

TEST_F(EndingChecksTest, AStopWithoutARuleIsFound) {
  EXPECT_EQ(AfterEnd(EndReason::kCancelled, "stopped early").size(), 1U);
}

TEST_F(EndingChecksTest, ADrainOfTheWorkerIsExplained) {
  EXPECT_THAT(AfterEnd(EndReason::kPreempted, "the worker is shutting down"), IsEmpty());
}

TEST_F(EndingChecksTest, ADrainThatNobodyOrderedIsFound) {
  causes_.drained_workers = {"w2"};
  EXPECT_EQ(AfterEnd(EndReason::kPreempted, "the worker is shutting down").size(), 1U);
}

TEST_F(EndingChecksTest, AnAttemptOfWhichNothingCameMayBeGivenUpAfterALease) {
  EXPECT_THAT(AfterEnd(EndReason::kWorkerLost, "worker w1 was lost: it gave the attempt up", 5),
              IsEmpty());
}

TEST_F(EndingChecksTest, AnAttemptThatIsGivenUpSoonerIsFound) {
  EXPECT_EQ(
      AfterEnd(EndReason::kWorkerLost, "worker w1 was lost: it gave the attempt up", 2).size(), 1U);
}

TEST_F(EndingChecksTest, AnAttemptThatIsGivenUpInItsMiddleIsFound) {
  Do([&] { return store_->SetAcknowledgedSequence(attempt_, 4); });
  EXPECT_EQ(
      AfterEnd(EndReason::kWorkerLost, "worker w1 was lost: it gave the attempt up", 9).size(), 1U);
}

TEST(LogsTest, LossesAndTrainersAreRead) {
  const fixtures::TempFolder folder;
  fixtures::WriteTextFile(folder / "logs/1-server.err",
                          "2026 info serving\n2026 error event=storing_failed error=\"full\"\n");
  fixtures::WriteTextFile(
      folder / "logs/2-w0.err",
      "2026 info event=trainer_exited sweep=s trial=1 attempt=2 pid=77 trials=1 how=\"was\"\n"
      "2026 warning event=records_sent_again sweep=s trial=1 attempt=2\n");
  fixtures::WriteTextFile(folder / "logs/3-w0.err", "");
  const Logs logs = ReadLogs(folder / "logs");
  EXPECT_THAT(logs.breaches,
              UnorderedElementsAre(HasSubstr("1-server.err: 2026 error event=storin"),
                                   HasSubstr("2-w0.err: 2026 warning event=record")));
  EXPECT_EQ(logs.exited_trainers.at("s/1#2"), std::set<pid_t>{77});
  EXPECT_EQ(logs.starts.at("w0"), 2);
}

}  // namespace
}  // namespace adares::torture
