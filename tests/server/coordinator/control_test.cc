// What people ask for: pause, resume, cancel, retry, cordon; and requests that come again.
#include <gmock/gmock.h>

#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ControlTest : public CoordinatorFixture {};

TEST_F(ControlTest, APausedSweepHandsNothingOutUntilItIsResumed) {
  Create(Plan("alpha", 2));
  Register("w1", "i1", 2);
  EXPECT_THAT(Control("alpha", ControlAction::kPause)->changed, SizeIs(2));
  EXPECT_EQ(reader_->GetSweep("alpha")->state, SweepState::kPaused);
  EXPECT_THAT(Sync("w1", "i1")->start, IsEmpty());
  EXPECT_THAT(Control("alpha", ControlAction::kResume)->changed, SizeIs(2));
  EXPECT_THAT(Sync("w1", "i1")->start, SizeIs(2));
}

TEST_F(ControlTest, ARunningTrialIsStoppedPausedAndGoesOnAsTheNextAttempt) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Control("alpha", ControlAction::kPause).ok());
  EXPECT_EQ(coordinator_->TakeEffects().workers_to_wake.count("w1"), 1u);
  const SyncOutput output = *Sync("w1", "i1", {{id, HeldPhase::kRunning}});
  ASSERT_THAT(output.stop, SizeIs(1));
  EXPECT_EQ(output.stop[0].reason, StopReason::kPaused);
  EXPECT_EQ(Trial(id).stop_aim, StopAim::kPause);
  (void)Report("w1", "i1", id, 1, {End(EndReason::kPreempted)});
  EXPECT_EQ(Trial(id).state, TrialState::kPaused);
  EXPECT_THAT(Sync("w1", "i1")->start, IsEmpty());
  ASSERT_TRUE(Control("alpha", ControlAction::kResume).ok());
  EXPECT_EQ(Claim("w1", "i1").attempt, 2);
}

TEST_F(ControlTest, ResumedBeforeItHadStoppedATrialIsQueuedAgain) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Control("alpha", ControlAction::kPause).ok());
  ASSERT_TRUE(Control("alpha", ControlAction::kResume).ok());
  EXPECT_EQ(Trial(id).stop_aim, StopAim::kRequeue);
  (void)Report("w1", "i1", id, 1, {End(EndReason::kPreempted)});
  EXPECT_EQ(Trial(id).state, TrialState::kQueued);
}

TEST_F(ControlTest, ATrialThatFinishesWhileItShouldPauseHasSucceeded) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Control("alpha", ControlAction::kPause).ok());
  (void)Report("w1", "i1", id, 1, {End(EndReason::kFinished)});
  EXPECT_EQ(Trial(id).state, TrialState::kSucceeded);
}

TEST_F(ControlTest, ALossWhileItShouldPauseLeavesItPaused) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Control("alpha", ControlAction::kPause).ok());
  Wait(seconds(31));
  EXPECT_EQ(Trial(id).state, TrialState::kPaused);
  EXPECT_EQ(Trial(id).attempts.at(0).end_reason, EndReason::kWorkerLost);
}

TEST_F(ControlTest, AFailedTrialIsRetriedWithNewBudgets) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const auto fail = [&] {
    Wait(seconds(10));
    const AttemptId id = Claim("w1", "i1");
    (void)Report("w1", "i1", id, 1, {End(EndReason::kError, "no such file")});
    return id;
  };
  fail();
  const AttemptId second = fail();
  EXPECT_EQ(Trial(second).state, TrialState::kFailed);
  EXPECT_EQ(reader_->GetSweep("alpha")->state, SweepState::kFailed);
  EXPECT_THAT(Control("alpha", ControlAction::kRetry)->changed, ElementsAre(second.trial));
  EXPECT_EQ(reader_->GetSweep("alpha")->state, SweepState::kRunning);
  const AttemptId third = fail();
  EXPECT_EQ(third.attempt, 3);
  EXPECT_EQ(Trial(third).state, TrialState::kQueued) << "the earlier errors are forgiven";
}

TEST_F(ControlTest, ACancelledSweepRunsAgainWhenItIsRetried) {
  Create(Plan("alpha", 2));
  ASSERT_TRUE(Control("alpha", ControlAction::kCancel).ok());
  EXPECT_EQ(reader_->GetSweep("alpha")->state, SweepState::kCancelled);
  EXPECT_THAT(Control("alpha", ControlAction::kRetry)->changed, SizeIs(2));
  EXPECT_EQ(reader_->GetSweep("alpha")->state, SweepState::kRunning);
  Register("w1", "i1", 2);
  EXPECT_THAT(Sync("w1", "i1")->start, SizeIs(2));
}

