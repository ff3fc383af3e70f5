// The commit loop: answers mean durable, one bad command fails alone, nothing is answered twice.
#include "server/coordinator/commit_loop.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

#include "server/store/sqlite.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/full_disk.h"
#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using std::chrono::milliseconds;

class CommitLoopTest : public CoordinatorFixture {
 protected:
  static constexpr int kMaxWaiting = 1'000;

  CommitLoopTest() {
    // The loop owns the file from here on.
    coordinator_.reset();
    store_.reset();
    CommitLoopOptions options;
    options.tick = milliseconds(1);
    options.max_waiting = kMaxWaiting;
    options.max_waiting_bytes = 1'000;
    options.clock = [this] { return FromMicros(clock_); };
    CommitLoop::Listener listener;
    listener.committed = [this](const Effects& effects) {
      trials_created_ += effects.trials_created;
      leases_expired_ += effects.leases_expired;
      if (effects.leases_expired > 0) expired_.set_value();
    };
    listener.failed = [this](const absl::Status& status) { ++failures_told_[status.code()]; };
    auto store = Store::Open(folder_ / "adares.db", now_, {.busy_timeout = milliseconds(0)});
    loop_ = *CommitLoop::Start(*std::move(store), options, listener);
  }

  absl::Status PostAndWait(CommitLoop::Command command) {
    std::promise<absl::Status> answer;
    loop_->Post(std::move(command),
                [&answer](const absl::Status& status) { answer.set_value(status); });
    return answer.get_future().get();
  }

  // One trial of the sweeps that there are, held by worker w1.
  AttemptId RegisterAndClaim() {
    WorkerRecord worker;
    worker.name = "w1";
    worker.instance = "i1";
    worker.slots = 1;
    EXPECT_TRUE(PostAndWait([&](Coordinator& coordinator, Timestamp now) {
                  return coordinator.RegisterWorker({worker}, now);
                }).ok());
    AttemptId id;
    EXPECT_TRUE(PostAndWait([&](Coordinator& coordinator, Timestamp now) -> absl::Status {
                  ADARES_ASSIGN_OR_RETURN(const SyncOutput output,
                                          coordinator.Sync({"w1", "i1", {}, false}, now));
                  id = output.start.at(0).id;
                  return absl::OkStatus();
                }).ok());
    return id;
  }

  absl::Status SyncHolding(const AttemptId& id) {
    return PostAndWait([&id](Coordinator& coordinator, Timestamp now) {
      return coordinator.Sync({"w1", "i1", {{id, HeldPhase::kRunning}}, false}, now).status();
    });
  }

  CommitLoop::Command Creating(const std::string& name) {
    return [plan = Plan(name, 1)](Coordinator& coordinator, Timestamp now) {
      return coordinator.CreateSweep(plan, "text", now).status();
    };
  }

  std::atomic<int64_t> clock_ = ToMicros(now_);
  std::atomic<int64_t> trials_created_ = 0;
  std::atomic<int64_t> leases_expired_ = 0;
  std::map<absl::StatusCode, int> failures_told_;  // by the owner thread
  std::promise<void> expired_;
  std::unique_ptr<CommitLoop> loop_;
};

TEST_F(CommitLoopTest, AnAnswerMeansThatOthersCanReadIt) {
  ASSERT_TRUE(PostAndWait(Creating("alpha")).ok());
  EXPECT_TRUE(reader_->GetSweep("alpha").ok());
}

TEST_F(CommitLoopTest, ARefusalOfOneTooManyIsNoFailure) {
  EXPECT_EQ(PostAndWait([](Coordinator&, Timestamp) { return OverloadedError(); }).code(),
            absl::StatusCode::kUnavailable);
  loop_->Stop();
  EXPECT_TRUE(failures_told_.empty()) << "nothing has to be read anew";
}

