#include "worker/agent/utf8.h"

#include <gtest/gtest.h>

#include <vector>

namespace adares::worker {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";

TEST(Utf8Test, KeepsWellFormedText) {
  const std::string text = "plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80";
  EXPECT_EQ(ReplaceInvalidUtf8(text), text);
}

TEST(Utf8Test, ReplacesEachByteThatBelongsToNoCharacter) {
  const std::vector<std::string> malformed = {
      "\x80",              // continuation without a lead
      "\xC3",              // cut off
      "\xC0\x80",          // overlong in two bytes
      "\xE0\x80\x80",      // overlong in three
      "\xF0\x80\x80\x80",  // overlong in four
      "\xED\xA0\x80",      // a surrogate
      "\xF4\x90\x80\x80",  // beyond U+10FFFF
      "\xFF",
  };
  for (const std::string& bytes : malformed) {
    std::string expected = "a";
    for (size_t i = 0; i < bytes.size(); ++i) expected += kReplacement;
    EXPECT_EQ(ReplaceInvalidUtf8("a" + bytes + "b"), expected + "b");
  }
}

TEST(Utf8Test, ReplacesNul) {
  EXPECT_EQ(ReplaceInvalidUtf8(std::string("a\0b", 3)), std::string("a") + kReplacement + "b");
}

}  // namespace
}  // namespace adares::worker
