// Calls that are held open: answered when there is news, at their deadline, or when they are given
// up, and always exactly once.
#include "server/services/sync_waiters.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using std::chrono::seconds;
using Answer = absl::StatusOr<SyncOutput>;

class SyncWaitersTest : public CoordinatorFixture {
 protected:
  SyncWaitersTest() {
    coordinator_.reset();
    store_.reset();
    CommitLoopOptions options;
    options.tick = std::chrono::milliseconds(1);
    options.clock = [this] { return FromMicros(clock_); };
    CommitLoop::Listener listener;
    listener.committed = [this](const Effects& effects) { waiters_.Committed(effects); };
    listener.ticked = [this](const Coordinator&, Timestamp now) { waiters_.Ticked(now); };
    loop_ = *CommitLoop::Start(*Store::Open(folder_ / "adares.db", now_), options, listener);
    waiters_.SetLoop(loop_.get());
    Post([](Coordinator& coordinator, Timestamp now) {
      WorkerRecord worker;
      worker.name = "w1";
      worker.instance = "i1";
      worker.slots = 1;
      return coordinator.RegisterWorker({worker}, now);
    });
  }
  ~SyncWaitersTest() override { loop_->Stop(); }

  void Post(CommitLoop::Command command) {
    std::promise<void> done;
    loop_->Post(std::move(command), [&done](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      done.set_value();
    });
    done.get_future().wait();
  }

  std::future<Answer> Begin(int64_t ticket, Duration wait = seconds(5), int64_t sequence = 0) {
    auto answer = std::make_shared<std::promise<Answer>>();
    SyncInput input{"w1", "i1", {}, false};
    input.sequence = sequence;
    waiters_.Sync(ticket, std::move(input), wait,
                  [answer](Answer output) { answer->set_value(std::move(output)); });
    return answer->get_future();
  }

  std::future<Answer> Hold(int64_t ticket, Duration wait = seconds(5), int64_t sequence = 0) {
    std::future<Answer> answer = Begin(ticket, wait, sequence);
    Post([](Coordinator&, Timestamp) { return absl::OkStatus(); });  // it was evaluated by now
    return answer;
  }

  // Runs `body` while a command keeps the owner thread, so that what it posts waits.
  template <typename Body>
  auto WhileTheLoopIsBusy(Body body) -> decltype(body()) {
    std::promise<void> is_busy;
    std::promise<void> let_go;
    loop_->Post(
        [&](Coordinator&, Timestamp) {
          is_busy.set_value();
          let_go.get_future().wait();
          return absl::OkStatus();
        },
        [](const absl::Status&) {});
    is_busy.get_future().wait();
    auto result = body();
    let_go.set_value();
    Post([](Coordinator&, Timestamp) { return absl::OkStatus(); });
    return result;
  }

  void CreateSweep() {
    Post([plan = Plan("alpha", 1)](Coordinator& coordinator, Timestamp now) {
      return coordinator.CreateSweep(plan, "text", now).status();
    });
  }

  static bool IsWaiting(const std::future<Answer>& answer) {
    return answer.wait_for(seconds(0)) == std::future_status::timeout;
  }

  std::atomic<int64_t> clock_ = ToMicros(now_);
  SyncWaiters waiters_;
  std::unique_ptr<CommitLoop> loop_;
};

TEST_F(SyncWaitersTest, WorkThatArrivesAnswersAHeldCall) {
  std::future<Answer> answer = Hold(waiters_.NewTicket());
  EXPECT_TRUE(IsWaiting(answer));
  CreateSweep();
  EXPECT_EQ(answer.get()->start.size(), 1u);
}

TEST_F(SyncWaitersTest, WorkWakesNobodyWhoDoesNotTakeIt) {
  Post([](Coordinator& coordinator, Timestamp now) {
    return coordinator.Cordon("w1", "broken", now);
  });
  std::future<Answer> answer = Hold(waiters_.NewTicket());
  clock_ += 1'000'000;
  CreateSweep();
  Post([](Coordinator&, Timestamp) { return absl::OkStatus(); });  // waiters know of it by now
  Post([this](Coordinator& coordinator, Timestamp) {
    EXPECT_EQ(coordinator.LiveWorkers().at(0).last_seen_at, now_) << "it was looked at again";
    return absl::OkStatus();
  });
  Post([](Coordinator& coordinator, Timestamp now) {
    return coordinator.Cordon("w1", std::nullopt, now);
  });
  EXPECT_EQ(answer.get()->start.size(), 1u) << "taken back it gets what waits";
}