TEST_F(ControlTest, AFilterPicksTrialsAndEachIsAnsweredByItself) {
  const SweepPlan plan = Plan("alpha", 3);
  Create(plan);
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  (void)Report("w1", "i1", id, 1, {End(EndReason::kFinished)});
  TrialFilter filter;
  filter.seeds = {0, 2};
  const ControlOutcome outcome = *Control("alpha", ControlAction::kPause, filter);
  EXPECT_THAT(outcome.changed, ElementsAre(plan.trials[2].id));
  ASSERT_THAT(outcome.refused, SizeIs(1));
  EXPECT_EQ(outcome.refused[0].trial, plan.trials[0].id);
  EXPECT_EQ(ErrorReason(outcome.refused[0].why), reason::kStateConflict);
  EXPECT_EQ(Control("alpha", ControlAction::kPause, filter)->unchanged, 1);
}

TEST_F(ControlTest, AnUnknownTrialIsNotFoundAndNothingChanges) {
  const SweepPlan plan = Plan("alpha", 2);
  Create(plan);
  TrialFilter filter;
  filter.ids = {plan.trials[0].id, "0123456789ab"};
  EXPECT_EQ(ErrorReason(Control("alpha", ControlAction::kCancel, filter).status()),
            reason::kTrialNotFound);
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.queued, 2);
}

TEST_F(ControlTest, ResumingATrialEndsItsWaitForTheNextAttempt) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  (void)Report("w1", "i1", id, 1, {End(EndReason::kError, "x")});
  ASSERT_TRUE(Trial(id).not_before.has_value());
  TrialFilter filter;
  filter.ids = {id.trial};
  EXPECT_THAT(Control("alpha", ControlAction::kResume, filter)->changed, SizeIs(1));
  EXPECT_EQ(Trial(id).message, "attempt 1 on w1: error, x") << "it still waits for another";
  EXPECT_EQ(Claim("w1", "i1").attempt, 2);
}

TEST_F(ControlTest, AMisspeltSweepIsNotFoundAndTheNearestNamed) {
  Create(Plan("alpha", 1));
  EXPECT_EQ(Control("alhpa", ControlAction::kPause).status().message(),
            "there is no sweep \"alhpa\"; did you mean alpha?");
}

TEST_F(ControlTest, AnAxisThatTheSweepHasNotIsRefused) {
  SweepPlan plan = Plan("alpha", 1);
  plan.axes = {{"granularity", "model.skip.granularity", {"none", "block"}}};
  plan.variants[0].axes = {{"granularity", "none"}};
  Create(plan);
  const auto pause = [this](const std::string& axis, const std::string& value) {
    TrialFilter filter;
    filter.axes = {{axis, value}};
    return Control("alpha", ControlAction::kPause, filter);
  };
  EXPECT_EQ(pause("granularty", "none").status().message(),
            "the sweep has no axis \"granularty\"; did you mean \"granularity\"?");
  EXPECT_EQ(ErrorReason(pause("granularity", "blocks").status()), reason::kArgumentInvalid);
  EXPECT_THAT(pause("granularity", "block")->changed, IsEmpty()) << "there might be some";
  EXPECT_THAT(pause("granularity", "none")->changed, SizeIs(1));
}

TEST_F(ControlTest, ASeedThatTheSweepHasNotIsRefusedBesideOnesThatItHas) {
  Create(Plan("alpha", 12));
  TrialFilter filter;
  filter.seeds = {0, 77};
  const auto refused = Control("alpha", ControlAction::kPause, filter);
  EXPECT_EQ(ErrorReason(refused.status()), reason::kArgumentInvalid);
  EXPECT_EQ(refused.status().message(),
            "the sweep has no seed 77; it has 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...");
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.paused, 0);
}

TEST_F(ControlTest, ACordonedWorkerKeepsWhatItHoldsAndGetsNothingMore) {
  Create(Plan("alpha", 2));
  Register("w1", "i1", 1);
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Run([&] { return coordinator_->Cordon("w1", "bad fan", now_); }).ok());
  EXPECT_THAT(Sync("w1", "i1", {{id, HeldPhase::kRunning}})->stop, IsEmpty());
  (void)Report("w1", "i1", id, 1, {End(EndReason::kFinished)});
  EXPECT_THAT(Sync("w1", "i1")->start, IsEmpty());
  Register("w1", "i2", 1);
  EXPECT_THAT(Sync("w1", "i2")->start, IsEmpty()) << "a new start changes nothing";
  ASSERT_TRUE(Run([&] { return coordinator_->Cordon("w1", std::nullopt, now_); }).ok());
  EXPECT_THAT(Sync("w1", "i2")->start, SizeIs(1));
  EXPECT_EQ(ErrorReason(Run([&] { return coordinator_->Cordon("w9", "x", now_); })),
            reason::kWorkerNotFound);
}

