// The program, killed at random moments and started again, ends with the results of a run that
// nobody killed.
#include <gtest/gtest.h>

#include "tests/trainer/killed_runs.h"

namespace adares {
namespace {

class ResumeTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, ResumeTest, testing::Values(1, 2));

TEST_P(ResumeTest, TwentyKillsChangeNothing) {
  KilledRunsPlan plan;
  plan.threads = GetParam();
  // Long enough for 20 kills: they let it come to about the 40th of 50 checkpoints.
  plan.spec = TinySpec();
  plan.spec.train.epochs = 25;
  plan.spec.train.optimizer = OptimizerKind::kAdam;
  plan.spec.train.ema_decay = 0.99;
  plan.spec.model.branch_drop = 0.5;
  KilledRuns(plan).ExpectTheSameResults();
}

}  // namespace
}  // namespace adares
