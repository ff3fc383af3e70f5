// Which residual branches a step leaves out: how probably, and by which numbers.
#include "worker/trainer/branch_drop.h"

#include <gtest/gtest.h>

#include <vector>

namespace adares {
namespace {

// Nine blocks.
ModelSpec Spec(double drop) {
  ModelSpec spec;
  spec.depth = 20;
  spec.branch_drop = drop;
  return spec;
}

TEST(BranchDropTest, SurvivalFallsEvenlyToThatOfTheLastBlock) {
  // p_l = 1 - l / L * (1 - p_L) for the blocks l = 1..L.
  EXPECT_DOUBLE_EQ(SurvivalOf(0.5, 0, 4), 0.875);
  EXPECT_DOUBLE_EQ(SurvivalOf(0.5, 1, 4), 0.75);
  EXPECT_DOUBLE_EQ(SurvivalOf(0.5, 3, 4), 0.5);
  EXPECT_DOUBLE_EQ(SurvivalOf(0.2, 53, 54), 0.8);
  EXPECT_EQ(SurvivalOf(0, 3, 4), 1);
}

TEST(BranchDropTest, EachBlockSurvivesAsOftenAsItShould) {
  constexpr int kSteps = 20'000;
  Random random(1, RandomStream::kBranches);
  std::vector<double> kept(9);
  for (int step = 0; step < kSteps; ++step) {
    const KeptBranches branches = DrawKeptBranches(Spec(0.8), random);
    ASSERT_EQ(branches.size(), 9u);
    for (size_t i = 0; i < 9; ++i) kept[i] += branches[i];
  }
  // Standard errors are below 0.0036.
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_NEAR(kept[i] / kSteps, 1 - 0.8 * static_cast<double>(i + 1) / 9, 0.018) << i;
  }
}

TEST(BranchDropTest, TakesOneNumberForEachBlockWhateverComesOfIt) {
  Random random(5, RandomStream::kBranches);
  Random by_hand(5, RandomStream::kBranches);
  for (const double drop : {0.01, 0.5, 0.99}) {
    const KeptBranches branches = DrawKeptBranches(Spec(drop), random);
    for (size_t i = 0; i < 9; ++i) {
      const double survival = 1 - drop * static_cast<double>(i + 1) / 9;
      EXPECT_EQ(branches[i] != 0, by_hand.Uniform() < survival) << drop << " " << i;
    }
  }
  EXPECT_EQ(random.state(), by_hand.state());
}

TEST(BranchDropTest, ALargerShareDropsMoreOfTheSame) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random first(seed, RandomStream::kBranches);
    Random second(seed, RandomStream::kBranches);
    const KeptBranches few = DrawKeptBranches(Spec(0.3), first);
    const KeptBranches more = DrawKeptBranches(Spec(0.6), second);
    for (size_t i = 0; i < 9; ++i) EXPECT_LE(more[i], few[i]);
  }
}

TEST(BranchDropTest, WithoutItNothingIsDrawn) {
  Random random(5, RandomStream::kBranches);
  EXPECT_TRUE(DrawKeptBranches(Spec(0), random).empty());
  EXPECT_EQ(random.state(), Random(5, RandomStream::kBranches).state());
}

}  // namespace
}  // namespace adares
