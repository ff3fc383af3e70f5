// Folders of checkpoints: whole or not at all, and the newest two of them.
#include "worker/trainer/checkpoint_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/fixtures/temp_folder.h"
#include "worker/trainer/foreign_checkpoints.h"
#include "worker/trainer/safetensors.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class CheckpointFolderTest : public testing::Test {
 protected:
  CheckpointFolderTest() { EXPECT_TRUE(folder_.Create().ok()); }

  absl::Status Add(int64_t step, const std::string& text = "content") {
    return folder_.Add(step, [&](const std::string& path) {
      fixtures::WriteTextFile(path + "/file", text);
      return absl::OkStatus();
    });
  }

  std::vector<int64_t> Steps() {
    std::vector<int64_t> steps;
    const auto stored = folder_.List();
    for (const StoredCheckpoint& checkpoint : *stored) steps.push_back(checkpoint.step);
    return steps;
  }

  std::vector<std::string> Entries() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  const fixtures::TempFolder temp_;
  const CheckpointFolder folder_{temp_ / "trial"};
};

TEST_F(CheckpointFolderTest, HasTheNewestTwoNewestFirst) {
  for (const int64_t step : {5, 90, 1000}) ASSERT_TRUE(Add(step).ok());
  EXPECT_THAT(Steps(), ElementsAre(1000, 90));
  EXPECT_EQ(fixtures::ReadTextFile(folder_.List()->front().path + "/file"), "content");
}

TEST_F(CheckpointFolderTest, TheSameStepAgainReplacesIt) {
  ASSERT_TRUE(Add(7, "old").ok());
  ASSERT_TRUE(Add(7, "new").ok());
  EXPECT_THAT(Steps(), ElementsAre(7));
  EXPECT_EQ(fixtures::ReadTextFile(folder_.List()->front().path + "/file"), "new");
  EXPECT_EQ(Entries().size(), 1U) << "something is left beside it";
}

TEST_F(CheckpointFolderTest, AFailedWriteLeavesWhatWasThere) {
  ASSERT_TRUE(Add(7, "old").ok());
  const absl::Status status = folder_.Add(8, [](const std::string& path) {
    fixtures::WriteTextFile(path + "/file", "half");
    return absl::DataLossError("the disk is full");
  });
  EXPECT_EQ(status, absl::DataLossError("the disk is full"));
  EXPECT_THAT(Entries(), ElementsAre("step-000000000007"));
}

TEST_F(CheckpointFolderTest, WhatAKilledProcessLeftIsNoCheckpointAndGoes) {
  fixtures::WriteTextFile(folder_.path() + "/.partial-1-9/file", "half");
  fixtures::WriteTextFile(folder_.path() + "/.replaced-1-9/file", "old");
  EXPECT_THAT(Steps(), IsEmpty());
  folder_.RemoveLeftovers();
  EXPECT_THAT(Entries(), IsEmpty());
}

TEST_F(CheckpointFolderTest, OneThatIsSetAsideDoesNotCount) {
  ASSERT_TRUE(Add(50).ok());
  ASSERT_TRUE(Add(60).ok());
  const auto stored = folder_.List();
  for (const StoredCheckpoint& checkpoint : *stored) {
    EXPECT_TRUE(folder_.SetAside(checkpoint).ok());
  }
  ASSERT_TRUE(Add(3).ok());
  ASSERT_TRUE(Add(6).ok());
  EXPECT_THAT(Steps(), ElementsAre(6, 3));
}

TEST_F(CheckpointFolderTest, OtherNamesAreLeftAlone) {
  for (const char* name : {"step-7", "step-000000000007x", "step--00000000007", "notes"}) {
    fixtures::WriteTextFile(folder_.path() + "/" + name + "/file", "");
  }
  fixtures::WriteTextFile(folder_.path() + "/step-000000000009", "a file, no folder");
  EXPECT_THAT(Steps(), IsEmpty());
  folder_.RemoveLeftovers();
  EXPECT_EQ(Entries().size(), 5U);
}

TEST(CheckpointFolderErrorTest, NamesTheFolder) {
  const fixtures::TempFolder temp;
  fixtures::WriteTextFile(temp / "file", "");
  const absl::Status status = CheckpointFolder(temp / "file/trial").Create();
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("make the folder " + temp.path()));
}

// By hand it is an error instead: the version that wrote it may be at hand.
TEST_F(CheckpointFolderTest, CheckpointsOfAnotherFormatAreSetAsideForAWorker) {
  const auto add = [&](int64_t step, const std::string& format) {
    return folder_.Add(step, [&](const std::string& path) {
      return safetensors::WriteFile(path + "/state.safetensors", {},
                                    {{"adares_checkpoint", format}});
    });
  };
  ASSERT_TRUE(add(7, std::string(kCheckpointFormat)).ok());
  ASSERT_TRUE(add(9, "1").ok());
  SetForeignCheckpointsAside(folder_.path());
  EXPECT_THAT(Steps(), ElementsAre(7));
  ASSERT_TRUE(Add(9, "what cannot be read").ok());
  SetForeignCheckpointsAside(folder_.path());
  EXPECT_THAT(Steps(), ElementsAre(9, 7)) << "is left to whoever reads it";
}

}  // namespace
}  // namespace adares
