// Numbers and times for people and for programs.
#include "client/number_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace adares::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(NumberFormatTest, ShowsWhatDiffers) {
  EXPECT_EQ(ShowNumber(0.98734), "0.9873");
  EXPECT_EQ(ShowNumber(0), "0.0000");
  EXPECT_EQ(ShowNumber(0.00001234), "1.2e-05");
  EXPECT_EQ(ShowNumber(0.000241), "2.4e-04");
  EXPECT_EQ(ShowResult(0.000241), "0.0002");
  EXPECT_EQ(ShowNumber(812.44), "812.4");
  EXPECT_EQ(ShowNumber(123456789), "1.235e+08");
  EXPECT_EQ(ShowNumber(std::nan("")), "nan");
}

TEST(NumberFormatTest, DifferencesHaveASign) {
  EXPECT_EQ(ShowDifference(0.0123), "+0.0123");
  EXPECT_EQ(ShowDifference(-0.0123), "-0.0123");
  EXPECT_EQ(ShowDifference(0.00075), "+0.0008");
  EXPECT_EQ(ShowDifference(0.00001), "+1.0e-05");
  EXPECT_EQ(ShowInterval(-0.01, 0.02), "[-0.0100, +0.0200]");
}

TEST(NumberFormatTest, ExactNumbersReadBackAsTheSame) {
  EXPECT_EQ(ExactNumber(0.1), "0.1");
  EXPECT_EQ(ExactNumber(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(ExactNumber(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(ExactNumber(std::nan("")), "nan");
  EXPECT_EQ(ExactOrEmpty(std::nan("")), "");
}

TEST(NumberFormatTest, DurationsUseTheTwoLargestUnits) {
  EXPECT_EQ(ShowDuration(seconds(0)), "0s");
  EXPECT_EQ(ShowDuration(seconds(59)), "59s");
  EXPECT_EQ(ShowDuration(seconds(72)), "1m12s");
  EXPECT_EQ(ShowDuration(hours(2) + minutes(5)), "2h05m");
  EXPECT_EQ(ShowDuration(hours(76)), "3d04h");
  EXPECT_EQ(ShowDuration(seconds(-5)), "0s");
}

TEST(NumberFormatTest, TimesAreUtc) {
  EXPECT_EQ(IsoTime(FromMicros(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(IsoTime(FromMicros(1'700'000'000'123'456)), "2023-11-14T22:13:20.123456Z");
}

TEST(NumberFormatTest, BytesHaveOneDecimal) {
  EXPECT_EQ(ShowBytes(0), "0 B");
  EXPECT_EQ(ShowBytes(999), "999 B");
  EXPECT_EQ(ShowBytes(1000), "1.0 kB");
  EXPECT_EQ(ShowBytes(999'949), "999.9 kB");
  EXPECT_EQ(ShowBytes(999'950), "1.0 MB");
  EXPECT_EQ(ShowBytes(170'052'171), "170.1 MB");
  EXPECT_EQ(ShowBytes(2'500'000'000'000'000), "2500.0 TB");
}

}  // namespace
}  // namespace adares::client
