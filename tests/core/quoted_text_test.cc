// Foreign text in messages.
#include "core/quoted_text.h"

#include <gtest/gtest.h>

#include "core/utf8.h"

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

}  // namespace
}  // namespace adares