TEST_F(CommitLoopTest, ABadCommandFailsAloneAndLeavesNothing) {
  std::promise<absl::Status> good;
  std::promise<absl::Status> bad;
  loop_->Post(
      [create = Creating("bad")](Coordinator& coordinator, Timestamp now) {
        EXPECT_TRUE(create(coordinator, now).ok());
        return absl::InvalidArgumentError("after all not");
      },
      [&bad](const absl::Status& status) { bad.set_value(status); });
  loop_->Post(Creating("good"), [&good](const absl::Status& status) { good.set_value(status); });
  EXPECT_EQ(bad.get_future().get().message(), "after all not");
  EXPECT_TRUE(good.get_future().get().ok());
  EXPECT_FALSE(reader_->GetSweep("bad").ok());
  EXPECT_TRUE(reader_->GetSweep("good").ok());
  loop_->Stop();
  EXPECT_EQ(trials_created_, 1);
}

TEST_F(CommitLoopTest, EveryCommandOfManyThreadsIsAnsweredOnce) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t, &answered] {
        for (int i = 0; i < kEach; ++i) {
          const std::string name = "s" + std::to_string(t) + "-" + std::to_string(i);
          loop_->Post(Creating(name), [&answered](const absl::Status& status) {
            EXPECT_TRUE(status.ok()) << status;
            ++answered;
          });
        }
      });
    }
  }
  loop_->Stop();
  EXPECT_EQ(answered, kThreads * kEach);
  EXPECT_EQ(trials_created_, kThreads * kEach);
}

TEST_F(CommitLoopTest, AfterStopCommandsAreTurnedAway) {
  loop_->Stop();
  EXPECT_EQ(ErrorReason(PostAndWait(Creating("late"))), reason::kDraining);
}

TEST_F(CommitLoopTest, LeasesExpireWithoutAnyCall) {
  ASSERT_TRUE(PostAndWait(Creating("alpha")).ok());
  RegisterAndClaim();
  // Step by step: a jump would count as a pause of the coordinator itself.
  for (int i = 0; i < 29; ++i) {
    clock_ += 1'000'000;
    (void)PostAndWait([](Coordinator&, Timestamp) { return absl::OkStatus(); });
  }
  clock_ += 2'000'000;
  expired_.get_future().wait();
  EXPECT_EQ(leases_expired_, 1);
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.queued, 1);
}

TEST_F(CommitLoopTest, AClockThatIsSetBackProlongsNoLease) {
  ASSERT_TRUE(PostAndWait(Creating("alpha")).ok());
  RegisterAndClaim();
  clock_ -= 3'600'000'000;
  for (int i = 0; i < 29; ++i) {
    (void)PostAndWait([](Coordinator&, Timestamp) { return absl::OkStatus(); });
    clock_ += 1'000'000;
  }
  EXPECT_EQ(leases_expired_, 0);
  clock_ += 2'000'000;
  expired_.get_future().wait();
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.queued, 1);
}

constexpr rlim_t kOnePage = 4096;  // of a file; what lies behind it cannot be written

TEST_F(CommitLoopTest, WhatAFullDiskDidNotTakeIsNeitherAcknowledgedNorForgotten) {
  ASSERT_TRUE(PostAndWait(Creating("alpha")).ok());
  const AttemptId id = RegisterAndClaim();
  int64_t acknowledged = 0;
  const auto report = [&](Coordinator& coordinator, Timestamp now) -> absl::Status {
    const ReportInput input{"w1", "i1", id, 1, {Point("a", 1, 1), End(EndReason::kFinished)}};
    ADARES_ASSIGN_OR_RETURN(const ReportOutput output, coordinator.Report(input, now));
    acknowledged = output.acknowledged_sequence;
    return absl::OkStatus();
  };
  {
    const fixtures::FullDisk full(kOnePage);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(PostAndWait(report).ok()) << "attempt " << i;
    EXPECT_FALSE(loop_->last_commit_succeeded());
    EXPECT_EQ(reader_->GetSweep("alpha")->counts.running, 1);
  }
  ASSERT_TRUE(PostAndWait(report).ok());
  EXPECT_EQ(acknowledged, 2);
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.succeeded, 1);
  EXPECT_EQ(reader_->Points(id.sweep, id.trial, {}, {})->items.size(), 1u);
  EXPECT_TRUE(loop_->last_commit_succeeded());
  loop_->Stop();
  EXPECT_FALSE(failures_told_.empty());
}

