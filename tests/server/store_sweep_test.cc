// Sweeps in the store: insertion, cancellation, and states and counts that follow from the trials.
#include <gmock/gmock.h>

#include <algorithm>

#include "core/status.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using SweepTest = StoreTest;

TEST_F(SweepTest, ASweepIsReadBackAsItWasInserted) {
  const SweepPlan plan = MakePlan({});
  Insert(plan, At(5));
  const auto sweep = NewReader()->GetSweep("sweep-a");
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  EXPECT_EQ(sweep->name, "sweep-a");
  EXPECT_EQ(sweep->title, "Title of sweep-a");
  EXPECT_EQ(sweep->labels, plan.labels);
  EXPECT_EQ(sweep->state, SweepState::kRunning);
  EXPECT_EQ(sweep->schedule, plan.schedule);
  EXPECT_EQ(sweep->objective.metric, "test/accuracy");
  EXPECT_EQ(sweep->objective.goal, Goal::kMaximize);
  ASSERT_EQ(sweep->axes.size(), 1u);
  EXPECT_EQ(sweep->axes[0].name, "granularity");
  EXPECT_EQ(sweep->axes[0].path, "model.skip.granularity");
  EXPECT_THAT(sweep->axes[0].values, ElementsAre("none", "unified"));
  EXPECT_THAT(sweep->seeds, ElementsAre(0, 1));
  EXPECT_EQ(sweep->baseline, plan.baseline);
  EXPECT_EQ(sweep->variant_count, 2);
  EXPECT_EQ(sweep->counts, (TrialCounts{.queued = 4}));
  EXPECT_EQ(sweep->created_at, At(5));
  EXPECT_EQ(sweep->finished_at, std::nullopt);
  EXPECT_EQ(sweep->spec_text, "name: sweep-a\n");
  EXPECT_EQ(sweep->spec_digest, plan.digest);
}

TEST_F(SweepTest, AMinimizingObjectiveStaysOne) {
  SweepPlan plan = MakePlan({});
  plan.objective = {"test/loss", Goal::kMinimize};
  Insert(plan);
  const auto sweep = NewReader()->GetSweep("sweep-a");
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  EXPECT_EQ(sweep->objective.goal, Goal::kMinimize);
}

TEST_F(SweepTest, AScheduleIsReadBackAsItWasInserted) {
  SweepPlan plan = MakePlan({});
  plan.schedule.priority = 7;
  plan.schedule.max_parallel = 3;
  plan.schedule.order = TrialOrder::kVariantMajor;
  plan.schedule.timeout = std::chrono::minutes(90);
  plan.schedule.retries = {{EndReason::kError, 0}, {EndReason::kWorkerLost, 9}};
  plan.schedule.resources = {"cuda", int64_t{8} << 30, {{"gpu", "H200"}}};
  Insert(plan);
  EXPECT_EQ(NewReader()->GetSweep("sweep-a")->schedule, plan.schedule);
  EXPECT_EQ((*store_->FindSweep("sweep-a"))->schedule, plan.schedule);
}

TEST_F(SweepTest, ItIsFoundByName) {
  const SweepPlan plan = MakePlan({});
  Insert(plan);
  const auto found = store_->FindSweep("sweep-a");
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->digest, plan.digest);
  const auto other = store_->FindSweep("sweep-b");
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_FALSE(other->has_value());
}

TEST_F(SweepTest, ANameIsTakenOnce) {
  Insert(MakePlan({}));
  ADARES_ASSERT_OK(store_->Begin());
  const absl::Status again = store_->InsertSweep(MakePlan({}), "", At(1)).status();
  EXPECT_EQ(again.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(again), reason::kSweepExists);
  store_->Rollback();
}

TEST_F(SweepTest, AFilterMeansTheTrialsThatMatchAllOfIt) {
  const SweepPlan plan = MakePlan({.variants = 2, .seeds = {0, 1}});
  Insert(plan);
  Insert(MakePlan({.name = "other"}));
  End(Claim(), EndReason::kFinished, TrialState::kSucceeded);
  const int64_t sweep = RowOf("sweep-a");
  const auto ids = [&](const TrialFilter& filter) {
    std::vector<std::string> found;
    const auto trials = store_->SelectTrials(sweep, filter);
    for (const TrialRow& trial : trials.value()) found.push_back(trial.id);
    return found;
  };
  EXPECT_EQ(ids({}).size(), 4u);
  EXPECT_THAT(ids({.states = {TrialState::kSucceeded}}), ElementsAre(TrialOf(plan, 0, 0)));
  EXPECT_THAT(ids({.seeds = {1}}), ElementsAre(TrialOf(plan, 0, 1), TrialOf(plan, 1, 1)));
  EXPECT_THAT(ids({.axes = {{"granularity", "unified"}}}),
              ElementsAre(TrialOf(plan, 1, 0), TrialOf(plan, 1, 1)));
  EXPECT_THAT(ids({.seeds = {1}, .axes = {{"granularity", "unified"}}}),
              ElementsAre(TrialOf(plan, 1, 1)));
  EXPECT_THAT(ids({.ids = {TrialOf(plan, 1, 0)}}), ElementsAre(TrialOf(plan, 1, 0)));
  EXPECT_THAT(ids({.axes = {{"granularity", "block"}}}), IsEmpty());
  EXPECT_THAT(ids({.axes = {{"none", "unified"}}}), IsEmpty());
}

