#include "worker/agent/log_collector.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "tests/fixtures/temp_folder.h"

namespace adares::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr Timestamp kNow{std::chrono::seconds(100)};

class LogCollectorTest : public ::testing::Test {
 protected:
  void Append(std::string_view bytes) { ASSERT_TRUE(log_.Append(bytes, kNow).ok()); }

  std::vector<std::string> TakeTexts() {
    std::vector<std::string> texts;
    for (const LogLine& line : log_.Take(log_.pending())) texts.push_back(line.text);
    return texts;
  }

  std::string FileBytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fixtures::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "trainer.log";
  LogCollector log_ = LogCollector::Create(path_).value();
};

TEST_F(LogCollectorTest, CutsIntoNumberedLines) {
  Append("one\ntwo\r\n\nfo");
  Append("ur\n");
  const std::vector<LogLine> lines = log_.Take(10);
  EXPECT_THAT(lines, ElementsAre(Field(&LogLine::text, "one"), Field(&LogLine::text, "two"),
                                 Field(&LogLine::text, ""), Field(&LogLine::text, "four")));
  EXPECT_EQ(lines.front().number, 1);
  EXPECT_EQ(lines.back().number, 4);
  EXPECT_EQ(lines.back().time, kNow);
}

TEST_F(LogCollectorTest, FileHasEveryByteAsItCame) {
  const std::string bytes("a\r\n\xFF\0z", 6);
  Append(bytes);
  EXPECT_EQ(FileBytes(), bytes);
}

TEST_F(LogCollectorTest, LastLineWithoutItsEndIsALine) {
  Append("whole\nbegun");
  EXPECT_EQ(log_.pending(), 1U);
  log_.Finish(kNow);
  log_.Finish(kNow);
  EXPECT_THAT(TakeTexts(), ElementsAre("whole", "begun"));
}

TEST_F(LogCollectorTest, LongLineBecomesSeveral) {
  const std::string text(2 * LogCollector::kMaxLineBytes + 10, 'x');
  Append(text + "\nnext\n");
  const std::vector<std::string> lines = TakeTexts();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].size(), LogCollector::kMaxLineBytes);
  EXPECT_EQ(lines[0] + lines[1] + lines[2], text);
  EXPECT_EQ(lines[3], "next");
}

TEST_F(LogCollectorTest, LineOfExactlyTheLimitIsOne) {
  Append(std::string(LogCollector::kMaxLineBytes, 'x') + "\n");
  EXPECT_EQ(TakeTexts().size(), 1U);
}

// Also where the bytes come one by one, so that every cut could fall into a character.
TEST_F(LogCollectorTest, LongLineIsNotCutWithinACharacter) {
  std::string text = "a";
  for (int i = 0; i < 3000; ++i) text += "\xE2\x82\xAC";
  for (const char byte : text) Append({&byte, 1});
  log_.Finish(kNow);
  std::string joined;
  for (const std::string& line : TakeTexts()) {
    EXPECT_LE(line.size(), LogCollector::kMaxLineBytes);
    joined += line;
  }
  EXPECT_EQ(joined, text);
}

TEST_F(LogCollectorTest, CharacterSplitBetweenReadsStaysWhole) {
  Append("\xE2\x82");
  Append("\xAC\n");
  EXPECT_THAT(TakeTexts(), ElementsAre("\xE2\x82\xAC"));
}

TEST_F(LogCollectorTest, ReplacedBytesDoNotMakeALineTooLong) {
  Append(std::string(LogCollector::kMaxLineBytes, '\xFF') + "\n");
  const std::vector<std::string> lines = TakeTexts();
  EXPECT_EQ(lines.size(), 4U);  // three bytes for each one, and no character cut
  for (const std::string& line : lines) EXPECT_LE(line.size(), LogCollector::kMaxLineBytes);
}

TEST_F(LogCollectorTest, KeepsTheLastLinesEvenWhenTaken) {
  for (int i = 1; i <= 30; ++i) Append("line " + std::to_string(i) + "\n");
  log_.Take(30);
  const std::vector<std::string> tail = log_.Tail();
  ASSERT_EQ(tail.size(), LogCollector::kTailLines);
  EXPECT_EQ(tail.front(), "line 11");
  EXPECT_EQ(tail.back(), "line 30");
}

TEST_F(LogCollectorTest, TakesAsManyAsAsked) {
  Append("a\nb\nc\n");
  EXPECT_EQ(log_.Take(2).size(), 2U);
  EXPECT_EQ(log_.Take(2).front().number, 3);
}

TEST_F(LogCollectorTest, LinesGoOnWhenTheFileFails) {
  auto log = LogCollector::Create("/dev/full");
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::Status failed = log->Append("one\n", kNow);
  EXPECT_THAT(std::string(failed.message()), HasSubstr("/dev/full"));
  EXPECT_TRUE(log->Append("two\n", kNow).ok());
  EXPECT_EQ(log->pending(), 2U);
}

}  // namespace
}  // namespace adares::worker
