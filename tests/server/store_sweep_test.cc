// Sweeps in the store: insertion, cancellation, and states and counts that follow from the trials.
#include <gmock/gmock.h>

#include "core/status.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::Optional;
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
  EXPECT_EQ(sweep->priority, 50);
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

TEST_F(SweepTest, ItsDigestIsFoundByName) {
  const SweepPlan plan = MakePlan({});
  Insert(plan);
  const auto found = store_->FindSweepDigest("sweep-a");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, Optional(plan.digest));
  const auto other = store_->FindSweepDigest("sweep-b");
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(*other, std::nullopt);
}

TEST_F(SweepTest, ANameIsTakenOnce) {
  Insert(MakePlan({}));
  ADARES_ASSERT_OK(store_->Begin());
  const absl::Status again = store_->InsertSweep(MakePlan({}), "", At(1));
  EXPECT_EQ(again.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(again), reason::kSweepExists);
  store_->Rollback();
}

TEST_F(SweepTest, OpenTrialsAreThoseThatAreNotFinal) {
  Insert(MakePlan({}));
  Insert(MakePlan({.name = "other"}));
  const LiveAttempt first = Claim();
  const LiveAttempt second = Claim();
  End(first, EndReason::kFinished, TrialState::kSucceeded);
  End(second, EndReason::kWorkerLost, TrialState::kQueued);
  const auto open = store_->OpenTrials("sweep-a");
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_EQ(open->size(), 3u);
  EXPECT_EQ((*open)[0].row, second.trial_row);
  EXPECT_EQ((*open)[0].state, TrialState::kQueued);
  EXPECT_EQ((*open)[0].lost_attempts, 1);
  EXPECT_EQ((*open)[1].lost_attempts, 0);
}

TEST_F(SweepTest, CancellingAnUnknownSweepIsNotFound) {
  ADARES_ASSERT_OK(store_->Begin());
  const absl::Status status = store_->MarkSweepCancelled("none-such", At(1));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(status), reason::kSweepNotFound);
  store_->Rollback();
}

TEST_F(SweepTest, CancellingTwiceIsLikeOnce) {
  Insert(MakePlan({}));
  Do([&] { return store_->MarkSweepCancelled("sweep-a", At(1)); });
  Do([&] { return store_->MarkSweepCancelled("sweep-a", At(2)); });
  EXPECT_EQ(NewReader()->GetSweep("sweep-a")->state, SweepState::kCancelling);
}

TEST_F(SweepTest, CancellingWhatIsFinalChangesNothing) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  End(Claim(), EndReason::kError, TrialState::kFailed, At(3));
  Do([&] { return store_->MarkSweepCancelled("sweep-a", At(4)); });
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
    if (target == TrialState::kCancelled) {
      Do([&] { return store_->SetTrialState(row, target, "", At(2)); });
      return;
    }
    const LiveAttempt attempt = Claim();
    ASSERT_EQ(attempt.trial_row, row);
    if (target == TrialState::kRunning) return;
    if (target == TrialState::kStopping) {
      Do([&] { return store_->SetTrialState(row, target, "", At(2)); });
      return;
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
  }
}

TEST_P(DerivedStateTest, TheSweepFollowsItsTrials) {
  Insert(MakePlan({.variants = 1, .seeds = {0, 1}}));
  const auto open = store_->OpenTrials("sweep-a");
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_EQ(open->size(), 2u);
  if (GetParam().cancelled) Do([&] { return store_->MarkSweepCancelled("sweep-a", At(1)); });
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
  return first != TrialState::kQueued || second == TrialState::kQueued ||
         second == TrialState::kCancelled;
}

std::vector<TwoStates> AllPairs() {
  const TrialState states[] = {TrialState::kQueued,   TrialState::kRunning,
                               TrialState::kStopping, TrialState::kSucceeded,
                               TrialState::kFailed,   TrialState::kCancelled};
  std::vector<TwoStates> pairs;
  for (const bool cancelled : {false, true}) {
    for (const TrialState first : states) {
      for (const TrialState second : states) {
        if (IsReachable(first, second)) pairs.push_back({first, second, cancelled});
      }
    }
  }
  return pairs;
}

INSTANTIATE_TEST_SUITE_P(AllPairs, DerivedStateTest, testing::ValuesIn(AllPairs()),
                         [](const testing::TestParamInfo<TwoStates>& param) {
                           return std::string(Name(param.param.first)) + "_" +
                                  std::string(Name(param.param.second)) +
                                  (param.param.cancelled ? "_cancelled" : "");
                         });

}  // namespace
}  // namespace adares
