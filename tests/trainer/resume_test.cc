// The program, killed at random moments and started again, ends with the results of a run that
// nobody killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/tiny_trial.h"
#include "tests/trainer/trainer_process.h"

namespace adares {
namespace {

using trainer_protocol::CheckpointEvent;
using trainer_protocol::CheckpointOrder;
using trainer_protocol::EndEvent;
using trainer_protocol::Event;
using trainer_protocol::ReadyEvent;
using trainer_protocol::TrainCommand;

using Digests = std::map<std::string, std::string>;

// Long enough to be killed in many places: 20 kills let it come to about the 40th of 50
// checkpoints.
TrialSpec LongSpec() {
  TrialSpec spec = TinySpec();
  spec.train.epochs = 25;
  spec.train.optimizer = OptimizerKind::kAdam;
  spec.train.ema_decay = 0.99;
  spec.model.branch_drop = 0.5;
  return spec;
}

TrainCommand Ordered(const std::string& folder, int64_t every_steps) {
  TrainCommand command = Command(LongSpec());
  command.checkpoints = CheckpointOrder{folder, every_steps, 0, true};
  return command;
}

Digests Finish(const TrainCommand& command, int threads) {
  TrainerProcess trainer(threads);
  trainer.UpTo<ReadyEvent>();
  trainer.Send(command);
  const EndEvent end = std::get<EndEvent>(trainer.UpTo<EndEvent>().back());
  EXPECT_EQ(end.reason, EndReason::kFinished) << end.message;
  return end.digests;
}

using Clock = std::chrono::steady_clock;

// How long the trial takes from one checkpoint to the next, with what lies between.
Clock::duration CheckpointCycle(const TrainCommand& command, int threads) {
  constexpr int kCycles = 10;
  TrainerProcess trainer(threads);
  trainer.UpTo<ReadyEvent>();
  trainer.Send(command);
  trainer.UpTo<CheckpointEvent>();
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < kCycles; ++i) trainer.UpTo<CheckpointEvent>();
  return (Clock::now() - begin) / kCycles;
}

// A moment that no event tells: up to two checkpoints after the start or after one of the first
// checkpoints, in a step, an evaluation, a write or before any of them. False where the trial has
// ended before.
bool KillAtRandom(TrainerProcess& trainer, Clock::duration cycle, std::mt19937& random) {
  const int checkpoints = std::uniform_int_distribution(0, 2)(random);
  for (int i = 0; i < checkpoints;) {
    const std::optional<Event> event = trainer.Next();
    if (!event) ADD_FAILURE() << "the trainer left by itself";
    if (!event || std::holds_alternative<EndEvent>(*event)) return false;
    if (std::holds_alternative<CheckpointEvent>(*event)) ++i;
  }
  const double cycles = std::uniform_real_distribution(0.0, 2.0)(random);
  const std::chrono::duration<double, std::milli> delay = cycle * cycles;
  poll(nullptr, 0, static_cast<int>(delay.count()));
  trainer.Signal(SIGKILL);
  return true;
}

std::string FolderOf(const fixtures::TempFolder& folder, int run) {
  return folder / ("run" + std::to_string(run));
}

class ResumeTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, ResumeTest, testing::Values(1, 2));

TEST_P(ResumeTest, TwentyKillsChangeNothing) {
  constexpr int kKills = 20;
  const int threads = GetParam();
  const fixtures::TempFolder folder;
  const Digests whole = Finish(Command(LongSpec()), threads);
  ASSERT_EQ(whole.size(), 2U);
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Clock::duration cycle = CheckpointCycle(Ordered(folder / "timed", 3), threads);
  int runs = 1;
  for (int kills = 0; kills < kKills;) {
    TrainerProcess trainer(threads);
    trainer.UpTo<ReadyEvent>();
    trainer.Send(Ordered(FolderOf(folder, runs), 3));
    if (KillAtRandom(trainer, cycle, random)) {
      ++kills;
    } else {
      ++runs;  // on a machine that has become faster: the other kills are of another run
    }
    ASSERT_LE(runs, kKills);
  }
  for (int run = 1; run <= runs; ++run) {
    EXPECT_EQ(Finish(Ordered(FolderOf(folder, run), 3), threads), whole);
  }
}

}  // namespace
}  // namespace adares
