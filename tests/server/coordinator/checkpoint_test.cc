// Checkpoints that are recorded and kept, and what survives of attempts that others go on from.
#include <gmock/gmock.h>

#include <limits>

#include "core/sha256.h"
#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Two files of contents that no other checkpoint has.
Checkpoint At(int64_t step, CheckpointReason reason = CheckpointReason::kPeriodic) {
  const std::string tag = std::to_string(step);
  return {step,
          step / 10,
          reason,
          {{"model", Sha256Hex("model " + tag), step}, {"state", Sha256Hex("state " + tag), 1}}};
}

ReportRecord Start(int64_t resumed_step = 0) {
  return AttemptStart{100, 10, 1000, {}, resumed_step};
}

class CheckpointTest : public CoordinatorFixture {
 protected:
  CheckpointTest() {
    Create(Plan("a", 1));
    Register("w1", "i1");
    attempt_ = Claim("w1", "i1");
    trial_row_ = (*store_->FindLiveAttempt(attempt_))->trial_row;
  }

  void Tell(std::vector<ReportRecord> records) {
    const auto count = std::ssize(records);
    const auto output = Report("w1", instance_, attempt_, sequence_, std::move(records));
    ASSERT_TRUE(output.ok()) << output.status();
    ASSERT_FALSE(output->lease_lost);
    sequence_ += count;
    EXPECT_EQ(output->acknowledged_sequence, sequence_ - 1);
  }

  // The worker dies, and comes back for the next attempt. Returns its assignment.
  Assignment LoseAndClaim() {
    instance_ += "i";
    Register("w1", instance_);
    Wait(std::chrono::hours(1));  // the delay before the next try
    Register("w1", instance_);
    const auto output = Sync("w1", instance_);
    EXPECT_TRUE(output.ok() && output->start.size() == 1);
    if (!output.ok() || output->start.size() != 1) return {};
    attempt_ = output->start[0].id;
    sequence_ = 1;
    return output->start[0];
  }

  std::vector<std::pair<int64_t, double>> Line(const std::string& key = "loss") {
    const auto points =
        reader_->Points(attempt_.sweep, attempt_.trial, {key}, {.size = 100, .token = ""});
    std::vector<std::pair<int64_t, double>> line;
    if (!points.ok()) return line;
    for (const MetricPoint& point : points->items) line.emplace_back(point.step, point.value);
    return line;
  }

  std::optional<Checkpoint> Newest() { return *store_->NewestCheckpoint(trial_row_); }

  std::string instance_ = "i1";
  AttemptId attempt_;
  int64_t trial_row_ = 0;
  int64_t sequence_ = 1;
};

TEST_F(CheckpointTest, TheNextAttemptGoesOnFromTheNewest) {
  Tell({Start(), Point("loss", 10, 1), At(10), Point("loss", 20, 0.5), At(20),
        Point("loss", 30, 0.25)});
  EXPECT_EQ(coordinator_->TakeEffects().checkpoints_recorded, 2);
  const Assignment next = LoseAndClaim();
  EXPECT_EQ(next.checkpoint, At(20));
  EXPECT_THAT(Line(), ElementsAre(std::pair(10, 1), std::pair(20, 0.5)))
      << "what is beyond it is superseded with the claim";
  EXPECT_EQ(Trial(attempt_).last_metrics.at("loss"), 0.5) << "and the summary is of what is left";
  Tell({Start(20), Point("loss", 30, 0.25), Point("loss", 40, 0.1)});
  EXPECT_THAT(Line(), ElementsAre(std::pair(10, 1), std::pair(20, 0.5), std::pair(30, 0.25),
                                  std::pair(40, 0.1)));
  EXPECT_EQ(Trial(attempt_).last_metrics.at("loss"), 0.1);
  EXPECT_EQ(Trial(attempt_).attempts.at(1).resumed_step, 20);
}

TEST_F(CheckpointTest, AnAssignmentThatIsGivenAgainNamesItToo) {
  Tell({Start(), At(10)});
  LoseAndClaim();
  const auto again = Sync("w1", instance_);
  ASSERT_TRUE(again.ok() && again->start.size() == 1);
  EXPECT_EQ(again->start[0].checkpoint, At(10));
}

TEST_F(CheckpointTest, AnAttemptThatBeginsFromScratchSupersedesAll) {
  Tell({Start(), Point("loss", 10, 1), At(10), Point("loss", 20, 0.5)});
  LoseAndClaim();
  Tell({Start(0), Point("loss", 5, 2)});
  EXPECT_THAT(Line(), ElementsAre(std::pair(5, 2)));
  EXPECT_EQ(Trial(attempt_).last_metrics.at("loss"), 2);
  EXPECT_EQ(Newest(), std::nullopt) << "the line that it belonged to is gone";
  Tell({At(5)});
  EXPECT_EQ(LoseAndClaim().checkpoint, At(5));
}

