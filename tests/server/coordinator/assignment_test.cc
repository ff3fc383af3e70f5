// What workers are given, and what becomes of it where they do not take it.
#include <gmock/gmock.h>

#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class AssignmentTest : public CoordinatorFixture {};

TEST_F(AssignmentTest, AWorkerGetsAsManyTrialsAsItHasSlots) {
  Create(Plan("alpha", 5));
  Register("w1", "i1", /*slots=*/3);
  EXPECT_THAT(Sync("w1", "i1")->start, SizeIs(3));
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.running, 3);
}

TEST_F(AssignmentTest, SlotsThatAreStuckGetNothing) {
  Create(Plan("alpha", 3));
  Register("w1", "i1", 3);
  const auto sync = [this](std::vector<HeldAttempt> held, int stuck) {
    return *Run([&] {
      return coordinator_->Sync({"w1", "i1", std::move(held), false, false, stuck}, now_);
    });
  };
  const SyncOutput one = sync({}, 2);
  ASSERT_THAT(one.start, SizeIs(1));
  EXPECT_FALSE(one.takes_more);
  const std::vector<HeldAttempt> held = {{one.start[0].id, HeldPhase::kRunning}};
  EXPECT_THAT(sync(held, 2).start, IsEmpty());
  EXPECT_THAT(sync(held, 3).start, IsEmpty()) << "however many it says";
  EXPECT_THAT(sync(held, 0).start, SizeIs(2)) << "they have died after all";
}

TEST_F(AssignmentTest, HigherPriorityComesFirstThenTheOlderSweep) {
  Create(Plan("low", 1, 10));
  Create(Plan("first", 1, 50));
  Create(Plan("second", 1, 50));
  Register("w1", "i1", 3);
  const SyncOutput output = *Sync("w1", "i1");
  std::vector<std::string> order;
  for (const Assignment& assignment : output.start) order.push_back(assignment.id.sweep);
  EXPECT_THAT(order, testing::ElementsAre("first", "second", "low"));
}

TEST_F(AssignmentTest, ALostAnswerIsGivenAgainAndNotTwice) {
  Create(Plan("alpha", 2));
  Register("w1", "i1", 1);
  const AttemptId first = Claim("w1", "i1");
  const SyncOutput again = *Sync("w1", "i1");
  ASSERT_THAT(again.start, SizeIs(1));
  EXPECT_EQ(again.start[0].id, first);
  EXPECT_THAT(Sync("w1", "i1", {{first, HeldPhase::kRunning}})->start, IsEmpty());
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.running, 1);
}

TEST_F(AssignmentTest, CancellingAnAssignmentThatNeverArrivedEndsIt) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  ASSERT_TRUE(Control("alpha", ControlAction::kCancel).ok());
  EXPECT_TRUE(Sync("w1", "i1")->empty());
  EXPECT_EQ(Trial(id).state, TrialState::kCancelled);
}

TEST_F(AssignmentTest, AnAttemptThatItsWorkerGaveUpIsNotRunAgainUnderTheSameNumber) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  (void)Report("w1", "i1", id, 1, {Point("train/loss", 1, 2.0)});
  EXPECT_THAT(Sync("w1", "i1")->start, IsEmpty());  // it no longer states what it reported on
  Wait(seconds(2));
  EXPECT_EQ(Claim("w1", "i1").attempt, 2);
  EXPECT_EQ(Trial(id).attempts.at(0).end_reason, EndReason::kWorkerLost);
}

TEST_F(AssignmentTest, AnAssignmentThatNeverArrivesIsNotGivenForEver) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId first = Claim("w1", "i1");
  // The worker gives calls up when it has news, so that many answers may be lost in a short time.
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Claim("w1", "i1"), first);
  for (int i = 0; i < 5; ++i) {
    Wait(seconds(5));
    EXPECT_EQ(Claim("w1", "i1"), first);
  }
  Wait(seconds(5));
  EXPECT_THAT(Sync("w1", "i1")->start, IsEmpty());
  EXPECT_EQ(Trial(first).attempts.at(0).end_reason, EndReason::kWorkerLost);
  Wait(seconds(2));
  EXPECT_EQ(Claim("w1", "i1"), (AttemptId{first.sweep, first.trial, 2}));
}

TEST_F(AssignmentTest, AnAssignmentThatArrivedMayBeLostAnew) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 5; ++j) {
      Wait(seconds(5));
      EXPECT_EQ(Claim("w1", "i1"), id);
    }
    EXPECT_THAT(Sync("w1", "i1", {{id, HeldPhase::kRunning}})->start, IsEmpty());
  }
}

TEST_F(AssignmentTest, WhatALeavingWorkerNeverSawIsNoLoss) {
  Create(Plan("alpha", 1));
  for (int i = 0; i < 10; ++i) {
    Register("w1", "instance-" + std::to_string(i));
    const AttemptId id = Claim("w1", "instance-" + std::to_string(i));
    SyncInput goodbye{"w1", "instance-" + std::to_string(i), {}, true};
    goodbye.leaving = true;
    ASSERT_TRUE(Run([&] { return coordinator_->Sync(goodbye, now_); }).ok());
    EXPECT_EQ(Trial(id).state, TrialState::kQueued);
  }
}

// Its bytes lay in a network that was cut, and the worker came back by another connection.
TEST_F(AssignmentTest, ASyncThatArrivesAfterALaterOneChangesNothing) {
  Create(Plan("alpha", 2));
  Register("w1", "i1", 2);
  SyncInput early{"w1", "i1", {}, false};
  early.sequence = 1;
  SyncInput late{"w1", "i1", {}, false};
  late.sequence = 2;
  const SyncOutput given = *Run([&] { return coordinator_->Sync(late, now_); });
  ASSERT_THAT(given.start, SizeIs(2));
  const AttemptId id = given.start[0].id;
  (void)Report("w1", "i1", id, 1, {Point("train/loss", 1, 2.0)});
  EXPECT_TRUE(Run([&] { return coordinator_->Sync(early, now_); })->empty());
  EXPECT_EQ(Trial(id).state, TrialState::kRunning);
  Register("w1", "i2", 2);
  SyncInput first{"w1", "i2", {}, false};
  first.sequence = 1;
  Wait(seconds(20));
  EXPECT_THAT(Run([&] { return coordinator_->Sync(first, now_); })->start, SizeIs(2))
      << "each instance counts for itself";
}

TEST_F(AssignmentTest, AHeldAttemptThatTheCoordinatorDoesNotKnowIsStopped) {
  Create(Plan("alpha", 1));
  Register("w1", "i1");
  const AttemptId stranger{"alpha", "0123456789ab", 7};
  const SyncOutput output = *Sync("w1", "i1", {{stranger, HeldPhase::kRunning}}, true);
  ASSERT_THAT(output.stop, SizeIs(1));
  EXPECT_EQ(output.stop[0].reason, StopReason::kLeaseLost);
}

}  // namespace
}  // namespace adares
