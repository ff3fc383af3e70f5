// The generator: known numbers, separate streams, plausible distributions.
#include "worker/trainer/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace adares {
namespace {

TEST(RandomTest, SeedStreamAndIndexSeparate) {
  const uint64_t first = Random(1, RandomStream::kOrder).Next();
  EXPECT_EQ(Random(1, RandomStream::kOrder).Next(), first);
  EXPECT_NE(Random(2, RandomStream::kOrder).Next(), first);
  EXPECT_NE(Random(1, RandomStream::kSplit).Next(), first);
  EXPECT_NE(Random(1, RandomStream::kOrder, 1).Next(), first);
}

TEST(RandomTest, BelowReachesEveryValueEquallyOften) {
  Random random(3, RandomStream::kOrder);
  std::vector<int> counts(7);
  for (int i = 0; i < 7000; ++i) ++counts[random.Below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(RandomTest, NormalHasMeanZeroAndVarianceOne) {
  Random random(3, RandomStream::kWeights);
  constexpr int kCount = 100000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.Normal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.02);
  EXPECT_NEAR(squares / kCount, 1, 0.02);
}

TEST(RandomTest, PermutationHoldsEveryNumberOnce) {
  Random random(3, RandomStream::kSplit);
  std::vector<uint32_t> order = Permutation(1000, random);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
}

}  // namespace
}  // namespace adares