TEST_F(SweepTest, EndingsCountUntilTheyAreForgiven) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  const LiveAttempt first = Claim();
  End(first, EndReason::kWorkerLost, TrialState::kQueued);
  End(Claim(), EndReason::kError, TrialState::kFailed);
  const auto before = store_->CountedEndings(first.trial_row);
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_EQ(before->size(), 2u);
  EXPECT_EQ((*before)[0].reason, EndReason::kWorkerLost);
  EXPECT_EQ((*before)[1].number, 2);
  Do([&] {
    TrialUpdate update{{TrialState::kQueued}};
    update.forgive = true;
    return store_->UpdateTrial(first.trial_row, update, At(9));
  });
  EXPECT_THAT(*store_->CountedEndings(first.trial_row), IsEmpty());
  EXPECT_EQ(NewReader()->GetSweep("sweep-a")->state, SweepState::kRunning);
  EXPECT_EQ(NewReader()->GetSweep("sweep-a")->finished_at, std::nullopt);
}

TEST_F(SweepTest, CancellingTwiceIsLikeOnce) {
  Insert(MakePlan({}));
  Do([&] { return store_->MarkSweepCancelled(RowOf("sweep-a"), At(1)); });
  Do([&] { return store_->MarkSweepCancelled(RowOf("sweep-a"), At(2)); });
  EXPECT_EQ(NewReader()->GetSweep("sweep-a")->state, SweepState::kCancelling);
}

TEST_F(SweepTest, CancellingWhatIsFinalChangesNothing) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  End(Claim(), EndReason::kError, TrialState::kFailed, At(3));
  Do([&] { return store_->MarkSweepCancelled(RowOf("sweep-a"), At(4)); });
  const auto sweep = NewReader()->GetSweep("sweep-a");
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  EXPECT_EQ(sweep->state, SweepState::kFailed);
  EXPECT_EQ(sweep->finished_at, At(3));
}

// A sweep of two trials, each driven into the state named; the sweep's state and counts are
// compared with what the domain derives.
struct TwoStates {
  TrialState first;
  TrialState second;
  bool cancelled;
};

class DerivedStateTest : public StoreTest, public testing::WithParamInterface<TwoStates> {
 protected:
  void Drive(int64_t row, TrialState target) {
    if (target == TrialState::kQueued) return;
    if (target == TrialState::kCancelled || target == TrialState::kPaused) {
      Do([&] { return SetState(row, target, At(2)); });
      return;
    }
    const LiveAttempt attempt = Claim();
    ASSERT_EQ(attempt.trial_row, row);
    if (target == TrialState::kRunning) return;
    if (target == TrialState::kStopping) {
      Do([&] { return SetState(row, target, At(2)); });
      return;
    }
    if (target == TrialState::kStoppedEarly) {
      Do([&] {
        const TrialUpdate update{{TrialState::kStopping, StopAim::kStopEarly}};
        return store_->UpdateTrial(row, update, At(2));
      });
    }
    const bool succeeded = target == TrialState::kSucceeded;
    End(attempt, succeeded ? EndReason::kFinished : EndReason::kError, target);
  }
};

void Count(TrialState state, TrialCounts& counts) {
  switch (state) {
    case TrialState::kQueued:
      ++counts.queued;
      break;
    case TrialState::kRunning:
      ++counts.running;
      break;
    case TrialState::kPaused:
      ++counts.paused;
      break;
    case TrialState::kStopping:
      ++counts.stopping;
      break;
    case TrialState::kSucceeded:
      ++counts.succeeded;
      break;
    case TrialState::kFailed:
      ++counts.failed;
      break;
    case TrialState::kCancelled:
      ++counts.cancelled;
      break;
    case TrialState::kStoppedEarly:
      ++counts.stopped_early;
      break;
  }
}

TEST_P(DerivedStateTest, TheSweepFollowsItsTrials) {
  Insert(MakePlan({.variants = 1, .seeds = {0, 1}}));
  const auto open = store_->SelectTrials(RowOf("sweep-a"), {});
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_EQ(open->size(), 2u);
  if (GetParam().cancelled) Do([&] { return store_->MarkSweepCancelled(RowOf("sweep-a"), At(1)); });
  Drive((*open)[0].row, GetParam().first);
  Drive((*open)[1].row, GetParam().second);
  TrialCounts counts;
  Count(GetParam().first, counts);
  Count(GetParam().second, counts);
  const auto sweep = NewReader()->GetSweep("sweep-a");
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  EXPECT_EQ(sweep->counts, counts);
  EXPECT_EQ(sweep->state, DeriveSweepState(counts, GetParam().cancelled));
  EXPECT_EQ(sweep->finished_at.has_value(), IsFinal(sweep->state));
}

// A claim takes the first trial; the pairs in which only the second was claimed are mirror images.
bool IsReachable(TrialState first, TrialState second) {
  const auto needs_no_claim = [](TrialState state) {
    return state == TrialState::kQueued || state == TrialState::kCancelled ||
           state == TrialState::kPaused;
  };
  return first != TrialState::kQueued || needs_no_claim(second);
}

std::vector<TwoStates> AllPairs() {
  std::vector<TwoStates> pairs;
  for (const bool cancelled : {false, true}) {
    for (const TrialState first : AllTrialStates()) {
      for (const TrialState second : AllTrialStates()) {
        if (IsReachable(first, second)) pairs.push_back({first, second, cancelled});
      }
    }
  }
  return pairs;
}

INSTANTIATE_TEST_SUITE_P(AllPairs, DerivedStateTest, testing::ValuesIn(AllPairs()),
                         [](const testing::TestParamInfo<TwoStates>& param) {
                           std::string name = std::string(Name(param.param.first)) + "_" +
                                              std::string(Name(param.param.second)) +
                                              (param.param.cancelled ? "_cancelled" : "");
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace adares
