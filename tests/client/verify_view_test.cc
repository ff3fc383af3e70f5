// What `adares trial verify` says of its verdict, and of another program.
#include "client/verify_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "nlohmann/json.hpp"

namespace adares::client {
namespace {

using testing::HasSubstr;

constexpr char kProgram[] = "trainer_commit is 1f2e3d4c, was 90feb30a";

Verification Verified(const std::string& now) {
  Verification result;
  result.trial = "sweeps/s/trials/0123456789ab";
  result.attempt = 1;
  result.worker = "workers/w1";
  result.then = {{"results", "aa"}};
  result.now = {{"results", now}};
  return result;
}

TEST(VerifyViewTest, TheSameProgramNeedsNoWords) {
  EXPECT_THAT(VerificationText(Verified("aa"), false),
              HasSubstr("attempt 1 on w1: identical to the last bit\n"));
  EXPECT_THAT(VerificationText(Verified("bb"), false),
              HasSubstr("different, though nothing that decides over bits differs\n"));
}

TEST(VerifyViewTest, AnotherProgramStandsBesideTheVerdict) {
  Verification identical = Verified("aa");
  identical.program = kProgram;
  EXPECT_THAT(VerificationText(identical, false),
              HasSubstr(std::string("identical to the last bit, by another program: ") + kProgram));
  Verification different = Verified("bb");
  different.program = kProgram;
  EXPECT_THAT(VerificationText(different, false),
              HasSubstr(std::string("different, as another program may be: ") + kProgram));
  const auto json = nlohmann::json::parse(VerificationJson(different));
  EXPECT_EQ(json["verdict"], "different");
  EXPECT_EQ(json["programDifference"], kProgram);
  EXPECT_EQ(json["difference"], "");
}

TEST(VerifyViewTest, WhatCannotBeComparedHasTheWayOutOfItsCause) {
  Verification result = Verified("");
  result.now.clear();
  result.difference = "class is cpu/threads=1, was cpu/threads=2";
  EXPECT_THAT(VerificationText(result, false), HasSubstr("Verify it where the attempt ran"));
  result.threads_missed = "2";
  const std::string text = VerificationText(result, false);
  EXPECT_THAT(text, HasSubstr(": class is cpu/threads=1, was cpu/threads=2\nIt was not trained "
                              "again. Leave --threads out, or give it the number that the attempt "
                              "had: 2.\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("Verify it")));
}

}  // namespace
}  // namespace adares::client