TEST_F(CheckpointTest, WhatIsReportedAgainOfTheLineAppearsOnce) {
  Tell({Start(), Point("loss", 10, 1), Point("late", 10, 7), At(10)});
  LoseAndClaim();
  coordinator_->TakeEffects();
  Tell({Start(10), Point("loss", 10, 1), Point("late", 10, 8), Point("more", 10, 3),
        Point("loss", 20, 0.5)});
  EXPECT_THAT(Line(), ElementsAre(std::pair(10, 1), std::pair(20, 0.5)));
  EXPECT_THAT(Line("late"), ElementsAre(std::pair(10, 7))) << "the first one stays";
  EXPECT_THAT(Line("more"), ElementsAre(std::pair(10, 3)));
  const Effects effects = coordinator_->TakeEffects();
  EXPECT_EQ(effects.points_written, 2);
  EXPECT_EQ(effects.points_conflicting, 1);
}

TEST_F(CheckpointTest, WeightsAndFlagsOfTheLineAppearOnceToo) {
  const std::vector<SkipWeightPoint> weights{{"layer1.0", 10, 1, 0.5, 0.1}};
  const Flag flag{FlagKind::kClosed, "layer1.0", 10, 1, true, "why"};
  Tell({Start(), weights, flag, At(10)});
  LoseAndClaim();
  Tell({Start(10), weights, flag});
  EXPECT_THAT(
      reader_->SkipWeights(attempt_.sweep, attempt_.trial, {}, false, {.size = 9, .token = ""})
          ->items,
      SizeIs(1));
  EXPECT_THAT(Trial(attempt_).flags, ElementsAre(flag));
}

TEST_F(CheckpointTest, EachAttemptOfAChainKeepsWhatOthersWentOnFrom) {
  Tell({Start(), Point("loss", 10, 1), At(10), Point("loss", 20, 9)});
  LoseAndClaim();
  Tell({Start(10), Point("loss", 20, 2), Point("loss", 30, 3), At(30), Point("loss", 40, 9)});
  LoseAndClaim();
  Tell({Start(30), Point("loss", 40, 4)});
  EXPECT_THAT(Line(),
              ElementsAre(std::pair(10, 1), std::pair(20, 2), std::pair(30, 3), std::pair(40, 4)));
}

TEST_F(CheckpointTest, TheSummaryThatIsMadeAnewIsThatOfTheRows) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Tell({Start(), Point("loss", 5, 4), Point("loss", 10, nan), Point("loss", 20, -7),
        Point("late", 20, 1), At(10)});
  LoseAndClaim();
  EXPECT_TRUE(std::isnan(Trial(attempt_).last_metrics.at("loss")));
  EXPECT_FALSE(Trial(attempt_).last_metrics.contains("late")) << "no point of it is left";
  Tell({Start(10), Point("loss", 20, 3)});
  EXPECT_EQ(Trial(attempt_).last_metrics.at("loss"), 3);
}

TEST_F(CheckpointTest, OneWhoseBlobsAreNotThereIsIgnored) {
  missing_blobs_.insert(At(10).files[1].sha256);
  Tell({Start(), At(10), Point("loss", 20, 1)});
  const Effects effects = coordinator_->TakeEffects();
  EXPECT_EQ(effects.checkpoints_ignored, 1);
  EXPECT_EQ(effects.checkpoints_recorded, 0);
  EXPECT_EQ(Newest(), std::nullopt);
  EXPECT_EQ(LoseAndClaim().checkpoint, std::nullopt);
}

TEST_F(CheckpointTest, WhereTheNewestIsGoneTheOneBeforeItIsNamed) {
  Tell({Start(), Point("loss", 10, 1), At(10), Point("loss", 20, 2), At(20)});
  missing_blobs_.insert(At(20).files[0].sha256);
  EXPECT_EQ(LoseAndClaim().checkpoint, At(10));
  EXPECT_THAT(Line(), ElementsAre(std::pair(10, 1))) << "it goes on from there";
  missing_blobs_.insert(At(10).files[1].sha256);
  EXPECT_EQ(LoseAndClaim().checkpoint, std::nullopt);
  EXPECT_THAT(Line(), IsEmpty());
}

