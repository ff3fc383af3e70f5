// What the coordinator decides, on a real database file with time as an argument.
#include "server/coordinator/coordinator.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class CoordinatorTest : public CoordinatorFixture {};

TEST_F(CoordinatorTest, SubmittingTheSameSweepTwiceCreatesItOnce) {
  Create(Plan("alpha", 2));
  const auto again = Run([&] { return coordinator_->CreateSweep(Plan("alpha", 2), "text", now_); });
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(*again);
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.queued, 2);
}

TEST_F(CoordinatorTest, ANameWithOtherContentIsRefused) {
  Create(Plan("alpha", 2));
  SweepPlan other = Plan("alpha", 3);
  other.digest = "another digest";
  const auto result = Run([&] { return coordinator_->CreateSweep(other, "text", now_); });
  EXPECT_EQ(result.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(result.status()), reason::kSweepExists);
}

TEST_F(CoordinatorTest, ADrainingWorkerGetsNothing) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  EXPECT_THAT(Sync("w1", "i1", {}, /*draining=*/true)->start, IsEmpty());
}

TEST_F(CoordinatorTest, AWorkerIsToldToDrainUntilItDoes) {
  Create(Plan("alpha", 2));
  Register("w1", "i1", 2);
  EXPECT_THAT(Sync("w1", "i1")->start, SizeIs(2));
  (void)coordinator_->TakeEffects();
  ASSERT_TRUE(Run([&] { return coordinator_->Drain("w1", now_); }).ok());
  EXPECT_THAT(coordinator_->TakeEffects().workers_to_wake, ElementsAre("w1"));
  EXPECT_EQ(coordinator_->LiveWorkers().at(0).state, WorkerState::kDraining);
  EXPECT_TRUE(Sync("w1", "i1")->drain);
  Open();
  EXPECT_TRUE(Sync("w1", "i1")->drain) << "the answer may be lost, and the coordinator restarted";
  EXPECT_FALSE(Sync("w1", "i1", {}, /*draining=*/true)->drain);
  EXPECT_EQ(reader_->ListWorkers({})->items.at(0).state, WorkerState::kDraining);
  Register("w1", "i2", 2);
  EXPECT_FALSE(Sync("w1", "i2")->drain) << "one that is started anew was not meant";
}

TEST_F(CoordinatorTest, OnlyAConnectedWorkerCanBeDrained) {
  const auto drain = [&] { return coordinator_->Drain("w1", now_); };
  EXPECT_EQ(ErrorReason(Run(drain)), reason::kWorkerNotFound);
  Register("w1", "i1");
  Wait(seconds(31));
  EXPECT_EQ(ErrorReason(Run(drain)), reason::kWorkerNotFound);
}

TEST_F(CoordinatorTest, AnUnknownInstanceMustRegister) {
  Register("w1", "i1");
  EXPECT_EQ(ErrorReason(Sync("w1", "other").status()), reason::kWorkerUnknown);
  EXPECT_EQ(ErrorReason(Sync("w2", "i1").status()), reason::kWorkerUnknown);
}

TEST_F(CoordinatorTest, LeaseOfASilentWorkerReturnsToTheQueue) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId lost = Claim("w1", "i1");
  now_ += seconds(29);
  ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
  EXPECT_EQ(Trial(lost).state, TrialState::kRunning);
  now_ += seconds(2);
  ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
  const TrialRecord trial = Trial(lost);
  EXPECT_EQ(trial.state, TrialState::kQueued);
  EXPECT_EQ(trial.attempts.at(0).end_reason, EndReason::kWorkerLost);

  Register("w2", "i2");
  EXPECT_THAT(Sync("w2", "i2")->start, IsEmpty()) << "it waits a moment after a loss";
  Wait(seconds(2));
  EXPECT_EQ(Claim("w2", "i2").attempt, 2);
}

TEST_F(CoordinatorTest, EachSyncRenewsTheLeases) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  for (int i = 0; i < 10; ++i) {
    now_ += seconds(20);
    ASSERT_TRUE(Sync("w1", "i1", {{id, HeldPhase::kRunning}}).ok());
    ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
  }
  EXPECT_EQ(Trial(id).state, TrialState::kRunning);
}

