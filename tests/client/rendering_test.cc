// Tables, CSV, JSON, and the widths they rest on.
#include <gtest/gtest.h>

#include "client/csv.h"
#include "client/json.h"
#include "client/table.h"
#include "client/text_width.h"
#include "nlohmann/json.hpp"
#include "tests/client/messages.h"

namespace adares::client {
namespace {

TEST(TextWidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(TextWidth("resnet"), 6);
  EXPECT_EQ(TextWidth("Größe"), 5);
  EXPECT_EQ(TextWidth("e\xCC\x81"), 1);  // e with a combining acute accent
  EXPECT_EQ(TextWidth("重み"), 4);
  EXPECT_EQ(TextWidth("\xFF\xFE"), 2);  // no UTF-8
  EXPECT_EQ(TextWidth("\xE9"), 1);      // a character that breaks off
}

TEST(TextWidthTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutToWidth("granularity", 11), "granularity");
  EXPECT_EQ(CutToWidth("granularity", 5), "gran~");
  EXPECT_EQ(CutToWidth("重みの値", 4), "重~");
  EXPECT_EQ(CutToWidth("abc", 0), "");
}

TEST(TextWidthTest, OneLineKeepsTheCursorInPlace) {
  EXPECT_EQ(OneLine("a\x1b[2Jb\nc\td"), "a [2Jb c d");
}

TEST(TableTest, AlignsColumnsAndLeavesNoTrailingBlanks) {
  const Table table = {{{"NAME"}, {"N", true}, {"NOTE"}},
                       {{"a", "1", "x"}, {"größer", "100", ""}, {"重み", "22", "long text"}}};
  EXPECT_EQ(RenderTable(table),
            "NAME      N  NOTE\n"
            "a         1  x\n"
            "größer  100\n"
            "重み     22  long text\n");
}

TEST(TableTest, ColoursDoNotMoveColumns) {
  const Table table = {{{"STATE"}, {"N", true}}, {{Cell("failed", Tone::kBad), "1"}}};
  EXPECT_EQ(RenderTable(table, /*color=*/true),
            "\x1b[1mSTATE\x1b[0m   \x1b[1mN\x1b[0m\n\x1b[31mfailed\x1b[0m  1\n");
  EXPECT_EQ(RenderTable(table), "STATE   N\nfailed  1\n");
}

TEST(TableTest, FieldsWithoutValueAreLeftOut) {
  EXPECT_EQ(RenderFields({{"Name", "x"}, {"Title", ""}, {"Priority", "50"}}),
            "Name:      x\nPriority:  50\n");
}

TEST(CsvTest, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(WriteCsv({{"a", "b c", "d,e"}, {"say \"no\"", "two\nlines", ""}}),
            "a,b c,\"d,e\"\r\n\"say \"\"no\"\"\",\"two\nlines\",\r\n");
}

TEST(JsonTest, ListsAreArraysAndEmptyListsAreEmptyArrays) {
  const std::vector<v1::Trial> none;
  EXPECT_EQ(JsonArrayOf(none), "[]\n");
  const std::vector<v1::Trial> two = {MakeTrial(1, v1::Trial::STATE_QUEUED),
                                      MakeTrial(2, v1::Trial::STATE_RUNNING)};
  const auto document = nlohmann::json::parse(JsonArrayOf(two));
  ASSERT_EQ(document.size(), 2u);
  EXPECT_EQ(document[1]["state"], "STATE_RUNNING");
}

TEST(JsonTest, AMemberMayStandBeforeThoseOfTheMessage) {
  const auto element = nlohmann::json::parse(
      JsonLineWith("from", JsonString("a \"b\""), MakeTrial(1, v1::Trial::STATE_QUEUED)));
  EXPECT_EQ(element["from"], "a \"b\"");
  EXPECT_EQ(element["name"], kFirstTrial);
}

TEST(JsonTest, NamesAreCamelCaseAndZeroesAreThere) {
  const auto document =
      nlohmann::json::parse(JsonDocument(MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 0)));
  EXPECT_EQ(document["trialCounts"]["failed"], 0);
  EXPECT_EQ(document["variantCount"], 2);
  EXPECT_EQ(document["createTime"], "1970-01-12T13:46:40Z");
}

}  // namespace
}  // namespace adares::client
