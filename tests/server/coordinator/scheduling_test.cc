// Who gets which trial: priority, fair share, limits, needs, delays, and workers that fail.
#include <gmock/gmock.h>

#include "core/sha256.h"
#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class SchedulingTest : public CoordinatorFixture {
 protected:
  // The sweeps of what the worker is given now.
  std::vector<std::string> SweepsGiven(const std::string& worker, const std::string& instance) {
    std::vector<std::string> sweeps;
    const SyncOutput output = *Sync(worker, instance);
    for (const Assignment& start : output.start) sweeps.push_back(start.id.sweep);
    return sweeps;
  }

  void RegisterWith(const std::string& worker, Capability capability, int slots = 1) {
    WorkerRecord record;
    record.name = worker;
    record.instance = "i1";
    record.slots = slots;
    record.hostname = worker;
    record.capability = std::move(capability);
    ASSERT_TRUE(Run([&] { return coordinator_->RegisterWorker({record}, now_); }).ok());
  }

  // Three seeds of two variants that need one data set each.
  static SweepPlan PlanOfTwoDatasets(const std::string& name, TrialOrder order) {
    SweepPlan plan = Plan(name, 0);
    plan.schedule.order = order;
    plan.variants.push_back(plan.variants[0]);
    plan.variants[0].spec.data.dataset = Dataset::kMnist;
    plan.variants[1].spec.data.dataset = Dataset::kCifar10;
    for (Variant& variant : plan.variants) variant.id = VariantId(variant.spec);
    plan.seeds = {0, 1, 2};
    const bool by_seed = order == TrialOrder::kSeedMajor;
    for (int64_t i = 0; i < 6; ++i) {
      const auto variant = static_cast<size_t>(by_seed ? i % 2 : i / 3);
      TrialSpec spec = plan.variants[variant].spec;
      spec.seed = by_seed ? i / 2 : i % 3;
      plan.trials.push_back({TrialId(spec), variant, spec.seed});
    }
    return plan;
  }

  void Fail(const std::string& worker, EndReason reason = EndReason::kError) {
    const AttemptId id = Claim(worker, "i1");
    ASSERT_TRUE(Report(worker, "i1", id, 1, {End(reason, "broken")}).ok());
  }
  void Succeed(const std::string& worker) {
    const AttemptId id = Claim(worker, "i1");
    ASSERT_TRUE(Report(worker, "i1", id, 1, {End(EndReason::kFinished)}).ok());
  }
};

TEST_F(SchedulingTest, SweepsOfOnePriorityShareTheSlotsEvenly) {
  Create(Plan("first", 10));
  Create(Plan("second", 10));
  Create(Plan("third", 1));
  Register("w1", "i1", 6);
  EXPECT_THAT(SweepsGiven("w1", "i1"),
              ElementsAre("first", "second", "third", "first", "second", "first"));
}

TEST_F(SchedulingTest, AHigherPriorityTakesAll) {
  Create(Plan("low", 2, 10));
  Create(Plan("high", 2, 90));
  Register("w1", "i1", 3);
  EXPECT_THAT(SweepsGiven("w1", "i1"), ElementsAre("high", "high", "low"));
}

TEST_F(SchedulingTest, ASweepRunsNoMoreTrialsThanItMay) {
  SweepPlan plan = Plan("alpha", 4);
  plan.schedule.max_parallel = 2;
  Create(plan);
  Register("w1", "i1", 4);
  const SyncOutput first = *Sync("w1", "i1");
  ASSERT_THAT(first.start, SizeIs(2));
  (void)coordinator_->TakeEffects();
  (void)Report("w1", "i1", first.start[0].id, 1, {End(EndReason::kFinished)});
  EXPECT_TRUE(coordinator_->TakeEffects().queue_grew) << "others may begin what waited";
  EXPECT_THAT(Sync("w1", "i1", {{first.start[1].id, HeldPhase::kRunning}})->start, SizeIs(1));
  Open();
  const AttemptId held = first.start[1].id;
  EXPECT_THAT(Sync("w1", "i1", {{held, HeldPhase::kRunning}})->start, SizeIs(1))
      << "after a restart the answer that may be lost is given again, and no third";
}

