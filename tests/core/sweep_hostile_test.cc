// Files that want to hurt: cut off, far too deep, far too large, or simply random. Whatever they
// hold, LoadSweep answers with a plan or with an error that names a place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/sweep_spec.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Whether it loaded. An error must be of the documented form.
bool LoadsOrExplains(const std::string& text) {
  const absl::StatusOr<SweepPlan> plan = LoadSweep(text, "s.yaml");
  if (plan.ok()) {
    EXPECT_FALSE(plan->trials.empty());
    return true;
  }
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(plan.status()), "SPEC_INVALID");
  const auto metadata = ErrorMetadata(plan.status());
  EXPECT_THAT(
      std::string(plan.status().message()),
      StartsWith(absl::StrCat("s.yaml:", metadata.at("line"), ":", metadata.at("column"), ": ")));
  return false;
}

TEST(HostileOverrideTest, WhatIsNoTextOrTooLongIsShownInParts) {
  const auto shown = [&](const std::string& value) {
    const auto plan =
        LoadSweep(ReadSourceFile("examples/quick.yaml"), "s.yaml", {{"train.epochs", value}});
    return std::string(plan.status().message());
  };
  EXPECT_THAT(shown("\xff\xfe"), StartsWith("--set train.epochs=??: "));
  EXPECT_LT(shown(std::string(1 << 20, 'x')).size(), 1'000u);
}

class ExampleTortureTest : public testing::TestWithParam<const char*> {
 protected:
  const std::string text_ = ReadSourceFile(std::string("examples/") + GetParam());
};

TEST_P(ExampleTortureTest, EveryPrefixLoadsOrExplains) {
  const size_t complete = text_.find("seeds:");
  for (size_t length = 0; length < text_.size(); ++length) {
    SCOPED_TRACE(length);
    const bool loaded = LoadsOrExplains(text_.substr(0, length));
    // What comes before the seeds is no sweep, wherever it ends.
    if (length <= complete) {
      EXPECT_FALSE(loaded);
    }
  }
}

TEST_P(ExampleTortureTest, EveryMissingLineLoadsOrExplains) {
  for (size_t begin = 0; begin < text_.size();) {
    const size_t end = text_.find('\n', begin) + 1;
    LoadsOrExplains(text_.substr(0, begin) + text_.substr(end));
    begin = end;
  }
}

TEST_P(ExampleTortureTest, EveryMutationLoadsOrExplains) {
  std::mt19937_64 random(5);
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  constexpr std::string_view kBytes =
      "{}[],:-?&*!|>'\"%@`#~ \n\t\r\\\0\xff\xc3"
      "0aZ";
  for (int i = 0; i < 3000; ++i) {
    std::string text = text_;
    for (size_t edits = 1 + below(3); edits > 0; --edits) {
      const size_t position = below(text.size());
      const char byte = kBytes[below(kBytes.size())];
      if (below(2) == 0) {
        text[position] = byte;
      } else {
        text.insert(position, 1, byte);
      }
    }
    LoadsOrExplains(text);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExampleTortureTest,
                         testing::Values("quick.yaml", "mnist-granularity.yaml",
                                         "cifar10-granularity.yaml"));

std::string Repeat(const std::string& text, size_t bytes) {
  std::string result;
  while (result.size() + text.size() <= bytes) result += text;
  return result;
}

TEST(SweepHostileTest, NestingOfAnyKindIsAnError) {
  for (const char* opening : {"[", "{", "- ", "? ", "[{a: ", "{a: [", "a: ", "- - "}) {
    EXPECT_FALSE(LoadsOrExplains(Repeat(opening, kMaxSweepFileBytes))) << opening;
    EXPECT_FALSE(LoadsOrExplains("base: " + Repeat(opening, 10'000))) << opening;
  }
  std::string indented;
  for (int depth = 0; depth < 1000; ++depth) indented += std::string(depth, ' ') + "a:\n";
  EXPECT_FALSE(LoadsOrExplains(indented));
  const std::string closed = Repeat("[", 10'000) + Repeat("]", 10'000);
  EXPECT_THAT(std::string(LoadSweep(closed, "s.yaml").status().message()),
              HasSubstr("s.yaml:1:17: nested deeper than 16 levels"));
}

TEST(SweepHostileTest, SizeIsLimited) {
  std::string text = "apiVersion: adares/v1\nkind: Sweep\nname: s\nreplicates: {seeds: [0]}\n#";
  text.resize(kMaxSweepFileBytes, 'x');
  EXPECT_TRUE(LoadsOrExplains(text));
  EXPECT_THAT(std::string(LoadSweep(text + "x", "s.yaml").status().message()),
              HasSubstr("the file has 1048577 bytes; at most 1048576 are read"));
}

TEST(SweepHostileTest, ManyKeysAreHandledInTime) {
  std::string labels = "apiVersion: adares/v1\nkind: Sweep\nname: s\nlabels:\n";
  for (int i = 0; i < 60'000; ++i) labels += absl::StrCat(" k", i, ": 1\n");
  EXPECT_FALSE(LoadsOrExplains(labels));
}

}  // namespace
}  // namespace adares
