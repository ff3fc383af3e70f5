// What lies in the pipes of a trainer when it is given to somebody. The loop does not run
// meanwhile.
#include "worker/agent/trainer_pool.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/fixtures/await.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/worker/manual_event_loop.h"
#include "tests/worker/shell_script.h"
#include "tests/worker/undying.h"

namespace adares::worker {
namespace {

class Owner : public TrainerOwner {
 public:
  void TakeEventLine(Trainer&, std::string_view line) override { events.append(line); }
  void TakeEndlessLine(Trainer&) override {}
  void TakeLog(Trainer&, std::string_view bytes) override { log.append(bytes); }
  void TakeExit(Trainer&, const TrainerExit&) override { exited = true; }

  std::string events;
  std::string log;
  bool exited = false;
};

class TrainerPoolTest : public ::testing::Test {
 protected:
  ~TrainerPoolTest() override {
    pool_.reset();
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a trainer is left";
    EXPECT_EQ(errno, ECHILD);
  }

  // A trainer that waits in the pool and has done what `script` says, the same for all.
  void KeepOneThat(const std::string& script) {
    const std::string marker = folder_ / "marker";
    TrainerProgram program;
    program.path = folder_ / "trainer.sh";
    if (!std::filesystem::exists(program.path)) {
      ShellScript(folder_, script + "; echo > " + marker + "; exec sleep 1000");
    }
    auto trainer = Trainer::Start(io_, program, owner_);
    ASSERT_TRUE(trainer.ok()) << trainer.status();
    pids_.push_back((*trainer)->pid());
    pool_->Keep(*std::move(trainer));
    ASSERT_TRUE(fixtures::Await([&marker] { return std::filesystem::exists(marker); }));
  }

  void RunUntilEmpty() {
    while (!pool_->is_done()) {
      io_.restart();
      ASSERT_GT(io_.run_one_for(fixtures::kPatience), 0U);
    }
  }

  fixtures::TempFolder folder_;
  boost::asio::io_context io_;
  ManualEventLoop loop_{io_};
  Owner owner_;
  int changes_ = 0;
  std::vector<pid_t> pids_;
  std::optional<TrainerPool> pool_{std::in_place, loop_, TrainerLimits(), [this] { ++changes_; }};
};

TEST_F(TrainerPoolTest, WhatWasPrintedBetweenTrialsIsOfNone) {
  KeepOneThat("echo between");
  const auto trainer = pool_->Take();
  ASSERT_NE(trainer, nullptr);
  EXPECT_TRUE(pool_->is_done());
  trainer->BelongTo(owner_);
  trainer->DrainLog();
  EXPECT_EQ(owner_.log, "");
}

TEST_F(TrainerPoolTest, OneThatSpokeOutOfTurnIsKilled) {
  KeepOneThat("echo '{}' >&3");
  EXPECT_EQ(pool_->Take(), nullptr);
  EXPECT_EQ(pool_->leaving(), 1);
  RunUntilEmpty();
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(owner_.events, "");
  EXPECT_FALSE(owner_.exited);
}

TEST_F(TrainerPoolTest, TheOneThatWaitedLeastIsTaken) {
  KeepOneThat("true");
  std::filesystem::remove(folder_ / "marker");
  KeepOneThat("true");
  for (const pid_t pid : {pids_[1], pids_[0]}) {
    const auto trainer = pool_->Take();
    ASSERT_NE(trainer, nullptr);
    EXPECT_EQ(trainer->pid(), pid);
  }
  EXPECT_EQ(pool_->Take(), nullptr);
}

TEST_F(TrainerPoolTest, OneOfAProgramThatWasReplacedLeaves) {
  KeepOneThat("true");
  const std::filesystem::path program = folder_ / "trainer.sh";
  std::filesystem::copy(program, folder_ / "new");
  std::filesystem::rename(folder_ / "new", program);
  EXPECT_EQ(pool_->Take(), nullptr);
  EXPECT_EQ(pool_->leaving(), 1);
}

TEST_F(TrainerPoolTest, OneThatDoesNotLeaveIsKilled) {
  KeepOneThat("true");
  pool_->Drain();
  EXPECT_EQ(pool_->Take(), nullptr);
  EXPECT_EQ(pool_->leaving(), 1);
  loop_.Advance(TrainerPool::kLeaveGrace);
  RunUntilEmpty();
}

TEST_F(TrainerPoolTest, OneThatDoesNotDieIsStuckAndNotWaitedFor) {
  if (!Undying::MayBeAny()) GTEST_SKIP() << "no process may be traced but by its ancestors";
  KeepOneThat("true");
  Undying undying(pids_[0]);
  pool_->Drain();
  loop_.Advance(TrainerPool::kLeaveGrace);
  EXPECT_EQ(pool_->stuck(), 0);
  EXPECT_FALSE(pool_->is_done());
  loop_.Advance(TrainerPool::kDrainDeathLimit);
  EXPECT_EQ(pool_->stuck(), 1);
  EXPECT_EQ(pool_->leaving(), 1) << "it holds its slot";
  EXPECT_TRUE(pool_->is_done());
  EXPECT_EQ(changes_, 1);
  undying.Release();
  io_.restart();
  while (pool_->stuck() > 0) ASSERT_GT(io_.run_one_for(fixtures::kPatience), 0U);
  EXPECT_EQ(changes_, 2);
}

}  // namespace
}  // namespace adares::worker