TEST_F(SchedulingTest, TrialsGoWhereTheirNeedsAreMet) {
  SweepPlan gpu = Plan("gpu", 1);
  gpu.schedule.resources = {"cuda", int64_t{8} << 30, {{"room", "a"}}};
  Create(gpu);
  RegisterWith("small", {"cuda", int64_t{4} << 30, {{"room", "a"}}, {}});
  RegisterWith("cpu", {"cpu", int64_t{64} << 30, {{"room", "a"}}, {}});
  RegisterWith("elsewhere", {"cuda", int64_t{80} << 30, {{"room", "b"}}, {}});
  for (const char* worker : {"small", "cpu", "elsewhere"}) {
    EXPECT_THAT(Sync(worker, "i1")->start, IsEmpty()) << worker;
  }
  const auto pending = reader_->GetSweep("gpu")->pending;
  ASSERT_THAT(pending, SizeIs(1));
  EXPECT_EQ(pending[0].trials, 1);
  EXPECT_EQ(pending[0].cause, PendingReason::Cause::kUnfit);
  EXPECT_THAT(pending[0].why, HasSubstr("needs device cuda"));
  EXPECT_THAT(pending[0].why, HasSubstr("needs 8192 MiB of memory"));
  EXPECT_THAT(pending[0].why, HasSubstr("labelled room=a"));
  RegisterWith("big", {"cuda", int64_t{80} << 30, {{"room", "a"}, {"x", "y"}}, {}});
  EXPECT_THAT(reader_->GetSweep("gpu")->pending, IsEmpty());
  EXPECT_THAT(Sync("big", "i1")->start, SizeIs(1));
}

TEST_F(SchedulingTest, TrialsGoWhereTheirDataAre) {
  SweepPlan plan = Plan("alpha", 1);
  plan.variants[0].spec.data.dataset = Dataset::kCifar10;
  Create(plan);
  RegisterWith("empty", {"cpu", 0, {}, std::set<std::string>{}});
  EXPECT_THAT(Sync("empty", "i1")->start, IsEmpty());
  EXPECT_THAT(reader_->GetSweep("alpha")->pending.at(0).why, HasSubstr("needs data set cifar10"));
  RegisterWith("full", {"cpu", 0, {}, std::set<std::string>{"cifar10", "mnist"}});
  EXPECT_THAT(Sync("full", "i1")->start, SizeIs(1));
}

TEST_F(SchedulingTest, TheOrderHoldsAcrossNeeds) {
  for (const TrialOrder order : {TrialOrder::kSeedMajor, TrialOrder::kVariantMajor}) {
    const SweepPlan plan = PlanOfTwoDatasets(std::string(Name(order)), order);
    Create(plan);
    std::vector<std::string> expected;
    for (const PlannedTrial& trial : plan.trials) expected.push_back(trial.id);
    RegisterWith("w1", {"cpu", 0, {}, {}}, 6);
    std::vector<std::string> given;
    const SyncOutput output = *Sync("w1", "i1");
    for (const Assignment& start : output.start) given.push_back(start.id.trial);
    EXPECT_EQ(given, expected) << plan.name;
    Wait(minutes(1));  // the worker is silent, and loses them
    ASSERT_TRUE(Control(plan.name, ControlAction::kCancel).ok());
  }
}

TEST_F(SchedulingTest, DataThatComeAreNoticedWithoutARestart) {
  SweepPlan plan = Plan("alpha", 1);
  plan.variants[0].spec.data.dataset = Dataset::kCifar10;
  Create(plan);
  RegisterWith("w1", {"cpu", 0, {}, std::set<std::string>{}});
  EXPECT_THAT(Sync("w1", "i1")->start, IsEmpty());
  (void)coordinator_->TakeEffects();
  RegisterWith("w1", {"cpu", 0, {}, std::set<std::string>{"cifar10"}});
  EXPECT_THAT(coordinator_->TakeEffects().workers_to_wake, ElementsAre("w1"));
  EXPECT_THAT(reader_->GetSweep("alpha")->pending, IsEmpty());
  EXPECT_THAT(Sync("w1", "i1")->start, SizeIs(1));
}

TEST_F(SchedulingTest, ASweepThatNobodyCanRunHoldsNoOtherUp) {
  SweepPlan gpu = Plan("gpu", 1, 90);
  gpu.schedule.resources.device = "cuda";
  Create(gpu);
  Create(Plan("cpu", 1, 10));
  RegisterWith("w1", {"cpu", 0, {}, {}});
  EXPECT_THAT(SweepsGiven("w1", "i1"), ElementsAre("cpu"));
}