TEST_F(ControlTest, ARequestThatComesAgainIsAnsweredAgainAndDoneOnce) {
  Create(Plan("alpha", 2));
  const RequestKey key{"id-1", "PauseSweep", "digest"};
  int done = 0;
  const auto ask = [&](const RequestKey& asked) {
    return Run([&] {
      return coordinator_->Once(asked, now_, [&]() -> absl::StatusOr<std::string> {
        return "answer " + std::to_string(++done);
      });
    });
  };
  EXPECT_EQ(*ask(key), "answer 1");
  EXPECT_EQ(*ask(key), "answer 1");
  Open();
  EXPECT_EQ(*ask(key), "answer 1") << "a restart forgets nothing";
  EXPECT_EQ(ErrorReason(ask({"id-1", "PauseSweep", "other"}).status()), reason::kRequestIdReused);
  EXPECT_EQ(ErrorReason(ask({"id-1", "CancelSweep", "digest"}).status()), reason::kRequestIdReused);
  EXPECT_EQ(*ask({"", "PauseSweep", "digest"}), "answer 2")
      << "without an id nothing is remembered";
  now_ += std::chrono::hours(24) + seconds(1);
  Wait(std::chrono::minutes(10));
  EXPECT_EQ(*ask(key), "answer 3") << "after a day it is forgotten";
}

TEST_F(ControlTest, ARequestThatFailedIsTriedAnew) {
  const RequestKey key{"id-1", "PauseSweep", "digest"};
  const auto failed = Run([&] {
    return coordinator_->Once(key, now_, []() -> absl::StatusOr<std::string> {
      return absl::NotFoundError("there is no sweep");
    });
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(*Run([&] {
    return coordinator_->Once(key, now_, []() -> absl::StatusOr<std::string> { return "done"; });
  }),
            "done");
}

TEST_F(ControlTest, OldRequestsAreForgottenWithoutAPause) {
  constexpr int kRequests = 10'500;
  ASSERT_TRUE(store_->Begin().ok());
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_TRUE(store_->RecordRequest("r" + std::to_string(i), {"m", "d", "a"}, now_).ok());
  }
  ASSERT_TRUE(store_->Commit().ok());
  Wait(std::chrono::hours(25));
  EXPECT_LE(coordinator_->NextExpiry(), now_) << "some are left";
  Wait(Duration(0));
  EXPECT_GT(coordinator_->NextExpiry(), now_);
  EXPECT_EQ(*store_->FindRequest("r" + std::to_string(kRequests - 1)), std::nullopt);
}

TEST_F(ControlTest, AStopThatNobodyHasHeardOfYetSurvivesARestart) {
  struct Case {
    std::vector<ControlAction> asked;
    StopReason told;
  };
  const std::vector<Case> cases = {
      {{ControlAction::kPause}, StopReason::kPaused},
      {{ControlAction::kPause, ControlAction::kResume}, StopReason::kPaused},
      {{ControlAction::kCancel}, StopReason::kCancelled},
      {{ControlAction::kPause, ControlAction::kCancel}, StopReason::kCancelled}};
  int number = 0;
  for (const Case& expected : cases) {
    const std::string name = "s" + std::to_string(++number);
    Create(Plan(name, 1));
    Register(name, "i1");
    const AttemptId id = Claim(name, "i1");
    for (const ControlAction action : expected.asked) ASSERT_TRUE(Control(name, action).ok());
    Open();
    const absl::StatusOr<SyncOutput> output = Sync(name, "i1", {{id, HeldPhase::kRunning}});
    ASSERT_TRUE(output.ok()) << output.status();
    ASSERT_THAT(output->stop, SizeIs(1)) << name;
    EXPECT_EQ(output->stop[0].reason, expected.told) << name;
    ASSERT_TRUE(Report(name, "i1", id, 1, {End(EndReason::kCancelled)}).ok());
    ASSERT_TRUE(Control(name, ControlAction::kCancel).ok());
  }
}

}  // namespace
}  // namespace adares
