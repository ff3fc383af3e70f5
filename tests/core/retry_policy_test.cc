// Which ends are tried again, how often, and after how long.
#include "core/retry_policy.h"

#include <gtest/gtest.h>

#include <set>

namespace adares {
namespace {

using std::chrono::seconds;

int Tries(EndReason reason, const RetryBudgets& budgets = {}) {
  int ended = 1;
  while (ended < 100 && DelayBeforeRetry(budgets, reason, ended, 1)) ++ended;
  return ended - 1;
}

TEST(RetryPolicyTest, EachReasonHasItsBudget) {
  EXPECT_EQ(Tries(EndReason::kError), 1);
  EXPECT_EQ(Tries(EndReason::kWorkerLost), 4);
  EXPECT_EQ(Tries(EndReason::kDiverged), 0);
  EXPECT_EQ(Tries(EndReason::kOutOfMemory), 0);
  EXPECT_EQ(Tries(EndReason::kTimeout), 0);
  EXPECT_EQ(Tries(EndReason::kCancelled), 0);
  EXPECT_EQ(Tries(EndReason::kPreempted), 99) << "giving a trial back is nobody's failure";
}

TEST(RetryPolicyTest, ASweepsBudgetCountsInsteadOfTheDefault) {
  EXPECT_EQ(Tries(EndReason::kOutOfMemory, {{EndReason::kOutOfMemory, 2}}), 2);
  EXPECT_EQ(Tries(EndReason::kError, {{EndReason::kError, 0}}), 0);
  EXPECT_EQ(Tries(EndReason::kPreempted, {{EndReason::kPreempted, 0}}), 99);
}

TEST(RetryPolicyTest, DelaysDoubleUpToALimit) {
  const RetryBudgets budgets = {{EndReason::kError, 50}};
  for (int ended = 1; ended <= 50; ++ended) {
    const Duration shortest =
        std::min<Duration>(seconds(5) * (1LL << std::min(ended - 1, 20)), std::chrono::minutes(5));
    const Duration delay = *DelayBeforeRetry(budgets, EndReason::kError, ended, 7);
    EXPECT_GE(delay, shortest) << ended;
    EXPECT_LE(delay, shortest + shortest / 4) << ended;
  }
}

TEST(RetryPolicyTest, PreemptionIsNotWaitedFor) {
  EXPECT_EQ(DelayBeforeRetry({}, EndReason::kPreempted, 3, 7), Duration(0));
}

TEST(RetryPolicyTest, TrialsThatFailedTogetherComeBackApart) {
  std::set<Duration> delays;
  for (uint64_t salt = 0; salt < 100; ++salt) {
    delays.insert(*DelayBeforeRetry({}, EndReason::kError, 1, salt));
  }
  EXPECT_GT(delays.size(), 80U);
  EXPECT_EQ(DelayBeforeRetry({}, EndReason::kError, 1, 5),
            DelayBeforeRetry({}, EndReason::kError, 1, 5));
}

}  // namespace
}  // namespace adares
