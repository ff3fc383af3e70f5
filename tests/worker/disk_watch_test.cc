// When a disk that failed is tried again.
#include "worker/agent/disk_watch.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/worker/manual_event_loop.h"

namespace adares::worker {
namespace {

using std::chrono::seconds;

constexpr seconds kMoment{1};

class DiskWatchTest : public ::testing::Test {
 protected:
  // Something is in the folder's way.
  void Block() {
    std::filesystem::remove_all(attempts_);
    std::ofstream(attempts_) << "in the way";
  }
  void Unblock() { std::filesystem::remove(attempts_); }

  fixtures::TempFolder state_;
  const std::filesystem::path attempts_ = state_ / "attempts";
  AttemptFolders folders_ = AttemptFolders::Open(state_.path()).value();
  boost::asio::io_context io_;
  ManualEventLoop loop_{io_};
  int changes_ = 0;
  DiskWatch watch_{loop_, folders_, [this] { ++changes_; }};
};

TEST_F(DiskWatchTest, ADiskThatTakesFilesAgainIsOfUseAfterAPause) {
  EXPECT_FALSE(watch_.has_failed());
  watch_.Failed(0);
  watch_.Failed(0);  // another attempt's
  EXPECT_TRUE(watch_.has_failed());
  EXPECT_EQ(changes_, 1);
  loop_.Advance(DiskWatch::kFirstPause - kMoment);
  EXPECT_TRUE(watch_.has_failed());
  loop_.Advance(kMoment);
  EXPECT_FALSE(watch_.has_failed());
  EXPECT_EQ(changes_, 2);
}

TEST_F(DiskWatchTest, PausesGrow) {
  watch_.Failed(0);
  Block();
  loop_.Advance(seconds(10 + 20 + 40));
  Unblock();
  loop_.Advance(seconds(80) - kMoment);
  EXPECT_TRUE(watch_.has_failed());
  loop_.Advance(kMoment);
  EXPECT_FALSE(watch_.has_failed());
}

TEST_F(DiskWatchTest, PausesDoNotGrowForEver) {
  watch_.Failed(0);
  Block();
  loop_.Advance(std::chrono::hours(10));
  Unblock();
  loop_.Advance(DiskWatch::kLongestPause);
  EXPECT_FALSE(watch_.has_failed());
}

TEST_F(DiskWatchTest, ADiskThatFailsAgainSoonIsTriedLessOften) {
  watch_.Failed(0);
  loop_.Advance(DiskWatch::kFirstPause);
  ASSERT_FALSE(watch_.has_failed());
  watch_.Failed(0);
  loop_.Advance(2 * DiskWatch::kFirstPause - kMoment);
  EXPECT_TRUE(watch_.has_failed());
  loop_.Advance(kMoment);
  EXPECT_FALSE(watch_.has_failed());
  loop_.Advance(DiskWatch::kCalm);
  watch_.Failed(0);
  loop_.Advance(DiskWatch::kFirstPause);
  EXPECT_FALSE(watch_.has_failed()) << "it had been well for long";
}

TEST_F(DiskWatchTest, ThereMustBeRoomForWhatWasNeeded) {
  const fixtures::FullDisk full(8 << 20);
  watch_.Failed(3 << 20);
  watch_.Failed(9 << 20);
  watch_.Failed(1 << 20);
  loop_.Advance(std::chrono::hours(1));
  EXPECT_TRUE(watch_.has_failed());
}

TEST_F(DiskWatchTest, ALittleRoomIsAlwaysWanted) {
  const fixtures::FullDisk full(DiskWatch::kLeastRoom / 2);
  watch_.Failed(0);
  loop_.Advance(std::chrono::hours(1));
  EXPECT_TRUE(watch_.has_failed());
}

TEST_F(DiskWatchTest, MoreThanADiskMayEverHaveIsNotWaitedFor) {
  const fixtures::FullDisk full(DiskWatch::kMostRoom + (1 << 20));
  watch_.Failed(int64_t{1} << 50);
  loop_.Advance(DiskWatch::kFirstPause);
  EXPECT_FALSE(watch_.has_failed());
}

}  // namespace
}  // namespace adares::worker
