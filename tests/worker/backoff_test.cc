#include "worker/agent/backoff.h"

#include <gtest/gtest.h>

namespace adares::worker {
namespace {

using std::chrono::milliseconds;

TEST(BackoffTest, DelaysGrowToTheirBound) {
  Backoff backoff(milliseconds(200), milliseconds(3000));
  for (const int bound : {200, 400, 800, 1600, 3000, 3000}) {
    const Duration delay = backoff.Next();
    EXPECT_GE(delay, milliseconds(bound) / 2);
    EXPECT_LE(delay, milliseconds(bound));
  }
}

TEST(BackoffTest, SuccessBeginsAnew) {
  Backoff backoff(milliseconds(200), milliseconds(3000));
  for (int i = 0; i < 5; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), milliseconds(200));
}

}  // namespace
}  // namespace adares::worker
