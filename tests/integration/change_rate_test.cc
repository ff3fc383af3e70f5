// How much one machine may change in a time: the stock by itself, and what a client is told.
#include "server/services/change_rate.h"

#include <gmock/gmock.h>

#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kPeer[] = "ipv4:10.0.0.7:41234";

class StockTest : public testing::Test {
 protected:
  // How many changes of cost 1 it may make now.
  int Count(std::string_view peer, ChangeRate::Instant now) {
    int count = 0;
    while (count < 10'000 && rate_.Take(peer, now).ok()) ++count;
    return count;
  }

  ChangeRate rate_{{.per_second = 10, .burst = 50}};
  const ChangeRate::Instant start_{seconds(1'000'000)};
};

TEST_F(StockTest, ItIsUsedUpAndGrowsBack) {
  EXPECT_EQ(Count(kPeer, start_), 50);
  EXPECT_EQ(Count(kPeer, start_ + milliseconds(500)), 5);
  EXPECT_EQ(Count(kPeer, start_ + seconds(3600)), 50) << "it is never more than the whole";
  const absl::Status refused = rate_.Take(kPeer, start_ + seconds(3600));
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(refused), reason::kOverloaded);
}

TEST_F(StockTest, WhatIsLargeIsLentAndPaidBack) {
  EXPECT_TRUE(rate_.Take(kPeer, start_).ok());
  rate_.Charge(kPeer, 89, start_);
  const absl::Status refused = rate_.Take(kPeer, start_ + seconds(3));
  EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("10 a second; try again in 2 s"));
  EXPECT_EQ(Count(kPeer, start_ + seconds(5)), 10);
  rate_.Charge(kPeer, 20, start_ + seconds(5));
  EXPECT_EQ(Count(kPeer, start_ + seconds(7)), 0);
  EXPECT_EQ(Count(kPeer, start_ + seconds(8)), 10);
}

TEST_F(StockTest, AMachineHasOneForAllOfItsConnections) {
  EXPECT_EQ(Count("ipv4:10.0.0.7:1", start_), 50);
  EXPECT_EQ(Count("ipv4:10.0.0.7:2", start_), 0);
  EXPECT_EQ(Count("ipv6:%5B2001:db8::7%5D:1", start_), 50);
  EXPECT_EQ(Count("ipv6:%5B2001:db8::7%5D:2", start_), 0);
  EXPECT_EQ(Count("ipv4:10.0.0.8:1", start_), 50);
}

TEST_F(StockTest, SoManyMachinesThatTheyAreNotKeptApartShareOne) {
  for (size_t i = 0; i < ChangeRate::kMostPeers; ++i) {
    EXPECT_TRUE(rate_.Take("ipv4:" + std::to_string(i) + ":1", start_).ok());
  }
  EXPECT_EQ(Count("ipv4:a:1", start_), 50);
  EXPECT_EQ(Count("ipv4:b:1", start_), 0);
  EXPECT_EQ(Count("ipv4:b:1", start_ + seconds(60)), 50) << "others are forgotten by then";
}

using ChangeRateTest = ServerTest;

TEST_F(ChangeRateTest, WhoChangesTooMuchIsRefusedAndReadsOn) {
  Stop();
  config_.change_rate = {.per_second = 0.001, .burst = 2};
  Start();
  Create({.name = "a"});
  ADARES_ASSERT_OK(Cancel("sweeps/a"));
  const auto refused = Cancel("sweeps/a");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(refused), reason::kOverloaded);
  EXPECT_EQ(Sweep("a").state(), v1::Sweep::STATE_CANCELLED);
}

TEST_F(ChangeRateTest, WorkersThatRegisterCountAndThoseThatHaveGoOn) {
  Stop();
  config_.change_rate = {.per_second = 0.001, .burst = 1};
  Start();
  const ScriptedWorker first(channel_, "first", "i");
  ADARES_ASSERT_OK(first.Register());
  // What has grown back since, however little, lets one more through.
  (void)ScriptedWorker(channel_, "second", "i").Register();
  EXPECT_EQ(Reason(ScriptedWorker(channel_, "third", "i").Register()), reason::kOverloaded);
  ADARES_ASSERT_OK(first.Sync());
}

}  // namespace
}  // namespace adares
