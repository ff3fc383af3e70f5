// When Sync is called: the agent's own tests see what is said in it.
#include "worker/agent/sync_loop.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "tests/worker/fake_coordinator.h"
#include "tests/worker/manual_event_loop.h"

namespace adares::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SyncLoopTest : public ::testing::Test {
 protected:
  void Run(Duration duration) {
    const auto until = loop_.Now() + duration;
    while (loop_.Now() < until) {
      Poll();
      loop_.Advance(milliseconds(1));
    }
    Poll();
  }

  void Poll() {
    io_.restart();
    io_.poll();
  }

  // Ends right after a call was made.
  void RunUntilSync() {
    const int syncs = coordinator_.syncs();
    while (coordinator_.syncs() == syncs) Run(milliseconds(1));
  }

  boost::asio::io_context io_;
  ManualEventLoop loop_{io_};
  FakeCoordinator coordinator_{loop_};
  int answers_ = 0;
  SyncLoop sync_{coordinator_,
                 loop_,
                 {.state = [] { return SyncState{}; },
                  .registered = [] {},
                  .answered = [this](const SyncOrders&) { ++answers_; },
                  .rejected = [](const absl::Status&) {}}};
};

TEST_F(SyncLoopTest, NextSyncFollowsTheAnswer) {
  sync_.Start();
  Run(seconds(21));
  EXPECT_EQ(answers_, 4);  // each was held open for its interval of 5 s
  EXPECT_EQ(coordinator_.syncs(), 5);
  EXPECT_EQ(coordinator_.last_sync().max_wait, seconds(5));
  EXPECT_EQ(coordinator_.last_sync().sequence, 5);
}

TEST_F(SyncLoopTest, RegisteringAgainComesBeforeTheNextSync) {
  sync_.Start();
  Run(seconds(6));
  sync_.RegisterSoon();
  Run(milliseconds(60));
  EXPECT_EQ(coordinator_.registrations(), 2);
  EXPECT_EQ(coordinator_.most_syncs_at_a_time(), 1);
  Run(seconds(10));
  EXPECT_EQ(coordinator_.registrations(), 2) << "once";
}

TEST_F(SyncLoopTest, SyncSoonEndsTheCallThatIsHeldOpen) {
  sync_.Start();
  Run(seconds(6));
  const int syncs = coordinator_.syncs();
  sync_.SyncSoon();
  Run(milliseconds(60));
  EXPECT_EQ(coordinator_.syncs(), syncs + 1);
}

// Its answer may be on its way, with what is to be started.
TEST_F(SyncLoopTest, SyncSoonLeavesTimeForAnAnswer) {
  sync_.Start();
  RunUntilSync();
  RunUntilSync();
  const int syncs = coordinator_.syncs();
  sync_.SyncSoon();
  Run(SyncLoop::kYoungestEndedEarly - milliseconds(5));
  EXPECT_EQ(coordinator_.syncs(), syncs);
  const int answers = answers_;
  coordinator_.Offer({{"sweep", "trial", 1}, "{}"});
  Poll();
  EXPECT_EQ(answers_, answers + 1);
}

TEST_F(SyncLoopTest, SyncSoonEndsACallThatWasJustMadeOnceItIsOldEnough) {
  sync_.Start();
  RunUntilSync();
  RunUntilSync();
  const int syncs = coordinator_.syncs();
  sync_.SyncSoon();
  sync_.SyncSoon();
  Run(SyncLoop::kYoungestEndedEarly - milliseconds(5));
  EXPECT_EQ(coordinator_.syncs(), syncs);
  Run(milliseconds(10));
  EXPECT_EQ(coordinator_.syncs(), syncs + 1);
}

// A coordinator whose disk is slow comes to its answer all the same.
TEST_F(SyncLoopTest, CallsThatWereEndedEarlyGiveTheNextMoreTime) {
  sync_.Start();
  RunUntilSync();
  RunUntilSync();
  auto sent = loop_.Now();
  for (const int each : {100, 200, 400, 800, 800}) {
    const milliseconds age(each);
    sync_.SyncSoon();
    RunUntilSync();
    EXPECT_GE(loop_.Now() - sent, age - milliseconds(2));
    EXPECT_LE(loop_.Now() - sent, age + milliseconds(10));
    sent = loop_.Now();
  }
  Run(seconds(6));
  RunUntilSync();
  sent = loop_.Now();
  sync_.SyncSoon();
  RunUntilSync();
  EXPECT_LE(loop_.Now() - sent, milliseconds(110)) << "it answered";
}

TEST_F(SyncLoopTest, KnowsForHowLongTheCoordinatorHasAnswered) {
  EXPECT_EQ(sync_.InContactFor(), Duration::zero());
  sync_.Start();
  Run(seconds(60));
  EXPECT_GE(sync_.InContactFor(), seconds(59));
  coordinator_.LoseSyncAnswers(1);
  Run(seconds(10));
  EXPECT_GE(sync_.InContactFor(), seconds(69)) << "one answer is not missed";
  coordinator_.GoAway();
  Run(seconds(20));
  EXPECT_EQ(sync_.InContactFor(), Duration::zero());
  coordinator_.ComeBack();
  Run(seconds(20));
  EXPECT_GE(sync_.InContactFor(), seconds(10));
  EXPECT_LE(sync_.InContactFor(), seconds(20));
}

// However often the state changes, some Sync must be answered, or the leases would end.
TEST_F(SyncLoopTest, EndlessChangesDoNotStarveIt) {
  sync_.Start();
  for (int i = 0; i < 600; ++i) {
    Run(milliseconds(100));
    sync_.SyncSoon();
  }
  EXPECT_GE(answers_, 3);  // in 60 s
}

TEST_F(SyncLoopTest, ErrorsSlowItDown) {
  sync_.Start();
  Run(seconds(1));
  const int syncs = coordinator_.syncs();
  coordinator_.GoAway();
  Run(seconds(60));
  EXPECT_LE(coordinator_.syncs() - syncs, 50);
  EXPECT_GE(coordinator_.syncs() - syncs, 20);
}

TEST_F(SyncLoopTest, ATakenNameIsWaitedFor) {
  coordinator_.TakeName(true);
  sync_.Start();
  Run(seconds(20));
  EXPECT_EQ(coordinator_.syncs(), 0);
  coordinator_.TakeName(false);
  Run(seconds(5));
  EXPECT_EQ(coordinator_.registrations(), 1);
  EXPECT_GE(coordinator_.syncs(), 1);
}

TEST_F(SyncLoopTest, AChangeThatIsNotTakenHoldsUpNoSync) {
  sync_.Start();
  Run(seconds(6));
  coordinator_.TakeName(true);  // registering fails
  sync_.RegisterSoon();
  Run(milliseconds(200));
  const int syncs = coordinator_.syncs();
  Run(seconds(21));
  EXPECT_EQ(coordinator_.syncs(), syncs + 4) << "each held open for its interval of 5 s";
  EXPECT_EQ(coordinator_.registrations(), 1);
  coordinator_.TakeName(false);
  Run(seconds(11));
  EXPECT_EQ(coordinator_.registrations(), 2);
}

// Two workers of one name take turns in being unknown: not in a busy loop.
TEST_F(SyncLoopTest, BeingUnknownAgainAndAgainSlowsItDown) {
  sync_.Start();
  Run(seconds(1));
  for (int i = 0; i < 6000; ++i) {
    coordinator_.ForgetWorker();
    Run(milliseconds(10));
  }
  EXPECT_LE(coordinator_.registrations(), 50);
}

}  // namespace
}  // namespace adares::worker
