// Transactions and savepoints: what is not committed never happened, and a crash loses nothing that
// was acknowledged.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <cerrno>
#include <set>

#include "core/status.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::HasSubstr;

using TransactionTest = StoreTest;

std::vector<MetricPoint> OnePoint(const std::string& key, int64_t step) {
  return {{key, step, 0, static_cast<double>(step)}};
}

TEST_F(TransactionTest, WritingOutsideOneIsRefused) {
  const absl::Status status = store_->InsertSweep(MakePlan({}), "", At(0)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(status.ToString(), HasSubstr("there is no transaction"));
  EXPECT_EQ(store_->Commit().code(), absl::StatusCode::kInternal);
}

TEST_F(TransactionTest, WhatIsRolledBackLeavesNothing) {
  ADARES_ASSERT_OK(store_->Begin());
  ADARES_ASSERT_OK(store_->InsertSweep(MakePlan({}), "", At(0)).status());
  store_->Rollback();
  Reopen();
  EXPECT_EQ(NewReader()->GetSweep("sweep-a").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TransactionTest, WhatIsNotCommittedIsNotSeenAndDoesNotSurvive) {
  ADARES_ASSERT_OK(store_->Begin());
  ADARES_ASSERT_OK(store_->InsertSweep(MakePlan({}), "", At(0)).status());
  EXPECT_EQ(NewReader()->GetSweep("sweep-a").status().code(), absl::StatusCode::kNotFound);
  Reopen();
  EXPECT_EQ(NewReader()->GetSweep("sweep-a").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TransactionTest, ASavepointFailsAlone) {
  ADARES_ASSERT_OK(store_->Begin());
  for (const char* name : {"first", "second", "third"}) {
    ADARES_ASSERT_OK(store_->BeginSavepoint());
    ADARES_ASSERT_OK(store_->InsertSweep(MakePlan({.name = name}), "", At(0)).status());
    if (name == std::string("second")) {
      store_->RollbackSavepoint();
    } else {
      ADARES_ASSERT_OK(store_->ReleaseSavepoint());
    }
  }
  ADARES_ASSERT_OK(store_->Commit());
  Reopen();
  EXPECT_TRUE(NewReader()->GetSweep("first").ok());
  EXPECT_FALSE(NewReader()->GetSweep("second").ok());
  EXPECT_TRUE(NewReader()->GetSweep("third").ok());
}

TEST_F(TransactionTest, ACommandThatFailsHalfwayIsTakenBackWhole) {
  SweepPlan plan = MakePlan({});
  plan.trials.push_back(plan.trials.front());  // its last trial breaks a unique key
  ADARES_ASSERT_OK(store_->Begin());
  ADARES_ASSERT_OK(store_->BeginSavepoint());
  EXPECT_FALSE(store_->InsertSweep(plan, "", At(0)).ok());
  store_->RollbackSavepoint();
  ADARES_ASSERT_OK(store_->InsertSweep(MakePlan({.name = "good"}), "", At(0)).status());
  ADARES_ASSERT_OK(store_->Commit());
  EXPECT_FALSE(NewReader()->GetSweep("sweep-a").ok());
  EXPECT_EQ(NewReader()->Counts()->trials.queued, 4);
}

TEST_F(TransactionTest, NamesThatWereRolledBackAreMadeAgain) {
  Insert(MakePlan({}));
  const LiveAttempt attempt = Claim();
  ADARES_ASSERT_OK(store_->Begin());
  ASSERT_TRUE(store_->AppendPoints(attempt, OnePoint("whole", 1)).ok());
  store_->Rollback();
  ADARES_ASSERT_OK(store_->Begin());
  ADARES_ASSERT_OK(store_->BeginSavepoint());
  ASSERT_TRUE(store_->AppendPoints(attempt, OnePoint("part", 1)).ok());
  store_->RollbackSavepoint();
  ASSERT_TRUE(store_->AppendPoints(attempt, OnePoint("other", 1)).ok());
  ASSERT_TRUE(store_->AppendPoints(attempt, OnePoint("part", 1)).ok());
  ASSERT_TRUE(store_->AppendPoints(attempt, OnePoint("whole", 1)).ok());
  ADARES_ASSERT_OK(store_->Commit());
  const auto points = NewReader()->Points("sweep-a", attempt.id.trial, {}, {});
  ASSERT_TRUE(points.ok()) << points.status();
  ASSERT_EQ(points->items.size(), 3u);
  EXPECT_EQ(points->items[0].key, "other");
  EXPECT_EQ(points->items[1].key, "part");
  EXPECT_EQ(points->items[2].key, "whole");
}

TEST_F(TransactionTest, RevisionsGrowAndSurviveAReopening) {
  const int64_t first = store_->revision();
  Insert(MakePlan({}));
  EXPECT_EQ(store_->revision(), first + 1);
  Claim();
  EXPECT_EQ(store_->revision(), first + 2);
  Reopen();
  const int64_t reopened = store_->revision();
  EXPECT_GT(reopened, first + 2);
  Claim();
  EXPECT_EQ(store_->revision(), reopened + 1);
}

TEST_F(TransactionTest, TheFileIsInTheModesThatMakeCommitsDurable) {
  SQLite::Database database(path_);
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
}

// Commits one point after another and writes each committed step to `pipe`, until it is killed.
[[noreturn]] void CommitUntilKilled(const std::string& path, const AttemptId& id, int64_t step,
                                    int pipe) {
  auto store = Store::Open(path, At(0));
  if (!store.ok()) _exit(1);
  const auto attempt = (*store)->FindLiveAttempt(id);
  if (!attempt.ok() || !attempt->has_value()) _exit(2);
  for (;; ++step) {
    if (!(*store)->Begin().ok()) _exit(3);
    if (!(*store)->AppendPoints(**attempt, OnePoint("train/loss", step)).ok()) _exit(4);
    if (!(*store)->Commit().ok()) _exit(5);
    if (write(pipe, &step, sizeof step) != sizeof step) _exit(6);
  }
}

// Reads steps until `count` have come, then kills the child, then reads what it still wrote.
std::set<int64_t> KillAfter(size_t count, pid_t child, int pipe) {
  std::set<int64_t> acknowledged;
  bool killed = false;
  int64_t step = 0;
  for (;;) {
    const ssize_t size = read(pipe, &step, sizeof step);
    if (size < 0 && errno == EINTR) continue;
    if (size != sizeof step) return acknowledged;
    acknowledged.insert(step);
    if (acknowledged.size() < count || killed) continue;
    kill(child, SIGKILL);
    killed = true;
  }
}

TEST_F(TransactionTest, EveryAcknowledgedCommitSurvivesAKill) {
  Insert(MakePlan({}));
  const AttemptId id = Claim().id;
  store_.reset();
  std::set<int64_t> acknowledged;
  for (const size_t commits : {1, 7, 40, 200}) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const int64_t first = acknowledged.empty() ? 0 : *acknowledged.rbegin() + 1000;
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) CommitUntilKilled(path_, id, first, ends[1]);
    close(ends[1]);
    acknowledged.merge(KillAfter(commits, child, ends[0]));
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
  }
  Reopen();
  const auto points =
      NewReader()->Points("sweep-a", id.trial, {}, {.size = 1'000'000, .token = ""});
  ASSERT_TRUE(points.ok()) << points.status();
  std::set<int64_t> found;
  for (const MetricPoint& point : points->items) found.insert(point.step);
  for (const int64_t step : acknowledged) EXPECT_TRUE(found.contains(step)) << step;
  EXPECT_LE(found.size(), acknowledged.size() + 4) << "at most one a kill without its answer";
  EXPECT_EQ(SQLite::Database(path_).execAndGet("PRAGMA integrity_check").getString(), "ok");
}

}  // namespace
}  // namespace adares