TEST_F(CoordinatorTest, AnotherInstanceOfAWorkerReplacesTheFirstAtOnce) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId lost = Claim("w1", "i1");
  Register("w1", "i2");
  EXPECT_EQ(Trial(lost).state, TrialState::kQueued);
  EXPECT_EQ(Trial(lost).message,
            "attempt 1 on w1: worker-lost, worker w1 was lost: the worker was started anew");
  EXPECT_TRUE(Report("w1", "i1", lost, 1, {Point("train/loss", 1, 2.0)})->lease_lost);
  Wait(seconds(2));
  EXPECT_EQ(Claim("w1", "i2").attempt, 2);
  EXPECT_EQ(Trial(lost).message, "") << "the new attempt has not ended";
}

TEST_F(CoordinatorTest, ATrialThatIsLostTooOftenFails) {
  Create(Plan("alpha", 1));
  AttemptId id;
  const int budget = DefaultRetryRule(EndReason::kWorkerLost).budget;
  for (int i = 0; i <= budget; ++i) {
    Register("w1", "instance-" + std::to_string(i));
    Wait(seconds(20));
    id = Claim("w1", "instance-" + std::to_string(i));
    EXPECT_EQ(id.attempt, i + 1);
  }
  Register("w1", "last");
  EXPECT_EQ(Trial(id).state, TrialState::kFailed);
  EXPECT_THAT(Trial(id).message, testing::StartsWith("5 attempts ended without a result"));
  EXPECT_THAT(Trial(id).message, testing::HasSubstr("attempt 5 on w1: worker-lost"));
}

TEST_F(CoordinatorTest, RepeatedRecordsAreStoredOnceAndAcknowledgedAgain) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  const std::vector<ReportRecord> records = {Point("train/loss", 1, 2.0),
                                             Point("train/loss", 2, 1.5)};
  EXPECT_EQ(Report("w1", "i1", id, 1, records)->acknowledged_sequence, 2);
  EXPECT_EQ(Report("w1", "i1", id, 1, records)->acknowledged_sequence, 2);
  EXPECT_THAT(reader_->Points(id.sweep, id.trial, {}, {})->items, SizeIs(2));
}

TEST_F(CoordinatorTest, AfterAGapNothingIsStored) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  EXPECT_EQ(Report("w1", "i1", id, 1, {Point("train/loss", 1, 2.0)})->acknowledged_sequence, 1);
  EXPECT_EQ(Report("w1", "i1", id, 3, {Point("train/loss", 3, 2.0)})->acknowledged_sequence, 1);
  EXPECT_THAT(reader_->Points(id.sweep, id.trial, {}, {})->items, SizeIs(1));
}

TEST_F(CoordinatorTest, AnotherValueForAKnownPointIsKeptOutAndCounted) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  (void)Report("w1", "i1", id, 1, {Point("train/loss", 1, 2.0)});
  (void)coordinator_->TakeEffects();
  (void)Report("w1", "i1", id, 2, {Point("train/loss", 1, 3.0)});
  EXPECT_EQ(coordinator_->TakeEffects().points_conflicting, 1);
  EXPECT_EQ(reader_->Points(id.sweep, id.trial, {}, {})->items.at(0).value, 2.0);
}

TEST_F(CoordinatorTest, NanAndInfinityAreLegalValues) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  (void)Report("w1", "i1", id, 1, {Point("train/loss", 1, nan), Point("train/loss", 2, -inf)});
  const std::vector<MetricPoint> points = reader_->Points(id.sweep, id.trial, {}, {})->items;
  ASSERT_THAT(points, SizeIs(2));
  EXPECT_TRUE(std::isnan(points[0].value));
  EXPECT_EQ(points[1].value, -inf);
}

TEST_F(CoordinatorTest, AFinishedAttemptMakesItsTrialSucceed) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  EXPECT_EQ(Report("w1", "i1", id, 1, {Point("test/accuracy", 9, 0.9), End(EndReason::kFinished)})
                ->acknowledged_sequence,
            2);
  EXPECT_EQ(Trial(id).state, TrialState::kSucceeded);
  EXPECT_EQ(reader_->GetSweep("alpha")->state, SweepState::kSucceeded);
}