TEST_F(CheckpointTest, TheBestByTheObjectiveIsKept) {
  const std::string objective = Plan("a", 1).objective.metric;
  const auto unnamed = [&](int64_t step) {
    return Run([&] { return coordinator_->UnnamedBlobs({At(step).files[0].sha256}); })->size() == 1;
  };
  Tell({Start(), Point(objective, 10, 0.5), At(10), Point(objective, 20, 0.9), At(25),
        Point(objective, 30, 0.7), At(30), At(35), At(40)});
  EXPECT_FALSE(unnamed(25)) << "the one after step 20";
  EXPECT_TRUE(unnamed(10));
  EXPECT_TRUE(unnamed(30));
  Tell({Point(objective, 50, 0.8), At(50), At(100, CheckpointReason::kFinal),
        End(EndReason::kFinished)});
  EXPECT_FALSE(unnamed(25));
  EXPECT_TRUE(unnamed(50));
  EXPECT_FALSE(unnamed(100));
}

TEST_F(CheckpointTest, ABestThatWasSupersededIsNone) {
  const std::string objective = Plan("a", 1).objective.metric;
  Tell({Start(), At(10), Point(objective, 20, 0.9), At(20)});
  missing_blobs_.insert(At(20).files[0].sha256);
  LoseAndClaim();
  Tell({Start(10), Point(objective, 20, 0.1), Point(objective, 30, 0.2), At(30), At(40), At(50)});
  EXPECT_TRUE(coordinator_->TakeEffects().dropped_blobs.contains(At(20).files[0].sha256));
}

TEST_F(CheckpointTest, ATrialThatIsRetriedFromScratchGoesOnFromNone) {
  Tell({Start(), Point("loss", 10, 1), At(10), End(EndReason::kDiverged)});
  ASSERT_EQ(Trial(attempt_).state, TrialState::kFailed);
  ASSERT_THAT(Control("a", ControlAction::kRetryFromScratch)->changed, SizeIs(1));
  const auto output = Sync("w1", instance_);
  ASSERT_EQ(output->start.size(), 1U);
  EXPECT_EQ(output->start[0].checkpoint, std::nullopt);
  attempt_ = output->start[0].id;
  sequence_ = 1;
  EXPECT_THAT(Line(), IsEmpty());
  Tell({Start(), At(20)});
  EXPECT_EQ(LoseAndClaim().checkpoint, At(20)) << "its own ones are of use";
}

TEST_F(CheckpointTest, ProgressBeginsWhereTheAttemptDoes) {
  Tell({Start(), At(20)});
  LoseAndClaim();
  Tell({Start(20)});
  EXPECT_EQ(Trial(attempt_).progress.step, 20);
  EXPECT_EQ(Trial(attempt_).progress.epoch, 2) << "of 10 with 100 steps";
  LoseAndClaim();
  Tell({Start(0)});
  EXPECT_EQ(Trial(attempt_).progress.step, 0);
}

// The best is among them here.
TEST_F(CheckpointTest, TrialsThatEndWithoutAResultKeepTwo) {
  for (const EndReason reason : {EndReason::kDiverged, EndReason::kCancelled}) {
    SCOPED_TRACE(Name(reason));
    if (reason == EndReason::kCancelled) {
      ASSERT_THAT(Control("a", ControlAction::kRetryFromScratch)->changed, SizeIs(1));
      attempt_ = Claim("w1", instance_);
      sequence_ = 1;
    }
    Tell({Start(), At(10), At(20), At(30)});
    if (reason == EndReason::kCancelled) {
      ASSERT_THAT(Control("a", ControlAction::kCancel)->changed, SizeIs(1));
    }
    Tell({End(reason)});
    EXPECT_TRUE(IsFinal(Trial(attempt_).state));
    EXPECT_EQ(Newest(), At(30));
    const auto unnamed = Run([&] {
      return coordinator_->UnnamedBlobs({At(10).files[0].sha256, At(20).files[0].sha256});
    });
    EXPECT_THAT(*unnamed, ElementsAre(At(10).files[0].sha256));
  }
}

TEST_F(CheckpointTest, ARepeatedReportRecordsItOnce) {
  Tell({Start(), At(10)});
  const auto again = Report("w1", instance_, attempt_, 2, {At(10)});
  EXPECT_EQ(again->acknowledged_sequence, 2);
  EXPECT_EQ(coordinator_->TakeEffects().checkpoints_recorded, 1);
}

