// Runs of the program that are killed at random moments and started again, beside one that nobody
// killed.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/tiny_trial.h"
#include "tests/trainer/trainer_process.h"

namespace adares {

struct KilledRunsPlan {
  TrialSpec spec;  // with enough steps to be killed in many places
  int64_t checkpoint_steps = 3;
  int kills = 20;
  int threads = 1;
  std::vector<std::string> device = {"--device", "cpu"};
};

class KilledRuns {
 public:
  explicit KilledRuns(const KilledRunsPlan& plan) : plan_(plan) {}

  // Kills a run as often as the plan says, or another one where it has ended, and expects of all
  // that they end with the hashes of the one that was left alone.
  void ExpectTheSameResults() {
    const Digests whole = Finish(Command(plan_.spec));
    ASSERT_EQ(whole.size(), 2U);
    const unsigned seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const Clock::duration cycle = CheckpointCycle();
    int runs = 1;
    for (int kills = 0; kills < plan_.kills;) {
      TrainerProcess trainer(plan_.threads, plan_.device);
      trainer.UpTo<trainer_protocol::ReadyEvent>();
      trainer.Send(Ordered(FolderOf(runs)));
      if (KillAtRandom(trainer, cycle, random)) {
        ++kills;
      } else {
        ++runs;  // on a machine that has become faster: the other kills are of another run
      }
      ASSERT_LE(runs, plan_.kills);
    }
    for (int run = 1; run <= runs; ++run) EXPECT_EQ(Finish(Ordered(FolderOf(run))), whole);
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Digests = std::map<std::string, std::string>;

  trainer_protocol::TrainCommand Ordered(const std::string& folder) const {
    trainer_protocol::TrainCommand command = Command(plan_.spec);
    command.checkpoints = {folder, plan_.checkpoint_steps, 0, true};
    return command;
  }

  std::string FolderOf(int run) const { return folder_ / ("run" + std::to_string(run)); }

  Digests Finish(const trainer_protocol::TrainCommand& command) const {
    TrainerProcess trainer(plan_.threads, plan_.device);
    trainer.UpTo<trainer_protocol::ReadyEvent>();
    trainer.Send(command);
    const auto end =
        std::get<trainer_protocol::EndEvent>(trainer.UpTo<trainer_protocol::EndEvent>().back());
    EXPECT_EQ(end.reason, EndReason::kFinished) << end.message;
    return end.digests;
  }

  // How long the trial takes from one checkpoint to the next, with what lies between.
  Clock::duration CheckpointCycle() const {
    constexpr int kCycles = 10;
    TrainerProcess trainer(plan_.threads, plan_.device);
    trainer.UpTo<trainer_protocol::ReadyEvent>();
    trainer.Send(Ordered(folder_ / "timed"));
    trainer.UpTo<trainer_protocol::CheckpointEvent>();
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < kCycles; ++i) trainer.UpTo<trainer_protocol::CheckpointEvent>();
    return (Clock::now() - begin) / kCycles;
  }

  // A moment that no event tells: up to two checkpoints after the start or after one of the first
  // checkpoints, in a step, an evaluation, a write or before any of them. False where the trial has
  // ended before.
  static bool KillAtRandom(TrainerProcess& trainer, Clock::duration cycle, std::mt19937& random) {
    const int checkpoints = std::uniform_int_distribution(0, 2)(random);
    for (int i = 0; i < checkpoints;) {
      const std::optional<trainer_protocol::Event> event = trainer.Next();
      if (!event) ADD_FAILURE() << "the trainer left by itself";
      if (!event || std::holds_alternative<trainer_protocol::EndEvent>(*event)) return false;
      if (std::holds_alternative<trainer_protocol::CheckpointEvent>(*event)) ++i;
    }
    const double cycles = std::uniform_real_distribution(0.0, 2.0)(random);
    const std::chrono::duration<double, std::milli> delay = cycle * cycles;
    poll(nullptr, 0, static_cast<int>(delay.count()));
    trainer.Signal(SIGKILL);
    return true;
  }

  const KilledRunsPlan plan_;
  const fixtures::TempFolder folder_;
};

}  // namespace adares
