// Claims, live attempts, their ends, and the fence.
#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include "core/status.h"
#include "server/store/claim_statement.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;
using testing::StartsWith;

using ClaimTest = StoreTest;

TEST_F(ClaimTest, AClaimTellsWhatToRun) {
  const SweepPlan plan = MakePlan({});
  Insert(plan, At(1));
  ADARES_ASSERT_OK(store_->Begin());
  const auto claim = TryToClaim("w1", At(3));
  ADARES_ASSERT_OK(store_->Commit());
  ASSERT_TRUE(claim.ok()) << claim.status();
  ASSERT_TRUE(claim->has_value());
  const adares::Claim& got = **claim;
  EXPECT_EQ(got.attempt.id, (AttemptId{"sweep-a", TrialOf(plan, 0, 0), 1}));
  EXPECT_EQ(got.attempt.worker, "w1");
  EXPECT_EQ(got.attempt.instance, "w1-instance");
  EXPECT_EQ(got.attempt.stage, TrialStage{TrialState::kRunning});
  EXPECT_EQ(got.attempt.acknowledged_sequence, 0);
  EXPECT_EQ(got.attempt.started_at, At(3));
  EXPECT_EQ(got.queued_at, At(1));
  EXPECT_EQ(got.spec_json, CanonicalJson(plan.variants[0].spec));
  const auto again = store_->SpecJson(got.attempt.trial_row);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, got.spec_json);
}

TEST_F(ClaimTest, TheSpecCarriesTheSeed) {
  const SweepPlan plan = MakePlan({.variants = 1, .seeds = {7}});
  Insert(plan);
  const auto spec = store_->SpecJson(Claim().trial_row);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(ParseTrialSpec(*spec)->seed, 7);
}

TEST_F(ClaimTest, ASweepsTrialsComeByPosition) {
  const SweepPlan plan = MakePlan({.variants = 2, .seeds = {0, 1}});
  Insert(plan);
  std::vector<std::string> order;
  for (int i = 0; i < 4; ++i) order.push_back(Claim().id.trial);
  EXPECT_THAT(order, ElementsAre(TrialOf(plan, 0, 0), TrialOf(plan, 1, 0), TrialOf(plan, 0, 1),
                                 TrialOf(plan, 1, 1)));
}

TEST_F(ClaimTest, TrialsWithOtherNeedsAreAnotherGroup) {
  SweepPlan plan = MakePlan({.variants = 2, .seeds = {0}});
  plan.variants[1].spec.data.dataset = Dataset::kMnist;
  Insert(plan);
  const auto groups = store_->ReadyGroups();
  ASSERT_TRUE(groups.ok()) << groups.status();
  ASSERT_EQ(groups->size(), 2u);
  EXPECT_EQ((*groups)[0].requirement.dataset, "");
  EXPECT_EQ((*groups)[1].requirement.dataset, "mnist");
  ADARES_ASSERT_OK(store_->Begin());
  const auto claim = store_->ClaimNext((*groups)[1].group, "w1", "i1", At(1));
  const auto none = store_->ClaimNext((*groups)[1].group, "w1", "i1", At(1));
  ADARES_ASSERT_OK(store_->Commit());
  ASSERT_TRUE(claim.ok() && claim->has_value());
  EXPECT_EQ((*claim)->attempt.id.trial, plan.trials[1].id);
  EXPECT_FALSE(none->has_value());
  EXPECT_FALSE(*store_->HasReady((*groups)[1].group));
  EXPECT_TRUE(*store_->HasReady((*groups)[0].group));
}

TEST_F(ClaimTest, ADelayedTrialWaitsForItsTime) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  const LiveAttempt first = Claim(At(1));
  Do([&]() -> absl::Status {
    ADARES_RETURN_IF_ERROR(store_->EndAttempt(first, EndWith(EndReason::kError), At(2)));
    TrialUpdate update{{TrialState::kQueued}};
    update.not_before = At(10);
    return store_->UpdateTrial(first.trial_row, update, At(2));
  });
  EXPECT_EQ(*store_->NextDelayed(), At(10));
  EXPECT_THAT(*store_->ReadyGroups(), IsEmpty());
  Do([&] { return store_->ReleaseDelayed(At(9), 10).status(); });
  EXPECT_THAT(*store_->ReadyGroups(), IsEmpty());
  Do([&]() -> absl::Status {
    const auto released = store_->ReleaseDelayed(At(10), 10);
    EXPECT_EQ(released->size(), 1u);
    return released.status();
  });
  EXPECT_EQ(*store_->NextDelayed(), std::nullopt);
  EXPECT_EQ(Claim(At(11)).id.attempt, 2);
}