TEST_F(SchedulingTest, WithoutWorkersPendingSaysSo) {
  Create(Plan("alpha", 2));
  EXPECT_THAT(reader_->GetSweep("alpha")->pending.at(0).why, "no worker is connected");
  Register("w1", "i1");
  EXPECT_THAT(reader_->GetSweep("alpha")->pending, IsEmpty());
  ASSERT_TRUE(Run([&] { return coordinator_->Cordon("w1", "x", now_); }).ok());
  EXPECT_EQ(reader_->GetSweep("alpha")->pending.at(0).cause, PendingReason::Cause::kCordoned);
}

TEST_F(SchedulingTest, PendingSaysSoOfTrialsThatWaitForTheirNextAttempt) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  Fail("w1");
  EXPECT_THAT(reader_->GetSweep("alpha")->pending, IsEmpty());
  ASSERT_TRUE(Run([&] { return coordinator_->Cordon("w1", "x", now_); }).ok());
  EXPECT_EQ(reader_->GetSweep("alpha")->pending.at(0).trials, 1);
  EXPECT_EQ(reader_->ListSweeps({})->items.at(0).pending.at(0).trials, 1) << "lists say it too";
}

TEST_F(SchedulingTest, AWorkerThatLeavesRunsNoneOfThem) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  ASSERT_TRUE(Sync("w1", "i1", {}, /*draining=*/true).ok());
  const auto pending = reader_->GetSweep("alpha")->pending;
  ASSERT_THAT(pending, SizeIs(1));
  EXPECT_EQ(pending[0].cause, PendingReason::Cause::kCordoned);
}

TEST_F(SchedulingTest, AnErrorIsTriedOnceMoreAfterAWhile) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  (void)Report("w1", "i1", id, 1, {End(EndReason::kError, "no such file")});
  const TrialRecord waits = Trial(id);
  EXPECT_EQ(waits.state, TrialState::kQueued);
  ASSERT_TRUE(waits.not_before.has_value());
  EXPECT_GE(*waits.not_before, now_ + seconds(5));
  EXPECT_LE(*waits.not_before, now_ + seconds(7));
  EXPECT_THAT(Sync("w1", "i1")->start, IsEmpty());
  EXPECT_LE(coordinator_->NextExpiry(), *waits.not_before);
  Open();  // a restart forgets nothing
  Wait(seconds(7));
  const AttemptId second = Claim("w1", "i1");
  EXPECT_EQ(second.attempt, 2);
  (void)Report("w1", "i1", second, 1, {End(EndReason::kError, "no such file")});
  EXPECT_EQ(Trial(id).state, TrialState::kFailed);
  EXPECT_EQ(Trial(id).message,
            "2 attempts ended without a result; attempt 1 on w1: error, no such file; "
            "attempt 2 on w1: error, no such file");
}

TEST_F(SchedulingTest, WhoWatchesLearnsOfDelaysThatEndAndOfCordons) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  Fail("w1");
  (void)coordinator_->TakeEffects();
  Wait(seconds(7));
  EXPECT_THAT(coordinator_->TakeEffects().changed_sweeps, ElementsAre("alpha"));
  ASSERT_TRUE(Run([&] { return coordinator_->Cordon("w1", "x", now_); }).ok());
  EXPECT_TRUE(coordinator_->TakeEffects().fleet_changed);
}

TEST_F(SchedulingTest, ASweepSetsItsOwnBudgets) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.retries = {{EndReason::kError, 0}, {EndReason::kOutOfMemory, 1}};
  Create(plan);
  Register("w1", "i1");
  const AttemptId first = Claim("w1", "i1");
  (void)Report("w1", "i1", first, 1, {End(EndReason::kOutOfMemory)});
  EXPECT_EQ(Trial(first).state, TrialState::kQueued);
  Wait(seconds(25));
  ASSERT_TRUE(Sync("w1", "i1").ok());
  Wait(seconds(25));
  const AttemptId second = Claim("w1", "i1");
  (void)Report("w1", "i1", second, 1, {End(EndReason::kError)});
  EXPECT_EQ(Trial(first).state, TrialState::kFailed);
}

