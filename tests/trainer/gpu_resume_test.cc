// The program on a CUDA device, killed at random moments and started again. Skipped, and shown as
// that, where there is none.
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "tests/trainer/killed_runs.h"

namespace adares {
namespace {

// Starting costs seconds there, so that there are fewer kills, and more steps between two.
TEST(GpuResumeTest, KillsChangeNothingWhereKernelsAreDeterministic) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "this LibTorch finds no CUDA device";
  KilledRunsPlan plan;
  plan.device = {"--device", "cuda", "--deterministic"};
  plan.kills = 6;
  plan.checkpoint_steps = 20;
  plan.spec = TinySpec();
  plan.spec.train.epochs = 60;  // 18 checkpoints; each epoch has steps of a graph and a short one
  plan.spec.train.optimizer = OptimizerKind::kAdam;
  plan.spec.train.ema_decay = 0.99;
  KilledRuns(plan).ExpectTheSameResults();
}

}  // namespace
}  // namespace adares
