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
  void Finish() { ASSERT_TRUE(log_.Finish(kNow).ok()); }
  void SetLimits(const LogCollector::Limits& limits) {
    log_ = LogCollector::Create(path_, limits).value();
  }
  void AppendLines(int first, int last) {
    for (int i = first; i <= last; ++i) Append("line " + std::to_string(i) + "\n");
  }

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
  Finish();
  Finish();
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
  Finish();
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
  AppendLines(1, 30);
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

TEST_F(LogCollectorTest, AFullLogHasItsBeginningAndItsLastLinesAndAWord) {
  SetLimits({.lines = 30, .bytes = 1 << 20});
  AppendLines(1, 100);
  EXPECT_EQ(log_.pending(), 31U) << "it says at once that it is full";
  Finish();
  Finish();
  const std::vector<LogLine> lines = log_.Take(1000);
  ASSERT_EQ(lines.size(), 30U + 2 + LogCollector::kTailLines);
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].number, static_cast<int64_t>(i) + 1);
    text += lines[i].text + "\n";
  }
  EXPECT_EQ(lines[29].text, "line 30");
  EXPECT_THAT(lines[30].text, HasSubstr("have the trainer print less"));
  EXPECT_THAT(lines[31].text, HasSubstr("70 lines (561 bytes)"));
  EXPECT_EQ(lines[32].text, "line 81");
  EXPECT_EQ(lines.back().text, "line 100");
  EXPECT_EQ(FileBytes(), text) << "the file has the same";
  EXPECT_EQ(log_.Tail().front(), "line 81");
}

TEST_F(LogCollectorTest, ALogOfFewLongLinesIsFullToo) {
  SetLimits({.lines = 1000, .bytes = 100});
  for (int i = 0; i < 50; ++i) Append(std::string(49, 'x') + "\n");
  EXPECT_EQ(log_.pending(), 3U);
  EXPECT_LT(FileBytes().size(), 400U);
}

// It comes in one piece, which has the last that fits and the first that does not.
TEST_F(LogCollectorTest, AnEndlessLineMakesALogFull) {
  SetLimits({.lines = 3, .bytes = 1 << 20});
  const std::string text(10 * LogCollector::kMaxLineBytes, 'x');
  Append(text);
  Append(text);
  Finish();
  EXPECT_EQ(log_.pending(), 3U + 2 + 17);
  EXPECT_LT(FileBytes().size(), 3 * text.size());
}

TEST_F(LogCollectorTest, ALogThatIsJustFullLacksNothing) {
  SetLimits({.lines = 3, .bytes = 1 << 20});
  AppendLines(1, 3);
  Finish();
  EXPECT_THAT(TakeTexts(), ElementsAre("line 1", "line 2", "line 3"));
}

TEST_F(LogCollectorTest, WhatTheWorkerSaysComesInAnyCase) {
  SetLimits({.lines = 3, .bytes = 1 << 20});
  Append("begun");
  ASSERT_TRUE(log_.AddOwnLine("ours", kNow).ok());
  AppendLines(1, 9);
  ASSERT_TRUE(log_.AddOwnLine("ours\nas well", kNow).ok());
  EXPECT_THAT(TakeTexts(),
              ElementsAre("begun", "ours", "line 1", HasSubstr("this log is full"), "ours"));
}

}  // namespace
}  // namespace adares::worker