TEST_F(SchedulingTest, ATrialThatFailedIsTriedOnAnotherWorkerFirst) {
  Create(Plan("alpha", 1));
  RegisterWith("w1", {"cpu", 0, {}, {}});
  RegisterWith("w2", {"cpu", 0, {}, {}});
  Fail("w1");
  Wait(seconds(7));
  EXPECT_THAT(Sync("w1", "i1")->start, IsEmpty());
  EXPECT_EQ(Claim("w2", "i1").attempt, 2);
}

TEST_F(SchedulingTest, WhereNobodyElseTakesItTheSameWorkerGetsItInTheEnd) {
  Create(Plan("alpha", 1));
  RegisterWith("w1", {"cpu", 0, {}, {}});
  RegisterWith("w2", {"cpu", 0, {}, {}});
  Fail("w1");
  Wait(seconds(17));
  EXPECT_EQ(Claim("w1", "i1").attempt, 2);
}

TEST_F(SchedulingTest, AWorkerThatFailsTrialAfterTrialIsSetAside) {
  Create(Plan("alpha", 40));
  RegisterWith("good", {"cpu", 0, {}, {}});
  RegisterWith("bad", {"cpu", 0, {}, {}});
  Succeed("good");
  for (int i = 0; i < 5; ++i) Fail("bad");
  EXPECT_EQ(coordinator_->TakeEffects().workers_excluded, 1);
  EXPECT_THAT(Sync("bad", "i1")->start, IsEmpty());
  const auto workers = *reader_->ListWorkers({});
  EXPECT_THAT(workers.items.at(0).cordon_reason, HasSubstr("5 failures with 5 trials in a row"));
  EXPECT_THAT(Sync("good", "i1")->start, SizeIs(1));
}

TEST_F(SchedulingTest, AWorkerIsSetAsideWhileOthersAreStillTraining) {
  Create(Plan("alpha", 40));
  RegisterWith("good", {"cpu", 0, {}, {}});
  RegisterWith("bad", {"cpu", 0, {}, {}});
  const AttemptId trains = Claim("good", "i1");
  for (int i = 0; i < 6; ++i) Fail("bad");
  EXPECT_EQ(coordinator_->TakeEffects().workers_excluded, 0) << "nobody has shown that it can";
  ASSERT_TRUE(Report("good", "i1", trains, 1, {Progress{10, 100, 0, 1}}).ok());
  Fail("bad");
  EXPECT_EQ(coordinator_->TakeEffects().workers_excluded, 1);
  EXPECT_THAT(Sync("bad", "i1")->start, IsEmpty());
}

TEST_F(SchedulingTest, AWorkerThatDiesAgainAndAgainIsSetAside) {
  Create(Plan("alpha", 40));
  Register("good", "i1");
  Succeed("good");
  for (int i = 0; i < 5; ++i) {
    Wait(seconds(1));
    Register("bad", "instance-" + std::to_string(i));
    Claim("bad", "instance-" + std::to_string(i));
  }
  Wait(seconds(1));
  Register("bad", "instance-5");
  EXPECT_EQ(coordinator_->TakeEffects().workers_excluded, 1);
  EXPECT_THAT(Sync("bad", "instance-5")->start, IsEmpty());
  EXPECT_TRUE(reader_->ListWorkers({})->items.at(0).cordoned_at.has_value());
}

TEST_F(SchedulingTest, ASweepThatFailsEverywhereSetsNobodyAside) {
  Create(Plan("sound", 40));
  Create(Plan("broken", 40, /*priority=*/60));
  RegisterWith("good", {"cpu", 0, {}, {}});
  RegisterWith("other", {"cpu", 0, {}, {}});
  RegisterWith("w1", {"cpu", 0, {}, {}});
  // One trains the sound sweep on, another has finished a trial of it.
  ASSERT_TRUE(Control("broken", ControlAction::kPause).ok());
  const AttemptId trains = Claim("good", "i1");
  ASSERT_TRUE(Report("good", "i1", trains, 1, {Progress{10, 100, 0, 1}}).ok());
  Succeed("other");
  ASSERT_TRUE(Control("broken", ControlAction::kResume).ok());
  for (int i = 0; i < 8; ++i) Fail("w1");
  EXPECT_EQ(coordinator_->TakeEffects().workers_excluded, 0);
  // What proves the worker bad is a trial of the same sweep that another one finishes.
  Succeed("other");
  Fail("w1");
  EXPECT_EQ(coordinator_->TakeEffects().workers_excluded, 1);
}