TEST_F(CoordinatorTest, TheEndReportedTwiceIsAcknowledgedTwice) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  for (int i = 0; i < 2; ++i) {
    const ReportOutput output = *Report("w1", "i1", id, 1, {End(EndReason::kFinished)});
    EXPECT_FALSE(output.lease_lost);
    EXPECT_EQ(output.acknowledged_sequence, 1);
  }
  // And a Sync that still lists it is not told that the lease is lost.
  EXPECT_THAT(Sync("w1", "i1", {{id, HeldPhase::kReporting}})->stop, IsEmpty());
}

TEST_F(CoordinatorTest, AfterARestartAnEndThatWasStoredIsAcknowledged) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  const std::vector<ReportRecord> records = {Point("a", 1, 1), End(EndReason::kFinished)};
  ASSERT_TRUE(Report("w1", "i1", id, 1, records).ok());  // the answer is lost
  Open();
  EXPECT_THAT(Sync("w1", "i1", {{id, HeldPhase::kReporting}})->stop, IsEmpty());
  const ReportOutput output = *Report("w1", "i1", id, 1, records);
  EXPECT_FALSE(output.lease_lost);
  EXPECT_EQ(output.acknowledged_sequence, 2);
  EXPECT_TRUE(Report("w1", "i1", id, 3, {Point("a", 2, 1)})->lease_lost) << "beyond the end";
}

TEST_F(CoordinatorTest, AfterARestartALostAttemptIsStillLost) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Report("w1", "i1", id, 1, {Point("a", 1, 1)}).ok());
  Wait(seconds(31));
  Open();
  Register("w1", "i1");
  EXPECT_THAT(Sync("w1", "i1", {{id, HeldPhase::kReporting}}, true)->stop, SizeIs(1));
  EXPECT_TRUE(Report("w1", "i1", id, 1, {Point("a", 1, 1)})->lease_lost);
}

TEST_F(CoordinatorTest, WhatIsNotTriedAgainFailsTheTrialWithItsMessage) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  (void)Report("w1", "i1", id, 1, {End(EndReason::kDiverged, "the loss is NaN")});
  EXPECT_EQ(Trial(id).state, TrialState::kFailed);
  EXPECT_EQ(Trial(id).message, "the loss is NaN");
}

TEST_F(CoordinatorTest, APreemptedTrialIsQueuedAgainAndCountsAsNoLoss) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  for (int i = 0; i < 10; ++i) {
    const AttemptId id = Claim("w1", "i1");
    (void)Report("w1", "i1", id, 1, {End(EndReason::kPreempted)});
    EXPECT_EQ(Trial(id).state, TrialState::kQueued);
  }
}

TEST_F(CoordinatorTest, CancellingEndsQueuedTrialsAndStopsRunningOnes) {
  Create(Plan("alpha", 2));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Control("alpha", ControlAction::kCancel).ok());
  EXPECT_EQ(Trial(id).state, TrialState::kStopping);
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.cancelled, 1);

  const SyncOutput output = *Sync("w1", "i1", {{id, HeldPhase::kRunning}});
  ASSERT_THAT(output.stop, SizeIs(1));
  EXPECT_EQ(output.stop[0].reason, StopReason::kCancelled);
  EXPECT_THAT(Sync("w1", "i1", {{id, HeldPhase::kStopping}})->stop, IsEmpty());

  (void)Report("w1", "i1", id, 1, {End(EndReason::kCancelled)});
  EXPECT_EQ(Trial(id).state, TrialState::kCancelled);
  EXPECT_EQ(reader_->GetSweep("alpha")->state, SweepState::kCancelled);
}

TEST_F(CoordinatorTest, AnUnknownSweepCannotBeCancelled) {
  EXPECT_EQ(ErrorReason(Control("nope", ControlAction::kCancel).status()), reason::kSweepNotFound);
}

TEST_F(CoordinatorTest, AfterARestartTheSameInstanceGoesOn) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  (void)Report("w1", "i1", id, 1, {Point("train/loss", 1, 2.0)});
  Open();
  now_ += seconds(45);  // longer than a lease, within lease and grace
  ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
  const SyncOutput output = *Sync("w1", "i1", {{id, HeldPhase::kRunning}});
  EXPECT_TRUE(output.empty());
  EXPECT_EQ(Report("w1", "i1", id, 2, {Point("train/loss", 2, 1.0), End(EndReason::kFinished)})
                ->acknowledged_sequence,
            3);
  EXPECT_EQ(Trial(id).state, TrialState::kSucceeded);
  EXPECT_EQ(Trial(id).attempt_count, 1);
}