TEST_F(SyncWaitersTest, WorkThatIsThereAnswersAtOnce) {
  CreateSweep();
  EXPECT_EQ(Hold(waiters_.NewTicket()).get()->start.size(), 1u);
}

TEST_F(SyncWaitersTest, ACallWithoutNewsEndsEmptyAtItsDeadline) {
  std::future<Answer> answer = Hold(waiters_.NewTicket(), seconds(5));
  clock_ += 4'000'000;
  Post([](Coordinator&, Timestamp) { return absl::OkStatus(); });
  EXPECT_TRUE(IsWaiting(answer));
  clock_ += 2'000'000;
  EXPECT_TRUE(answer.get()->empty());
}

TEST_F(SyncWaitersTest, ALaterCallOfTheWorkerEndsTheEarlierOne) {
  std::future<Answer> first = Hold(waiters_.NewTicket());
  std::future<Answer> second = Hold(waiters_.NewTicket());
  EXPECT_TRUE(first.get()->empty());
  EXPECT_TRUE(IsWaiting(second));
  CreateSweep();
  EXPECT_EQ(second.get()->start.size(), 1u);
}

TEST_F(SyncWaitersTest, ACallThatArrivesAfterALaterOneDoesNotEndIt) {
  std::future<Answer> later = Hold(waiters_.NewTicket(), seconds(5), /*sequence=*/2);
  const std::future<Answer> early = Hold(waiters_.NewTicket(), seconds(5), /*sequence=*/1);
  EXPECT_TRUE(IsWaiting(later));
  CreateSweep();
  EXPECT_EQ(later.get()->start.size(), 1u);
}

TEST_F(SyncWaitersTest, ACallThatIsGivenUpTakesNoWork) {
  const int64_t ticket = waiters_.NewTicket();
  std::future<Answer> answer = Hold(ticket);
  waiters_.Cancel(ticket);
  EXPECT_EQ(answer.get().status().code(), absl::StatusCode::kCancelled);
  CreateSweep();
  Post([](Coordinator&, Timestamp) { return absl::OkStatus(); });  // after what the commit woke
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.queued, 1);
}

TEST_F(SyncWaitersTest, ACallThatIsGivenUpOnItsWayToTheLoopTakesNoWork) {
  CreateSweep();
  const int64_t ticket = waiters_.NewTicket();
  std::future<Answer> answer = WhileTheLoopIsBusy([&] {
    std::future<Answer> waiting = Begin(ticket);
    waiters_.Cancel(ticket);
    return waiting;
  });
  EXPECT_EQ(answer.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.queued, 1);
}

TEST_F(SyncWaitersTest, OnlyTheLatestOfTwoCallsOnTheirWayIsLookedAt) {
  CreateSweep();
  std::future<Answer> first;
  std::future<Answer> second = WhileTheLoopIsBusy([&] {
    first = Begin(waiters_.NewTicket());
    return Begin(waiters_.NewTicket());
  });
  EXPECT_EQ(first.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(second.get()->start.size(), 1u);
}

TEST_F(SyncWaitersTest, CallsOfManyThreadsAreEachAnsweredOnce) {
  constexpr int kThreads = 2;
  constexpr int kEach = 5'000;
  std::atomic<int> answers = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, &answers] {
        for (int i = 0; i < kEach; ++i) {
          const int64_t ticket = waiters_.NewTicket();
          waiters_.Sync(ticket, {"w1", "i1", {}, false}, seconds(5),
                        [&](const Answer&) { ++answers; });
          if (i % 3 == 0) waiters_.Cancel(ticket);
        }
      });
    }
  }
  waiters_.Stop();
  loop_->Stop();
  EXPECT_EQ(answers, kThreads * kEach);
}

TEST_F(SyncWaitersTest, AClockThatIsSetBackHoldsNoCallLonger) {
  std::future<Answer> answer = Hold(waiters_.NewTicket(), seconds(5));
  clock_ -= 3'600'000'000;
  EXPECT_TRUE(answer.get()->empty());
}

TEST_F(SyncWaitersTest, StopTurnsHeldCallsAway) {
  std::future<Answer> answer = Hold(waiters_.NewTicket());
  waiters_.Stop();
  EXPECT_EQ(ErrorReason(answer.get().status()), reason::kDraining);
}

}  // namespace
}  // namespace adares
