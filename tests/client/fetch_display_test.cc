// A download in words.
#include "client/fetch_display.h"

#include <gtest/gtest.h>

namespace adares::client {
namespace {

using std::chrono::seconds;

TEST(FetchDisplayTest, LineHasRateAndTimeLeft) {
  EXPECT_EQ(TransferLine("a.gz", 0, 50'000'000, 200'000'000, seconds(10)),
            "a.gz  50.0 MB of 200.0 MB (25 %)  5.0 MB/s  30s left");
}

TEST(FetchDisplayTest, RateCountsOnlyWhatCameNow) {
  EXPECT_EQ(TransferLine("a.gz", 40'000'000, 50'000'000, 60'000'000, seconds(10)),
            "a.gz  50.0 MB of 60.0 MB (83 %)  1.0 MB/s  10s left");
}

TEST(FetchDisplayTest, NothingIsGuessedBeforeAnythingCame) {
  EXPECT_EQ(TransferLine("a.gz", 1000, 1000, 2000, seconds(3)), "a.gz  1.0 kB of 2.0 kB (50 %)");
  EXPECT_EQ(TransferLine("a.gz", 0, 10, 2000, seconds(0)), "a.gz  10 B of 2.0 kB (0 %)");
}

TEST(FetchDisplayTest, NoTimeIsLeftAtTheEnd) {
  EXPECT_EQ(TransferLine("a.gz", 0, 2000, 2000, seconds(2)),
            "a.gz  2.0 kB of 2.0 kB (100 %)  1.0 kB/s");
}

}  // namespace
}  // namespace adares::client