TEST_F(CommitLoopTest, ReadinessComesBackWithTheDiskEvenWhereNobodyCalls) {
  ASSERT_TRUE(PostAndWait(Creating("alpha")).ok());
  {
    const fixtures::FullDisk full(kOnePage);
    EXPECT_FALSE(PostAndWait(Creating("beta")).ok());
    const auto look = [](Coordinator&, Timestamp) { return absl::OkStatus(); };
    EXPECT_FALSE(PostAndWait(look).ok()) << "the disk was tried, and fails still";
    EXPECT_FALSE(loop_->last_commit_succeeded());
    std::promise<size_t> workers;
    EXPECT_TRUE(loop_
                    ->PostLook([&workers](const Coordinator& coordinator) {
                      workers.set_value(coordinator.LiveWorkers().size());
                    })
                    .ok());
    EXPECT_EQ(workers.get_future().get(), 0u) << "what is in memory is known all the same";
  }
  EXPECT_TRUE(fixtures::Await([this] { return loop_->last_commit_succeeded(); }));
  EXPECT_FALSE(reader_->GetSweep("beta").ok());
}

// The command in progress waits for the test, so that the others wait for it.
TEST_F(CommitLoopTest, WhatWouldWaitTooLongIsRefused) {
  std::promise<void> begun;
  std::promise<void> gate;
  std::atomic<int> answered = 0;
  std::atomic<int> refused = 0;
  loop_->Post(
      [&](Coordinator&, Timestamp) {
        begun.set_value();
        gate.get_future().wait();
        return absl::OkStatus();
      },
      [](const absl::Status&) {});
  begun.get_future().wait();
  for (int i = 0; i < kMaxWaiting + 7; ++i) {
    loop_->Post([](Coordinator&, Timestamp) { return absl::OkStatus(); },
                [&](const absl::Status& status) {
                  if (ErrorReason(status) == reason::kOverloaded) ++refused;
                  ++answered;
                });
  }
  EXPECT_EQ(refused, 7);
  for (int i = 0; i < kMaxWaiting; ++i) {
    ASSERT_TRUE(loop_->PostLook([](const Coordinator&) {}).ok());
  }
  EXPECT_EQ(ErrorReason(loop_->PostLook([](const Coordinator&) {})), reason::kOverloaded);
  gate.set_value();
  EXPECT_TRUE(fixtures::Await([&] { return answered == kMaxWaiting + 7; }))
      << "those that were taken are done";
  EXPECT_TRUE(PostAndWait(Creating("later")).ok());
}

