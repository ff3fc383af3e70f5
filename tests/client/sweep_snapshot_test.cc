// Messages added up, and the estimate of the time left that rests on them.
#include "client/sweep_snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/time_left.h"
#include "tests/client/messages.h"

namespace adares::client {
namespace {

using Kind = TrialChange::Kind;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const Timestamp kStart = FromMicros(1'000'000'000'000);

class SweepSnapshotTest : public testing::Test {
 protected:
  template <typename... Trials>
  std::vector<Kind> Add(seconds at, const Trials&... trials) {
    const v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 1, 1, 0);
    std::vector<Kind> kinds;
    for (const auto& change : Apply(MakeUpdate(1, sweep, trials...), kStart + at, &snapshot_)) {
      kinds.push_back(change.kind);
    }
    return kinds;
  }

  SweepSnapshot snapshot_;
};

v1::Trial Running(int id, int64_t step, int64_t epoch = 0) {
  return WithProgress(MakeTrial(id, v1::Trial::STATE_RUNNING), step, 100, epoch, 10);
}

// The same with the values of an epoch that took so many seconds.
v1::Trial Validated(int64_t step, int64_t epoch, double epoch_seconds) {
  return WithMetric(Running(1, step, epoch), "time/epoch_seconds", epoch_seconds);
}

v1::Trial Succeeded(int id, int64_t duration) {
  v1::Trial trial = WithProgress(MakeTrial(id, v1::Trial::STATE_SUCCEEDED), 100, 100, 10, 10);
  trial.mutable_finish_time()->set_seconds(trial.start_time().seconds() + duration);
  return trial;
}

TEST_F(SweepSnapshotTest, FirstMessageIsNoNews) {
  EXPECT_THAT(Add(seconds(0), Running(1, 5), Succeeded(2, 60)), IsEmpty());
  EXPECT_EQ(snapshot_.trials.size(), 2u);
}

// Of a sweep with more trials than one message holds.
TEST_F(SweepSnapshotTest, LaterMessagesOfTheBeginningAreNoNewsEither) {
  Add(seconds(0), Succeeded(1, 60));
  EXPECT_THAT(Add(seconds(0), Succeeded(2, 60), MakeFailedTrial(3), Running(4, 5)), IsEmpty());
  EXPECT_THAT(Add(seconds(1), Succeeded(4, 60)), ElementsAre(Kind::kSucceeded));
}

TEST_F(SweepSnapshotTest, ALifeIsToldStepByStep) {
  Add(seconds(0), MakeTrial(1, v1::Trial::STATE_QUEUED));
  EXPECT_THAT(Add(seconds(1), Running(1, 0)), ElementsAre(Kind::kStarted));
  EXPECT_THAT(Add(seconds(2), Running(1, 5)), IsEmpty());
  EXPECT_THAT(Add(seconds(3), Validated(10, 1, 2.1)), ElementsAre(Kind::kEpoch));
  v1::Trial again = MakeTrial(1, v1::Trial::STATE_QUEUED);
  again.set_attempt_count(1);
  EXPECT_THAT(Add(seconds(4), again), ElementsAre(Kind::kRequeued));
  v1::Trial second = Running(1, 0);
  second.set_attempt_count(2);
  EXPECT_THAT(Add(seconds(5), second), ElementsAre(Kind::kStarted));
  EXPECT_THAT(Add(seconds(6), Succeeded(1, 5)), ElementsAre(Kind::kSucceeded));
  EXPECT_THAT(Add(seconds(7), Succeeded(1, 5)), IsEmpty());
}

TEST_F(SweepSnapshotTest, EpochsAreToldWhenTheirValuesCome) {
  const auto epochs = [this](const v1::Trial& trial) {
    const v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 0, 1, 0);
    std::vector<int64_t> numbers;
    for (const auto& change : Apply(MakeUpdate(1, sweep, trial), kStart, &snapshot_)) {
      if (change.kind == Kind::kEpoch) numbers.push_back(change.trial.progress().epoch());
    }
    return numbers;
  };
  epochs(MakeTrial(1, v1::Trial::STATE_QUEUED));
  EXPECT_THAT(epochs(Running(1, 9)), IsEmpty());
  EXPECT_THAT(epochs(Running(1, 10, 1)), IsEmpty());           // still being validated
  EXPECT_THAT(epochs(Validated(10, 1, 2.1)), ElementsAre(1));  // now it is done
  EXPECT_THAT(epochs(Validated(15, 1, 2.1)), IsEmpty());       // in the middle of the next
  EXPECT_THAT(epochs(Validated(19, 1, 2.2)), ElementsAre(2));  // progress lags behind values
  EXPECT_THAT(epochs(Validated(25, 2, 2.2)), IsEmpty());
  EXPECT_THAT(epochs(Validated(55, 5, 2.3)), ElementsAre(5));  // several between two messages
}