TEST_F(SchedulingTest, AWorkerThatWasAwayOnceHasFailedOnce) {
  Create(Plan("alpha", 40));
  Register("good", "i1");
  Succeed("good");
  Register("w1", "i1", 8);
  ASSERT_THAT(Sync("w1", "i1")->start, SizeIs(8));
  Wait(seconds(31));  // all its leases end
  Register("good", "i1");
  EXPECT_EQ(coordinator_->TakeEffects().leases_lost, 8);
  Register("w1", "i2", 8);
  Wait(seconds(20));
  ASSERT_THAT(Sync("w1", "i2")->start, SizeIs(8));
  Register("w1", "i3", 8);  // started anew with eight more
  const Effects effects = coordinator_->TakeEffects();
  EXPECT_EQ(effects.leases_lost, 8);
  EXPECT_EQ(effects.workers_excluded, 0);
}

TEST_F(SchedulingTest, WhereAllFailNobodyIsSetAside) {
  Create(Plan("alpha", 40));
  RegisterWith("w1", {"cpu", 0, {}, {}});
  RegisterWith("w2", {"cpu", 0, {}, {}});
  for (int i = 0; i < 8; ++i) {
    Fail("w1");
    Fail("w2");
  }
  EXPECT_EQ(coordinator_->TakeEffects().workers_excluded, 0);
}

TEST_F(SchedulingTest, AnAttemptThatTakesTooLongIsStopped) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.timeout = minutes(10);
  Create(plan);
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  const std::vector<HeldAttempt> held = {{id, HeldPhase::kRunning}};
  for (int i = 0; i < 29; ++i) {
    now_ += seconds(20);
    EXPECT_THAT(Sync("w1", "i1", held)->stop, IsEmpty());
  }
  Open();  // the limit counts from the attempt's start, whoever was restarted
  now_ += seconds(21);
  const SyncOutput output = *Sync("w1", "i1", held);
  ASSERT_THAT(output.stop, SizeIs(1));
  EXPECT_EQ(output.stop[0].reason, StopReason::kTimeout);
  (void)Report("w1", "i1", id, 1, {End(EndReason::kTimeout, "too long")});
  EXPECT_EQ(Trial(id).state, TrialState::kFailed);
}

TEST_F(SchedulingTest, ATrialThatReachesItsTargetStopsEarlyOnce) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.stop = StopRule{"validation/accuracy", StopRule::Side::kAbove, 0.95, 2};
  Create(plan);
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  const auto at = [](int64_t epoch, double value) -> ReportRecord {
    return std::vector<MetricPoint>{{"validation/accuracy", epoch * 10, epoch, value}};
  };
  ASSERT_TRUE(Report("w1", "i1", id, 1, {at(1, 0.99), at(2, 0.95)}).ok());
  EXPECT_THAT(Sync("w1", "i1", {{id, HeldPhase::kRunning}})->stop, IsEmpty());
  Open();  // the rule is the sweep's, not this process'
  const std::vector<ReportRecord> crosses = {at(3, 0.96)};
  ASSERT_TRUE(Report("w1", "i1", id, 3, crosses).ok());
  EXPECT_THAT(coordinator_->TakeEffects().workers_to_wake, ElementsAre("w1"));
  ASSERT_TRUE(Report("w1", "i1", id, 3, crosses).ok());
  EXPECT_THAT(coordinator_->TakeEffects().workers_to_wake, IsEmpty()) << "a repeat does it once";
  const SyncOutput output = *Sync("w1", "i1", {{id, HeldPhase::kRunning}});
  ASSERT_THAT(output.stop, SizeIs(1));
  EXPECT_EQ(output.stop[0].reason, StopReason::kStoppedEarly);
  ASSERT_TRUE(Report("w1", "i1", id, 4, {at(4, 0.97), End(EndReason::kCancelled)}).ok());
  EXPECT_EQ(Trial(id).state, TrialState::kStoppedEarly);
  EXPECT_EQ(Trial(id).message,
            "stopped early: validation/accuracy was 0.96 in epoch 3, above 0.95");
  EXPECT_EQ(reader_->Compare("alpha", "validation/accuracy", {})->variants[0].stopped_early_count,
            1);
}

