// The program, killed at random moments and started again, ends with the results of a run that
// nobody killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <map>
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

// Long enough to be killed in many places.
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

// A moment that no event tells: after the training began, at random within about two checkpoints.
void KillAtRandom(TrainerProcess& trainer, std::mt19937& random) {
  const int checkpoints = std::uniform_int_distribution(1, 2)(random);
  for (int i = 0; i < checkpoints; ++i) trainer.UpTo<CheckpointEvent>();
  poll(nullptr, 0, std::uniform_int_distribution(0, 40)(random));
  trainer.Signal(SIGKILL);
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
  for (int i = 0; i < kKills; ++i) {
    TrainerProcess trainer(threads);
    trainer.UpTo<ReadyEvent>();
    trainer.Send(Ordered(folder / "trial", 3));
    KillAtRandom(trainer, random);
  }
  EXPECT_EQ(Finish(Ordered(folder / "trial", 3), threads), whole);
}

}  // namespace
}  // namespace adares
