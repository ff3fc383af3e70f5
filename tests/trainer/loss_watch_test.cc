// Losses that leave what they were, and come back.
#include "worker/trainer/loss_watch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace adares {
namespace {

// Adds `loss` `count` times; the changes by the number of losses seen, negative where cleared.
std::vector<int64_t> Add(LossWatch& watch, double loss, int count) {
  std::vector<int64_t> changes;
  for (int i = 0; i < count; ++i) {
    const auto raised = watch.Add(loss);
    if (raised) changes.push_back(*raised ? watch.state().steps : -watch.state().steps);
  }
  return changes;
}

TEST(LossWatchTest, ASteadyLossRaisesNothing) {
  LossWatch watch;
  EXPECT_TRUE(Add(watch, 2.3, 500).empty());
  EXPECT_NE(watch.Describe().find("is 2.3 over the last 10 steps, and was 2.3"), std::string::npos)
      << watch.Describe();
}

// After 1000 losses of 1 come losses of 10. After k of them the short mean is 10 - 9 * 0.9^k and
// the long one 10 - 9 * 0.99^k (their starts at 0 are forgotten): 3.439 against a limit of 2
// * 1.267 + 1 = 3.535 after three, and 4.095 against 3.71 after four.
TEST(LossWatchTest, IsRaisedWhenTheShortMeanPassesTwiceTheLongOneAndOne) {
  LossWatch watch;
  EXPECT_TRUE(Add(watch, 1, 1000).empty());
  EXPECT_EQ(Add(watch, 10, 200), (std::vector<int64_t>{1004}));
}

// The long mean stands still at 10 - 9 * 0.99^4 = 1.355. The limit is 3.709, and the flag is
// cleared below 2.532.
TEST(LossWatchTest, IsClearedInTheLowerHalfOfTheGap) {
  LossWatch watch;
  Add(watch, 1, 1000);
  EXPECT_EQ(Add(watch, 10, 4), (std::vector<int64_t>{1004}));
  // The short mean is 1 + 3.0951 * 0.9^k: 2.644 after six, 2.480 after seven.
  EXPECT_EQ(Add(watch, 1, 100), (std::vector<int64_t>{-1011}));
}

TEST(LossWatchTest, OneBadBatchOfALossThatIsNearZeroIsNoDivergence) {
  LossWatch watch;
  Add(watch, 0.01, 1000);
  EXPECT_TRUE(Add(watch, 5, 1).empty());
  EXPECT_TRUE(Add(watch, 0.01, 100).empty());
}

TEST(LossWatchTest, TheFirstHundredStepsRaiseNothing) {
  LossWatch watch;
  Add(watch, 1, 10);
  EXPECT_TRUE(Add(watch, 1000, 90).empty());
}

TEST(LossWatchTest, PassesOverWhatIsNotFinite) {
  LossWatch watch;
  Add(watch, 1, 200);
  EXPECT_TRUE(Add(watch, std::numeric_limits<double>::infinity(), 1).empty());
  EXPECT_TRUE(Add(watch, std::nan(""), 1).empty());
  EXPECT_EQ(watch.state().steps, 200);
}

TEST(LossWatchTest, GoesOnFromItsState) {
  LossWatch first;
  Add(first, 1, 1000);
  Add(first, 10, 2);
  LossWatch second;
  second.Restore(first.state());
  EXPECT_EQ(Add(second, 10, 2), (std::vector<int64_t>{1004}));
}

}  // namespace
}  // namespace adares