TEST_F(CoordinatorTest, AfterARestartAWorkerThatIsGoneLosesItsLeaseAfterTheGrace) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  Open();
  now_ += seconds(61);
  ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
  EXPECT_EQ(Trial(id).state, TrialState::kQueued);
}

TEST_F(CoordinatorTest, ACancelReachesAnAttemptThatEndsForSomethingElse) {
  for (const HeldPhase phase : {HeldPhase::kStopping, HeldPhase::kReporting}) {
    const std::string sweep = phase == HeldPhase::kStopping ? "stopping" : "reporting";
    Create(Plan(sweep, 1));
    Register(sweep, "i1");
    const AttemptId id = Claim(sweep, "i1");
    ASSERT_TRUE(Control(sweep, ControlAction::kPause).ok());
    ASSERT_THAT(Sync(sweep, "i1", {{id, HeldPhase::kRunning}})->stop, SizeIs(1));
    EXPECT_THAT(Sync(sweep, "i1", {{id, phase}})->stop, IsEmpty()) << "it knows";
    ASSERT_TRUE(Control(sweep, ControlAction::kCancel).ok());
    EXPECT_THAT(coordinator_->TakeEffects().workers_to_wake, Contains(sweep));
    const auto told = Sync(sweep, "i1", {{id, phase}})->stop;
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(told[0].reason, StopReason::kCancelled);
    // Not with every call, which would then come without a pause; but the answer may be lost.
    EXPECT_THAT(Sync(sweep, "i1", {{id, phase}})->stop, IsEmpty());
    Wait(seconds(5));
    EXPECT_THAT(Sync(sweep, "i1", {{id, phase}})->stop, SizeIs(1));
    Register(sweep, "i2");  // out of the way
  }
}