TEST_F(ClaimTest, ATrialAvoidsTheWorkerWhereItFailedForATime) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  const LiveAttempt first = Claim(At(1));
  Do([&]() -> absl::Status {
    ADARES_RETURN_IF_ERROR(store_->EndAttempt(first, EndWith(EndReason::kError), At(2)));
    TrialUpdate update{{TrialState::kQueued}};
    update.avoided_worker = "w1";
    update.avoid_until = At(20);
    return store_->UpdateTrial(first.trial_row, update, At(2));
  });
  ADARES_ASSERT_OK(store_->Begin());
  EXPECT_FALSE((*TryToClaim("w1", At(19))).has_value());
  EXPECT_TRUE((*TryToClaim("w2", At(19))).has_value());
  store_->Rollback();
  EXPECT_EQ(Claim(At(20), "w1").id.attempt, 2);
}

TEST_F(ClaimTest, NothingQueuedGivesNothing) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  Claim();
  ADARES_ASSERT_OK(store_->Begin());
  const auto claim = TryToClaim("w1", At(3));
  ADARES_ASSERT_OK(store_->Commit());
  ASSERT_TRUE(claim.ok()) << claim.status();
  EXPECT_FALSE(claim->has_value());
}

// The steps of SQLite's plan for the statement.
std::vector<std::string> PlanOf(const std::string& path, const std::string& statement) {
  SQLite::Database database(path);
  SQLite::Statement plan(database, "EXPLAIN QUERY PLAN " + statement);
  std::vector<std::string> steps;
  while (plan.executeStep()) steps.push_back(plan.getColumn(3).getString());
  return steps;
}

TEST_F(ClaimTest, AClaimWalksTheQueueIndexAndSortsNothing) {
  Insert(MakePlan({}));
  for (const char* statement : {kClaimStatement, kFirstPositionStatement}) {
    const std::vector<std::string> steps = PlanOf(path_, statement);
    EXPECT_THAT(steps, Contains(HasSubstr("INDEX trial_queue")));
    EXPECT_THAT(steps, Each(Not(HasSubstr("TEMP B-TREE"))));
    EXPECT_THAT(steps, Each(Not(StartsWith("SCAN"))));
  }
}

TEST_F(ClaimTest, ThePositionIsThatOfTheTrialThatIsClaimedNext) {
  Insert(MakePlan({.variants = 1, .seeds = {0, 1}}));
  const TrialGroup group = store_->ReadyGroups()->at(0).group;
  EXPECT_THAT(*store_->FirstPosition(group, "w1", At(1)), Optional(0));
  Claim(At(1));
  EXPECT_THAT(*store_->FirstPosition(group, "w1", At(1)), Optional(1));
  Claim(At(1));
  EXPECT_EQ(*store_->FirstPosition(group, "w1", At(1)), std::nullopt);
}

TEST_F(ClaimTest, ATrialThatWasGivenBackBeginsItsNextAttempt) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  const LiveAttempt first = Claim(At(1));
  End(first, EndReason::kPreempted, TrialState::kQueued, At(10));
  ADARES_ASSERT_OK(store_->Begin());
  const auto claim = TryToClaim("w2", At(11));
  ADARES_ASSERT_OK(store_->Commit());
  ASSERT_TRUE(claim.ok() && claim->has_value());
  EXPECT_EQ((*claim)->attempt.id.attempt, 2);
  EXPECT_EQ((*claim)->queued_at, At(10));
  const auto trial = NewReader()->GetTrial("sweep-a", first.id.trial);
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(trial->started_at, At(1)) << "the first attempt's";
  EXPECT_EQ(trial->worker, "w2");
}

TEST_F(ClaimTest, OnlyTheCurrentAttemptIsLive) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  const LiveAttempt first = Claim();
  auto found = store_->FindLiveAttempt(first.id);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->attempt_row, first.attempt_row);
  EXPECT_EQ((*found)->instance, "w1-instance");

  ADARES_ASSERT_OK(store_->Begin());
  ADARES_ASSERT_OK(store_->EndAttempt(first, EndWith(EndReason::kWorkerLost), At(5)));
  EXPECT_FALSE((*store_->FindLiveAttempt(first.id)).has_value()) << "it ended";
  ADARES_ASSERT_OK(SetState(first.trial_row, TrialState::kQueued, At(5)));
  ADARES_ASSERT_OK(store_->Commit());
  EXPECT_FALSE((*store_->FindLiveAttempt(first.id)).has_value()) << "its trial waits";

  const LiveAttempt second = Claim();
  EXPECT_FALSE((*store_->FindLiveAttempt(first.id)).has_value()) << "another attempt holds it";
  EXPECT_TRUE((*store_->FindLiveAttempt(second.id)).has_value());
  EXPECT_FALSE((*store_->FindLiveAttempt({"sweep-b", second.id.trial, 2})).has_value());
  EXPECT_FALSE((*store_->FindLiveAttempt({"sweep-a", "0123456789ab", 2})).has_value());
}

