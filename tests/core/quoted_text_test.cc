// Foreign text in messages, and what counts as UTF-8.
#include "core/quoted_text.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

TEST(QuotedTextTest, EscapesWhatDoesNotPrint) {
  EXPECT_EQ(Quoted("a\nb\x1b[1m"), "\"a\\nb\\x1b[1m\"");
  EXPECT_EQ(Quoted("\xff gr\xc3\xbc\xc3\x9f"), "\"? gr\xc3\xbc\xc3\x9f\"");
}

TEST(QuotedTextTest, CutsLongTextBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "\xc3\xa4";
  const std::string quoted = Quoted(text);
  EXPECT_LT(quoted.size(), 90U);
  EXPECT_TRUE(quoted.ends_with("...\""));
  EXPECT_TRUE(IsUtf8(quoted));
}

TEST(QuotedTextTest, KnowsUtf8) {
  for (const char* good : {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
}

TEST(QuotedTextTest, RefusesWhatOnlyLooksLikeUtf8) {
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
  for (const char* bad : kBad) EXPECT_FALSE(IsUtf8(bad)) << Quoted(bad);
}

}  // namespace
}  // namespace adares
