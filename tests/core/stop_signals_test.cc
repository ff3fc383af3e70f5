// Which signals ask for an end once more.
#include "core/stop_signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace adares {
namespace {

using std::chrono::milliseconds;

const StopSignals::Time kStart(std::chrono::hours(1));

TEST(StopSignalsTest, TheFirstSignalIsARequestHoweverYoungTheMachine) {
  EXPECT_TRUE(StopSignals().IsRequest(SIGTERM, StopSignals::Time()));
}

TEST(StopSignalsTest, TheSameSignalAgainAtOnceIsNoFurtherRequest) {
  StopSignals signals;
  EXPECT_TRUE(signals.IsRequest(SIGTERM, kStart));
  EXPECT_FALSE(signals.IsRequest(SIGTERM, kStart));
  EXPECT_FALSE(signals.IsRequest(SIGTERM, kStart + StopSignals::kEchoes - milliseconds(1)));
  EXPECT_TRUE(signals.IsRequest(SIGTERM, kStart + StopSignals::kEchoes));
  EXPECT_FALSE(signals.IsRequest(SIGTERM, kStart + StopSignals::kEchoes + milliseconds(1)));
}

TEST(StopSignalsTest, AnotherSignalIsARequestAtOnce) {
  StopSignals signals;
  EXPECT_TRUE(signals.IsRequest(SIGTERM, kStart));
  EXPECT_TRUE(signals.IsRequest(SIGINT, kStart));
}

}  // namespace
}  // namespace adares
