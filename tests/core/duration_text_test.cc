// Lengths of time as people write them.
#include "core/duration_text.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

TEST(DurationTextTest, ANumberAndItsUnit) {
  EXPECT_EQ(*ParseDuration("30d"), std::chrono::hours(24 * 30));
  EXPECT_EQ(*ParseDuration("12h"), std::chrono::hours(12));
  EXPECT_EQ(*ParseDuration("1.5h"), std::chrono::minutes(90));
  EXPECT_EQ(*ParseDuration("90m"), std::chrono::minutes(90));
  EXPECT_EQ(*ParseDuration("45s"), std::chrono::seconds(45));
  EXPECT_EQ(*ParseDuration("2w"), std::chrono::hours(24 * 14));
  EXPECT_EQ(*ParseDuration("0"), Duration(0));
  EXPECT_EQ(*ParseDuration("0d"), Duration(0));
}

TEST(DurationTextTest, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "d", "30", "30 d", "30D", "thirty d", "3y", "1e999d", "nand", "0x1d"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(DurationTextTest, WhatCannotBeIsRefused) {
  EXPECT_EQ(ParseDuration("-1d").status().message(), "must not be negative");
  EXPECT_EQ(ParseDuration("40000d").status().message(), "is more than a hundred years");
}

}  // namespace
}  // namespace adares
