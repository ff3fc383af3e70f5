// What counts as UTF-8, and what only looks like it.
#include "core/utf8.h"

#include <gtest/gtest.h>

#include "core/quoted_text.h"

namespace adares {
namespace {

TEST(Utf8Test, KnowsUtf8) {
  for (const char* good : {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
}

TEST(Utf8Test, MeasuresTheFirstCharacter) {
  EXPECT_EQ(Utf8CharacterBytes(""), 0U);
  EXPECT_EQ(Utf8CharacterBytes("abc"), 1U);
  EXPECT_EQ(Utf8CharacterBytes("\xc3\xa4x"), 2U);
  EXPECT_EQ(Utf8CharacterBytes("\xe2\x82\xacx"), 3U);
  EXPECT_EQ(Utf8CharacterBytes("\xf0\x9f\x98\x80x"), 4U);
}

TEST(Utf8Test, RefusesWhatOnlyLooksLikeUtf8) {
  const char* const kBad[] = {
      "\x80",              // a continuation byte alone
      "\xc3",              // cut off
      "\xc0\xaf",          // overlong, two bytes
      "\xe0\x80\xaf",      // overlong, three bytes
      "\xf0\x80\x80\xaf",  // overlong, four bytes
      "\xed\xa0\x80",      // a surrogate
      "\xf4\x90\x80\x80",  // beyond U+10FFFF
      "\xfe",
  };
  for (const char* bad : kBad) {
    EXPECT_FALSE(IsUtf8(bad)) << Quoted(bad);
    EXPECT_EQ(Utf8CharacterBytes(bad), 0U) << Quoted(bad);
  }
}

TEST(Utf8Test, PrefixNeverCutsACharacter) {
  const std::string text = "ab\xE2\x82\xAC";
  EXPECT_EQ(Utf8Prefix(text, 5), text);
  EXPECT_EQ(Utf8Prefix(text, 4), "ab");
  EXPECT_EQ(Utf8Prefix(text, 3), "ab");
  EXPECT_EQ(Utf8Prefix(text, 2), "ab");
  EXPECT_EQ(Utf8Prefix(text, 1), "a");
  const std::string longest = "ab\xF0\x9F\x98\x80";
  for (size_t limit = 2; limit < 6; ++limit) EXPECT_EQ(Utf8Prefix(longest, limit), "ab") << limit;
  EXPECT_EQ(Utf8Prefix("\xE2\x82\xAC", 2), "");
}

TEST(Utf8Test, PrefixOfWhatIsNoTextIsCutAnywhere) {
  EXPECT_EQ(Utf8Prefix(std::string(10, '\x80'), 6).size(), 6U);
}

}  // namespace
}  // namespace adares