TEST_F(ClaimTest, AStoppingTrialsAttemptStaysLive) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  const LiveAttempt attempt = Claim();
  Do([&] { return SetState(attempt.trial_row, TrialState::kStopping, At(2)); });
  const auto found = store_->FindLiveAttempt(attempt.id);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->stage, (TrialStage{TrialState::kStopping, StopAim::kCancel}));
}

TEST_F(ClaimTest, LiveAttemptsSurviveAReopening) {
  Insert(MakePlan({}));
  const LiveAttempt first = Claim();
  const LiveAttempt second = Claim();
  End(first, EndReason::kFinished, TrialState::kSucceeded);
  Do([&] { return store_->SetAcknowledgedSequence(second, 42); });
  Reopen();
  const auto live = store_->LiveAttempts();
  ASSERT_TRUE(live.ok()) << live.status();
  ASSERT_EQ(live->size(), 1u);
  EXPECT_EQ(live->front().id, second.id);
  EXPECT_EQ(live->front().acknowledged_sequence, 42);
}

TEST_F(ClaimTest, AnEndIsRecordedWhole) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  const LiveAttempt attempt = Claim(At(1));
  AttemptStart start;
  start.total_steps = 100;
  start.total_epochs = 2;
  start.parameters = 12345;
  start.provenance = {{"device", "cpu"}, {"libtorch", "1.13.1"}};
  AttemptEnd end;
  end.reason = EndReason::kError;
  end.message = "the trainer died";
  end.exit_code = 139;
  end.log_tail = {"one",
                  "t\xff"
                  "wo"};
  end.digests = {{"results", "ab"}};
  Do([&] { return store_->SetAttemptStart(attempt, start); });
  Do([&]() -> absl::Status {
    ADARES_RETURN_IF_ERROR(store_->EndAttempt(attempt, end, At(9)));
    return SetState(attempt.trial_row, TrialState::kFailed, At(9), "the trainer died");
  });
  const auto trial = NewReader()->GetTrial("sweep-a", attempt.id.trial);
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(trial->state, TrialState::kFailed);
  EXPECT_EQ(trial->message, "the trainer died");
  EXPECT_EQ(trial->finished_at, At(9));
  EXPECT_EQ(trial->worker, "");
  EXPECT_EQ(trial->progress.total_steps, 100);
  EXPECT_EQ(trial->progress.total_epochs, 2);
  ASSERT_EQ(trial->attempts.size(), 1u);
  const AttemptRecord& record = trial->attempts[0];
  EXPECT_EQ(record.number, 1);
  EXPECT_EQ(record.worker, "w1");
  EXPECT_EQ(record.started_at, At(1));
  EXPECT_EQ(record.ended_at, At(9));
  EXPECT_EQ(record.end_reason, EndReason::kError);
  EXPECT_EQ(record.message, "the trainer died");
  EXPECT_EQ(record.exit_code, 139);
  EXPECT_THAT(record.log_tail, ElementsAre("one", "t\xEF\xBF\xBDwo"));
  EXPECT_EQ(record.provenance, start.provenance);
  EXPECT_EQ(record.parameters, 12345);
  EXPECT_EQ(record.digests, end.digests);
}

TEST_F(ClaimTest, AnAttemptEndsOnce) {
  Insert(MakePlan({.variants = 1, .seeds = {0}}));
  const LiveAttempt attempt = Claim();
  End(attempt, EndReason::kFinished, TrialState::kSucceeded);
  ADARES_ASSERT_OK(store_->Begin());
  const absl::Status again = store_->EndAttempt(attempt, EndWith(EndReason::kError), At(3));
  EXPECT_EQ(again.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(again.ToString(), HasSubstr("attempt_end_is_final"));
  store_->Rollback();
}

TEST_F(ClaimTest, UnknownRowsAreNotFound) {
  ADARES_ASSERT_OK(store_->Begin());
  EXPECT_EQ(ErrorReason(store_->GetTrial(99).status()), reason::kTrialNotFound);
  EXPECT_EQ(ErrorReason(store_->SpecJson(99).status()), reason::kTrialNotFound);
  EXPECT_EQ(ErrorReason(SetState(99, TrialState::kCancelled, At(1))), reason::kTrialNotFound);
  store_->Rollback();
}

}  // namespace
}  // namespace adares