TEST_F(CheckpointTest, TheNewestTwoAndTheFinalOneAreKept) {
  Tell({Start(), At(10), At(20)});
  EXPECT_THAT(coordinator_->TakeEffects().dropped_blobs, IsEmpty());
  Tell({At(30)});
  EXPECT_THAT(coordinator_->TakeEffects().dropped_blobs,
              UnorderedElementsAre(At(10).files[0].sha256, At(10).files[1].sha256));
  Tell({At(100, CheckpointReason::kFinal)});
  EXPECT_EQ(Newest()->step, 100);
  Tell({End(EndReason::kFinished)});
  EXPECT_THAT(coordinator_->TakeEffects().dropped_blobs, SizeIs(4)) << "20 and 30";
  const auto unnamed = Run([&] {
    return coordinator_->UnnamedBlobs({At(100).files[0].sha256, At(30).files[0].sha256});
  });
  EXPECT_THAT(*unnamed, ElementsAre(At(30).files[0].sha256));
}

TEST_F(CheckpointTest, WithoutAFinalOneTheNewestIsKept) {
  Tell({Start(), At(10), At(20)});
  Tell({End(EndReason::kFinished)});
  EXPECT_THAT(coordinator_->TakeEffects().dropped_blobs,
              UnorderedElementsAre(At(10).files[0].sha256, At(10).files[1].sha256));
  const auto unnamed = Run([&] { return coordinator_->UnnamedBlobs({At(20).files[0].sha256}); });
  EXPECT_THAT(*unnamed, IsEmpty());
}

TEST_F(CheckpointTest, WhatWasSupersededStaysUntilTheLineHasComeAsFar) {
  Tell({Start(), At(10), At(20), At(30)});
  LoseAndClaim();
  coordinator_->TakeEffects();
  Tell({Start(0), At(5), At(15)});
  EXPECT_THAT(coordinator_->TakeEffects().dropped_blobs, IsEmpty()) << "20 and 30 are worth more";
  EXPECT_EQ(Newest(), At(15)) << "but nobody goes on from them";
  Tell({At(25)});
  const auto dropped = coordinator_->TakeEffects().dropped_blobs;
  EXPECT_TRUE(dropped.contains(At(20).files[0].sha256));
  EXPECT_FALSE(dropped.contains(At(30).files[0].sha256));
  Tell({At(35)});
  EXPECT_TRUE(coordinator_->TakeEffects().dropped_blobs.contains(At(30).files[0].sha256));
}

TEST_F(CheckpointTest, ABlobThatAnotherNamesIsStillNamed) {
  Checkpoint twin = At(20);
  twin.files[1] = At(10).files[1];
  Tell({Start(), At(10), twin, At(30)});
  const auto dropped = coordinator_->TakeEffects().dropped_blobs;
  EXPECT_TRUE(dropped.contains(At(10).files[1].sha256));
  const auto unnamed = Run([&] {
    return coordinator_->UnnamedBlobs({dropped.begin(), dropped.end()});
  });
  EXPECT_THAT(*unnamed, ElementsAre(At(10).files[0].sha256));
}

TEST_F(CheckpointTest, OnlyTheHolderOfTheLeaseMayUpload) {
  EXPECT_TRUE(coordinator_->CheckHolds("w1", "i1", attempt_).ok());
  EXPECT_EQ(ErrorReason(coordinator_->CheckHolds("w1", "i2", attempt_)), "LEASE_LOST");
  EXPECT_EQ(ErrorReason(coordinator_->CheckHolds("w2", "i1", attempt_)), "LEASE_LOST");
  const AttemptId lost = attempt_;
  LoseAndClaim();
  EXPECT_EQ(ErrorReason(coordinator_->CheckHolds("w1", instance_, lost)), "LEASE_LOST");
  EXPECT_TRUE(coordinator_->CheckHolds("w1", instance_, attempt_).ok());
  EXPECT_TRUE(Report("w1", "i1", lost, 1, {At(10)})->lease_lost) << "nor record one";
}

TEST_F(CheckpointTest, OnlyLossesWithoutProgressUseUpItsTries) {
  for (int64_t step = 0; step < 90; step += 10) {
    Tell({Start(step), At(step + 10)});
    ASSERT_EQ(LoseAndClaim().checkpoint, At(step + 10)) << "it goes on each time";
  }
  for (int i = 0; i < 3; ++i) {
    Tell({Start(90)});
    ASSERT_EQ(LoseAndClaim().checkpoint, At(90)) << i;
  }
  Tell({Start(90)});
  Register("w1", "last");
  EXPECT_EQ(Trial(attempt_).state, TrialState::kFailed) << "five losses from one checkpoint on";
}

TEST_F(CheckpointTest, LossesBeforeItBeginsUseUpItsTriesToo) {
  Tell({Start(), At(10)});
  for (int i = 0; i < 4; ++i) ASSERT_EQ(LoseAndClaim().checkpoint, At(10)) << i;
  Register("w1", "last");
  EXPECT_EQ(Trial(attempt_).state, TrialState::kFailed);
}

}  // namespace
}  // namespace adares