TEST_F(CommitLoopTest, CommandsThatHoldMuchMemoryWaitOnlyInBounds) {
  std::promise<void> gate;
  std::promise<void> begun;
  loop_->Post(
      [&](Coordinator&, Timestamp) {
        begun.set_value();
        gate.get_future().wait();
        return absl::OkStatus();
      },
      [](const absl::Status&) {});
  begun.get_future().wait();
  std::atomic<int> done = 0;
  const auto post = [&](size_t bytes) {
    absl::Status refusal;
    loop_->Post([](Coordinator&, Timestamp) { return absl::OkStatus(); },
                [&, refused = &refusal](const absl::Status& status) {
                  if (status.ok()) {
                    ++done;
                  } else {
                    *refused = status;
                  }
                },
                bytes);
    return std::string(ErrorReason(refusal));
  };
  EXPECT_EQ(post(5'000), "") << "alone, anything is taken";
  EXPECT_EQ(post(1), reason::kOverloaded);
  EXPECT_EQ(post(0), "") << "what holds nothing, as a Sync, is not held up";
  gate.set_value();
  EXPECT_TRUE(fixtures::Await([&] { return done == 2; }));
  EXPECT_TRUE(PostAndWait(Creating("later")).ok());
  EXPECT_EQ(post(600), "");
  EXPECT_TRUE(fixtures::Await([&] { return done == 3; }));
}

TEST_F(CommitLoopTest, APauseOfTheCoordinatorItselfCostsNoLease) {
  ASSERT_TRUE(PostAndWait(Creating("alpha")).ok());
  const AttemptId id = RegisterAndClaim();
  clock_ += 3'600'000'000;  // the machine slept for an hour
  EXPECT_TRUE(SyncHolding(id).ok());
  loop_->Stop();
  EXPECT_EQ(leases_expired_, 0);
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.running, 1);
  EXPECT_EQ(reader_->GetTrial(id.sweep, id.trial)->attempt_count, 1);
}

TEST_F(CommitLoopTest, ALockedDatabaseCostsNoLease) {
  ASSERT_TRUE(PostAndWait(Creating("alpha")).ok());
  const AttemptId id = RegisterAndClaim();
  SQLite::Database other(folder_ / "adares.db", SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  for (int i = 0; i < 8; ++i) {
    clock_ += 5'000'000;
    EXPECT_EQ(ErrorReason(SyncHolding(id)), reason::kDatabaseBusy);
  }
  other.exec("ROLLBACK");
  EXPECT_TRUE(SyncHolding(id).ok());
  loop_->Stop();
  EXPECT_EQ(leases_expired_, 0);
  EXPECT_EQ(reader_->GetSweep("alpha")->counts.running, 1);
  EXPECT_EQ(reader_->GetTrial(id.sweep, id.trial)->attempt_count, 1);
}

TEST_F(CommitLoopTest, APauseOfTheCoordinatorItselfCostsNoTimeOfATrial) {
  SweepPlan plan = Plan("alpha", 1);
  plan.schedule.timeout = std::chrono::minutes(1);
  ASSERT_TRUE(PostAndWait([&](Coordinator& coordinator, Timestamp now) {
                return coordinator.CreateSweep(plan, "text", now).status();
              }).ok());
  const AttemptId id = RegisterAndClaim();
  clock_ += 3'600'000'000;  // the machine slept for an hour
  const auto stops = [&] {
    size_t told = 0;
    EXPECT_TRUE(PostAndWait([&](Coordinator& coordinator, Timestamp now) -> absl::Status {
                  ADARES_ASSIGN_OR_RETURN(
                      const SyncOutput output,
                      coordinator.Sync({"w1", "i1", {{id, HeldPhase::kRunning}}, false}, now));
                  told = output.stop.size();
                  return absl::OkStatus();
                }).ok());
    return told;
  };
  EXPECT_EQ(stops(), 0u);
  for (int i = 0; i < 13; ++i) {
    clock_ += 5'000'000;
    ASSERT_TRUE(SyncHolding(id).ok());
  }
  EXPECT_EQ(stops(), 1u) << "what it ran since counts";
}

// Else each report of the batch would be taken for the one that the file refuses.
TEST_F(CommitLoopTest, ACommitThatIsRefusedBlamesNoneOfItsCommands) {
  SQLite::Database other(folder_ / "adares.db", SQLite::OPEN_READWRITE);
  other.exec(
      "CREATE TABLE parent (id INTEGER PRIMARY KEY);"
      "CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);"
      "CREATE TRIGGER dangle AFTER INSERT ON sweep BEGIN INSERT INTO child VALUES (7); END");
  const absl::Status refused = PostAndWait(Creating("alpha"));
  EXPECT_EQ(refused.code(), absl::StatusCode::kInternal) << refused;
  EXPECT_FALSE(IsRefusedByFile(refused));
}

}  // namespace
}  // namespace adares
