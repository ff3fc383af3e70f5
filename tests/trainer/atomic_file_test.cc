// Files are there whole or not at all, whatever goes wrong.
#include "worker/trainer/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"

namespace adares {
namespace {

using fixtures::ReadTextFile;
using testing::AllOf;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class AtomicFileTest : public testing::Test {
 protected:
  std::vector<std::string> Entries() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  fixtures::TempFolder folder_;
  const std::string path_ = folder_ / "state";
};

TEST_F(AtomicFileTest, PartsStandOneAfterAnother) {
  ASSERT_TRUE(WriteFileAtomically(path_, {"head", "", std::string_view("\0tail", 5)}).ok());
  EXPECT_EQ(ReadTextFile(path_), std::string("head\0tail", 9));
  EXPECT_THAT(Entries(), UnorderedElementsAre("state"));
}

TEST_F(AtomicFileTest, ReplacesWhatWasThere) {
  ASSERT_TRUE(WriteFileAtomically(path_, {"a long old content"}).ok());
  ASSERT_TRUE(WriteFileAtomically(path_, {"new"}).ok());
  EXPECT_EQ(ReadTextFile(path_), "new");
}

TEST_F(AtomicFileTest, FullDiskKeepsTheOldFileAndLeavesNothing) {
  ASSERT_TRUE(WriteFileAtomically(path_, {"old"}).ok());
  const std::string large(10'000, 'x');
  absl::Status status;
  {
    const fixtures::FullDisk full;
    status = WriteFileAtomically(path_, {"head", large});
  }
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("cannot write " + path_ + ".partial-"),
                    HasSubstr("beyond 4096 bytes: File too large"), HasSubstr("as it was before")));
  EXPECT_EQ(ReadTextFile(path_), "old");
  EXPECT_THAT(Entries(), UnorderedElementsAre("state"));
  EXPECT_TRUE(WriteFileAtomically(path_, {large}).ok()) << "there is room again";
}

TEST_F(AtomicFileTest, MissingFolderIsNamed) {
  const absl::Status status = WriteFileAtomically(folder_ / "nowhere/state", {"x"});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("cannot create"), HasSubstr("nowhere/state")));
}

TEST_F(AtomicFileTest, WhatCannotBeReplacedStaysAndNothingIsLeft) {
  std::filesystem::create_directory(path_);
  EXPECT_THAT(std::string(WriteFileAtomically(path_, {"x"}).message()),
              AllOf(HasSubstr("cannot rename"), HasSubstr("directory")));
  EXPECT_THAT(Entries(), UnorderedElementsAre("state"));
}

TEST_F(AtomicFileTest, LeftoverOfAKilledProcessIsInNobodysWay) {
  const std::string leftover = path_ + ".partial-" + std::to_string(getpid()) + "-0";
  fixtures::WriteTextFile(leftover, "half");
  ASSERT_TRUE(WriteFileAtomically(path_, {"whole"}).ok());
  EXPECT_EQ(ReadTextFile(path_), "whole");
  EXPECT_EQ(ReadTextFile(leftover), "half");
}

TEST_F(AtomicFileTest, OfManyWritersOneWinsWhole) {
  {
    std::vector<std::jthread> threads;
    for (const char letter : {'a', 'b', 'c', 'd'}) {
      threads.emplace_back([this, letter] {
        const std::string content(1000, letter);
        for (int i = 0; i < 10; ++i) EXPECT_TRUE(WriteFileAtomically(path_, {content}).ok());
      });
    }
  }
  const std::string content = ReadTextFile(path_);
  ASSERT_EQ(content.size(), 1000u);
  EXPECT_EQ(content, std::string(1000, content[0]));
  EXPECT_THAT(Entries(), UnorderedElementsAre("state"));
}

}  // namespace
}  // namespace adares
