// What programs say of options that they do not have.
#include "core/unknown_option.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

const std::vector<std::string> kKnown = {"--slots", "--state", "--device"};

TEST(UnknownOptionTest, TheNearestOptionIsMeant) {
  EXPECT_EQ(UnknownOption({"--slot", "2"}, kKnown),
            "there is no option --slot; did you mean --slots?");
  EXPECT_EQ(UnknownOption({"2", "--devcie=cpu"}, kKnown),
            "there is no option --devcie; did you mean --device?");
  EXPECT_EQ(UnknownOption({"--colour"}, kKnown), "there is no option --colour");
}

TEST(UnknownOptionTest, WhatIsNoOptionOrKnownIsNotOne) {
  EXPECT_EQ(UnknownOption({"file", "-", "--", "--slots"}, kKnown), std::nullopt);
}

}  // namespace
}  // namespace adares