TEST_F(SchedulingTest, ATrialThatAPersonWantsToTheEndIsNotStoppedAgain) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.stop = StopRule{"loss", StopRule::Side::kBelow, 0.1, 0};
  Create(plan);
  Register("w1", "i1");
  const AttemptId first = Claim("w1", "i1");
  ASSERT_TRUE(
      Report("w1", "i1", first, 1, {Point("loss", 1, 0.05), End(EndReason::kCancelled)}).ok());
  EXPECT_EQ(Trial(first).state, TrialState::kStoppedEarly);
  ASSERT_TRUE(Control("alpha", ControlAction::kRetry, {.ids = {first.trial}}).ok());
  const AttemptId second = Claim("w1", "i1");
  ASSERT_TRUE(Report("w1", "i1", second, 1, {Point("loss", 1, 0.05)}).ok());
  EXPECT_EQ(Trial(first).state, TrialState::kRunning);
}

TEST_F(SchedulingTest, ATrialThatIsTriedAgainAfterAFailureStopsEarlyLikeItsSiblings) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.stop = StopRule{"loss", StopRule::Side::kBelow, 0.1, 0};
  plan.schedule.retries[EndReason::kError] = 0;
  Create(plan);
  Register("w1", "i1");
  const AttemptId first = Claim("w1", "i1");
  ASSERT_TRUE(Report("w1", "i1", first, 1, {End(EndReason::kError, "outage")}).ok());
  ASSERT_TRUE(Control("alpha", ControlAction::kRetry).ok());
  const AttemptId second = Claim("w1", "i1");
  ASSERT_TRUE(Report("w1", "i1", second, 1, {Point("loss", 1, 0.05)}).ok());
  EXPECT_EQ(Trial(first).state, TrialState::kStopping);
}

TEST_F(SchedulingTest, APointThatIsKeptOutStopsNothing) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.stop = StopRule{"loss", StopRule::Side::kBelow, 0.1, 0};
  Create(plan);
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Report("w1", "i1", id, 1, {Point("loss", 1, 0.5), Point("loss", 1, 0.05)}).ok());
  EXPECT_EQ(Trial(id).state, TrialState::kRunning);
  ASSERT_TRUE(Report("w1", "i1", id, 3, {Point("loss", 2, 0.06)}).ok());
  EXPECT_EQ(Trial(id).state, TrialState::kStopping);
  EXPECT_THAT(Trial(id).message, HasSubstr("loss was 0.06"));
}

TEST_F(SchedulingTest, ATargetReachedWhileTheTrialWasPausedCountsOnceItGoesOn) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.stop = StopRule{"loss", StopRule::Side::kBelow, 0.1, 0};
  Create(plan);
  Register("w1", "i1");
  const AttemptId first = Claim("w1", "i1");
  ASSERT_TRUE(Control("alpha", ControlAction::kPause).ok());
  const Checkpoint checkpoint = {
      10, 0, CheckpointReason::kOnStop, {{"model", Sha256Hex("model"), 1}}};
  ASSERT_TRUE(Report("w1", "i1", first, 1,
                     {Point("loss", 5, 0.05), checkpoint, Point("loss", 15, 0.04),
                      End(EndReason::kPreempted)})
                  .ok());
  ASSERT_EQ(Trial(first).state, TrialState::kPaused);
  ASSERT_TRUE(Control("alpha", ControlAction::kResume).ok());
  const AttemptId second = Claim("w1", "i1");
  AttemptStart start;
  start.resumed_step = 10;
  ASSERT_TRUE(Report("w1", "i1", second, 1, {start}).ok());
  EXPECT_EQ(Trial(first).state, TrialState::kStopping);
  EXPECT_THAT(Trial(first).message, HasSubstr("loss was 0.05"));
}

TEST_F(SchedulingTest, ARestartRemembersSharesAndLimits) {
  SweepPlan limited = Plan("limited", 4);
  limited.schedule.max_parallel = 1;
  Create(limited);
  Create(Plan("open", 4));
  Register("w1", "i1", 2);
  EXPECT_THAT(SweepsGiven("w1", "i1"), UnorderedElementsAre("limited", "open"));
  Open();
  Register("w2", "i2", 2);
  EXPECT_THAT(SweepsGiven("w2", "i2"), ElementsAre("open", "open"));
}

}  // namespace
}  // namespace adares