TEST_F(SweepSnapshotTest, WhoJoinsDuringAValidationCountsRight) {
  Add(seconds(0), Validated(30, 3, 2.0));
  const auto changes =
      Apply(MakeUpdate(2, MakeSweep(v1::Sweep::STATE_RUNNING, 0, 1, 0), Validated(30, 3, 2.1)),
            kStart, &snapshot_);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].trial.progress().epoch(), 3);
}

TEST_F(SweepSnapshotTest, AnAttemptThatFollowsUnseenIsAStart) {
  Add(seconds(0), Running(1, 50));
  v1::Trial second = Running(1, 3);
  second.set_attempt_count(2);
  EXPECT_THAT(Add(seconds(9), second), ElementsAre(Kind::kStarted));
}

v1::Trial WithFlag(v1::Trial trial, v1::Flag::Kind kind, const char* site, int64_t step) {
  v1::Flag* flag = trial.add_flags();
  flag->set_kind(kind);
  flag->set_site(site);
  flag->set_step(step);
  return trial;
}

TEST_F(SweepSnapshotTest, FlagsAreToldOnceByKind) {
  Add(seconds(0), Running(1, 5));
  v1::Trial trial = WithFlag(Running(1, 50), v1::Flag::KIND_CLOSED, "layer1.0", 50);
  trial = WithFlag(trial, v1::Flag::KIND_CLOSED, "layer2.0", 50);
  trial = WithFlag(trial, v1::Flag::KIND_DIVERGING, "", 40);
  const auto sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 1, 1, 0);
  const auto changes = Apply(MakeUpdate(2, sweep, trial), kStart, &snapshot_);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].kind, Kind::kFlagged);
  ASSERT_EQ(changes[0].flags.size(), 2u);
  EXPECT_EQ(changes[0].flags[1].site(), "layer2.0");
  EXPECT_EQ(changes[1].flags[0].kind(), v1::Flag::KIND_DIVERGING);
  EXPECT_THAT(Add(seconds(2), trial), IsEmpty());
  EXPECT_THAT(Add(seconds(3), Running(1, 60)), IsEmpty()) << "cleared";
  EXPECT_THAT(Add(seconds(4), WithFlag(Running(1, 70), v1::Flag::KIND_CLOSED, "layer1.0", 70)),
              ElementsAre(Kind::kFlagged));
  v1::Trial done = WithFlag(Succeeded(1, 5), v1::Flag::KIND_DRIFTING, "layer1.0", 100);
  EXPECT_THAT(Add(seconds(5), done), ElementsAre(Kind::kFlagged, Kind::kSucceeded));
}

TEST_F(SweepSnapshotTest, OtherEnds) {
  Add(seconds(0), Running(1, 5), Running(2, 5));
  EXPECT_THAT(Add(seconds(1), MakeFailedTrial(1), MakeTrial(2, v1::Trial::STATE_CANCELLED)),
              ElementsAre(Kind::kFailed, Kind::kCancelled));
}

TEST_F(SweepSnapshotTest, TimeLeftIsUnknownAtFirst) {
  EXPECT_EQ(EstimateTimeLeft(snapshot_, kStart), std::nullopt);
  Add(seconds(0), MakeTrial(1, v1::Trial::STATE_QUEUED));
  EXPECT_EQ(EstimateTimeLeft(snapshot_, kStart), std::nullopt);
  Add(seconds(1), Running(1, 0));
  EXPECT_EQ(EstimateTimeLeft(snapshot_, kStart + seconds(1)), std::nullopt);
}

TEST_F(SweepSnapshotTest, TimeLeftFollowsTheSpeedThatIsSeen) {
  // Joined in the middle: 20 of 100 steps in 10 s, so that 50 more take 25 s.
  Add(seconds(0), Running(1, 30));
  Add(seconds(10), Running(1, 50));
  EXPECT_EQ(EstimateTimeLeft(snapshot_, kStart + seconds(10)), Duration(seconds(25)));
  EXPECT_EQ(EstimateTimeLeft(snapshot_, kStart + seconds(15)), Duration(seconds(20)));
}

TEST_F(SweepSnapshotTest, WaitingTrialsTakeAsLongAsFinishedOnes) {
  Add(seconds(0), Succeeded(1, 40), Running(2, 0), MakeTrial(3, v1::Trial::STATE_QUEUED),
      MakeTrial(4, v1::Trial::STATE_QUEUED));
  // 40 s for each of three trials, one at a time.
  EXPECT_EQ(EstimateTimeLeft(snapshot_, kStart), Duration(seconds(120)));
}

TEST_F(SweepSnapshotTest, TheLongestRunningTrialIsTheLeast) {
  v1::Trial slow = Running(2, 0);
  slow.set_variant("bbbbbbbbbbbb");
  v1::Trial slow_before = Succeeded(4, 100);
  slow_before.set_variant("bbbbbbbbbbbb");
  Add(seconds(0), Succeeded(3, 10), slow_before, Running(1, 0), slow);
  EXPECT_EQ(EstimateTimeLeft(snapshot_, kStart), Duration(seconds(100)));
}

}  // namespace
}  // namespace adares::client