TEST_F(CoordinatorTest, AFailedTrialTellsShortlyHowItsAttemptsEnded) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.retries[EndReason::kError] = 49;
  Create(plan);
  Register("w1", "i1");
  AttemptId id;
  for (int i = 1; i <= 50; ++i) {
    Wait(std::chrono::hours(1));
    Register("w1", "i1");
    id = Claim("w1", "i1");
    ASSERT_EQ(id.attempt, i);
    const std::string message = "cause " + std::to_string(i) + " " + std::string(4'000, 'x');
    ASSERT_TRUE(Report("w1", "i1", id, 1, {End(EndReason::kError, message)}).ok());
  }
  const TrialRecord trial = Trial(id);
  EXPECT_EQ(trial.state, TrialState::kFailed);
  EXPECT_LT(trial.message.size(), 4'096U);
  EXPECT_THAT(trial.message,
              StartsWith("50 attempts ended without a result; attempt 1 on w1: error, cause 1 x"));
  EXPECT_THAT(trial.message, HasSubstr("x; 45 more; attempt 47 on w1: error, cause 47 x"));
  EXPECT_THAT(trial.message, HasSubstr("; attempt 50 on w1: error, cause 50 x"));
  EXPECT_EQ(trial.attempts.at(20).message.size(), 4'009U) << "each attempt keeps its own";
}

TEST_F(CoordinatorTest, OnlySoManyWorkersAreConnected) {
  WorkerRecord record;
  record.instance = "i1";
  record.slots = 1;
  EXPECT_TRUE(Run([&]() -> absl::Status {
                for (int i = 0; i < 2'000; ++i) {
                  record.name = "w" + std::to_string(i);
                  ADARES_RETURN_IF_ERROR(coordinator_->RegisterWorker({record}, now_));
                }
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(ErrorReason(TryToRegister("another", "i1")), reason::kOverloaded);
  EXPECT_TRUE(RegisterAfter("w7", "i2", "i1", 1).ok()) << "those that are there may start anew";
  EXPECT_TRUE(Run([&] { return coordinator_->Sync({"w8", "i1", {}, true, true}, now_); }).ok());
  EXPECT_TRUE(TryToRegister("another", "i1").ok()) << "one has left";
}

TEST_F(CoordinatorTest, AReplacedInstanceCannotTakeItsNameBack) {
  Register("w1", "i1");
  Register("w1", "i2");
  WorkerRecord record;
  record.name = "w1";
  record.instance = "i1";
  record.slots = 1;
  const absl::Status status = Run([&] { return coordinator_->RegisterWorker({record}, now_); });
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("--name"));
}

TEST_F(CoordinatorTest, AStrangerMustWaitUntilAWorkerOfItsNameIsSilent) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  now_ += seconds(6);
  const absl::Status refused = TryToRegisterStranger("w1", "i2");
  EXPECT_EQ(ErrorReason(refused), reason::kWorkerNameTaken);
  EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("runs on host"));
  EXPECT_EQ(Trial(id).state, TrialState::kRunning) << "the one that is alive keeps its trials";
  now_ += seconds(6);
  EXPECT_TRUE(TryToRegisterStranger("w1", "i2").ok());
  EXPECT_EQ(Trial(id).state, TrialState::kQueued);
}

TEST_F(CoordinatorTest, AfterARestartANameIsNotTakenBeforeItsWorkerHadTheTimeToComeBack) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  for (int i = 0; i < 9; ++i) {
    now_ += seconds(5);
    ASSERT_TRUE(Sync("w1", "i1", {{id, HeldPhase::kRunning}}).ok());
  }
  Open();
  EXPECT_EQ(ErrorReason(TryToRegisterStranger("w1", "i2")), reason::kWorkerNameTaken);
  ASSERT_TRUE(Run([&] { return coordinator_->Reload(now_); }).ok());
  EXPECT_EQ(ErrorReason(TryToRegisterStranger("w1", "i2")), reason::kWorkerNameTaken);
  EXPECT_EQ(Trial(id).state, TrialState::kRunning);
}

TEST_F(CoordinatorTest, RenewingLeasesWritesNothing) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const std::vector<HeldAttempt> held = {{Claim("w1", "i1"), HeldPhase::kRunning}};
  const int64_t first =
      reader_->ListWorkers({})->items.at(0).last_seen_at.time_since_epoch().count();
  for (int i = 0; i < 10; ++i) {
    now_ += seconds(5);
    ASSERT_TRUE(store_->Begin().ok());
    ASSERT_TRUE(coordinator_->Sync({"w1", "i1", held, false}, now_).ok());
    EXPECT_FALSE(store_->HasWritten()) << i;
    ASSERT_TRUE(store_->Commit().ok());
  }
  EXPECT_EQ(coordinator_->LiveWorkers().at(0).last_seen_at, now_);
  now_ += seconds(15);
  ASSERT_TRUE(Sync("w1", "i1", held).ok());
  EXPECT_GT(reader_->ListWorkers({})->items.at(0).last_seen_at.time_since_epoch().count(), first)
      << "now and then the file learns of it";
}

TEST_F(CoordinatorTest, AfterAReloadAnEndThatWasNotCommittedIsStoredAfterAll) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  const std::vector<ReportRecord> records = {Point("test/accuracy", 9, 0.9),
                                             End(EndReason::kFinished)};
  ASSERT_TRUE(store_->Begin().ok());
  ASSERT_TRUE(coordinator_->Report({"w1", "i1", id, 1, records}, now_).ok());
  store_->Rollback();  // the commit failed
  ASSERT_TRUE(coordinator_->Reload(now_).ok());
  EXPECT_EQ(Trial(id).state, TrialState::kRunning);
  EXPECT_EQ(Report("w1", "i1", id, 1, records)->acknowledged_sequence, 2);
  EXPECT_EQ(Trial(id).state, TrialState::kSucceeded);
}

TEST_F(CoordinatorTest, ReloadingKeepsTheTermsOfKnownLeases) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  now_ += seconds(20);
  ASSERT_TRUE(Run([&] { return coordinator_->Reload(now_); }).ok());
  now_ += seconds(11);
  ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
  EXPECT_EQ(Trial(id).state, TrialState::kQueued);
}

}  // namespace
}  // namespace adares
