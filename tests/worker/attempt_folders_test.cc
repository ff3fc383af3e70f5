#include "worker/agent/attempt_folders.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::UnorderedElementsAre;

class AttemptFoldersTest : public ::testing::Test {
 protected:
  fs::path Begin(AttemptFolders& folders, int32_t attempt) {
    const fs::path folder = folders.Create({"sweep", "0123456789ab", attempt}).value();
    std::ofstream(folder / AttemptFolders::kLogFile) << "log";
    std::ofstream(folder / AttemptFolders::kSpoolFile) << "spool";
    return folder;
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(state_ / "attempts")) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  fixtures::TempFolder state_;
};

TEST_F(AttemptFoldersTest, RetiredAttemptKeepsItsLogOnly) {
  AttemptFolders folders = AttemptFolders::Open(state_.path()).value();
  const fs::path folder = Begin(folders, 1);
  EXPECT_EQ(folder, state_ / "attempts/sweep-0123456789ab-1");
  folders.Retire({"sweep", "0123456789ab", 1});
  EXPECT_TRUE(fs::exists(folder / AttemptFolders::kLogFile));
  EXPECT_FALSE(fs::exists(folder / AttemptFolders::kSpoolFile));
}

TEST_F(AttemptFoldersTest, OldestLogsGo) {
  AttemptFolders folders = AttemptFolders::Open(state_.path(), {.most = 2}).value();
  for (int32_t attempt = 1; attempt <= 4; ++attempt) Begin(folders, attempt);
  for (const int32_t attempt : {3, 1, 2}) folders.Retire({"sweep", "0123456789ab", attempt});
  EXPECT_THAT(Names(), UnorderedElementsAre("sweep-0123456789ab-1", "sweep-0123456789ab-2",
                                            "sweep-0123456789ab-4"));
}

TEST_F(AttemptFoldersTest, OldestLogsGoWhereTheyAreLarge) {
  AttemptFolders folders = AttemptFolders::Open(state_.path(), {.bytes = 1000}).value();
  for (int32_t attempt = 1; attempt <= 4; ++attempt) {
    const fs::path folder = Begin(folders, attempt);
    std::ofstream(folder / AttemptFolders::kLogFile) << std::string(attempt == 4 ? 600 : 400, 'x');
    folders.Retire({"sweep", "0123456789ab", attempt});
  }
  EXPECT_THAT(Names(), UnorderedElementsAre("sweep-0123456789ab-3", "sweep-0123456789ab-4"));
  const fs::path folder = Begin(folders, 5);
  std::ofstream(folder / AttemptFolders::kLogFile) << std::string(2000, 'x');
  folders.Retire({"sweep", "0123456789ab", 5});
  EXPECT_THAT(Names(), UnorderedElementsAre("sweep-0123456789ab-5")) << "the newest stays";
}

TEST_F(AttemptFoldersTest, SpoolsOfAnEarlierAgentAreRemoved) {
  {
    AttemptFolders folders = AttemptFolders::Open(state_.path()).value();
    Begin(folders, 1);
  }
  ASSERT_TRUE(AttemptFolders::Open(state_.path()).ok());
  const fs::path folder = state_ / "attempts/sweep-0123456789ab-1";
  EXPECT_TRUE(fs::exists(folder / AttemptFolders::kLogFile));
  EXPECT_FALSE(fs::exists(folder / AttemptFolders::kSpoolFile));
}

TEST_F(AttemptFoldersTest, OldestLogsOfAnEarlierAgentGo) {
  AttemptFolders earlier = AttemptFolders::Open(state_.path()).value();
  for (const int32_t attempt : {3, 1, 2}) {
    const fs::path folder = Begin(earlier, attempt);
    fs::last_write_time(folder, fs::file_time_type(std::chrono::hours(attempt)));
  }
  ASSERT_TRUE(AttemptFolders::Open(state_.path(), {.most = 1}).ok());
  EXPECT_THAT(Names(), UnorderedElementsAre("sweep-0123456789ab-3"));
}

TEST_F(AttemptFoldersTest, FolderOfTheSameAttemptBeginsEmpty) {
  AttemptFolders folders = AttemptFolders::Open(state_.path(), {.most = 1}).value();
  Begin(folders, 1);
  folders.Retire({"sweep", "0123456789ab", 1});
  const fs::path folder = folders.Create({"sweep", "0123456789ab", 1}).value();
  EXPECT_TRUE(fs::is_empty(folder));
  Begin(folders, 2);
  folders.Retire({"sweep", "0123456789ab", 2});  // must not take the live one for the oldest
  EXPECT_TRUE(fs::exists(folder));
}

TEST_F(AttemptFoldersTest, ThereIsRoomForSoMuchAndNotForMore) {
  AttemptFolders folders = AttemptFolders::Open(state_.path()).value();
  {
    const fixtures::FullDisk full(2 << 20);
    EXPECT_TRUE(folders.CheckRoom(1 << 20).ok());
    EXPECT_EQ(folders.CheckRoom(3 << 20).code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_TRUE(folders.CheckRoom(3 << 20).ok());
  EXPECT_TRUE(Names().empty()) << "what was tried is gone";
}

TEST_F(AttemptFoldersTest, AFolderHoldsAllOfItsFiles) {
  AttemptFolders folders = AttemptFolders::Open(state_.path()).value();
  const AttemptId id{"sweep", "0123456789ab", 1};
  EXPECT_EQ(folders.BytesOf(id), 0) << "there is none yet";
  const fs::path folder = Begin(folders, 1);
  fs::create_directories(folder / "checkpoints/step-1");
  std::ofstream(folder / "checkpoints/step-1/model") << std::string(1000, 'm');
  EXPECT_EQ(folders.BytesOf(id), 1000 + 3 + 5);
}

TEST_F(AttemptFoldersTest, StateThatIsNoFolderIsNamed) {
  std::ofstream(state_ / "attempts") << "a file";
  const auto folders = AttemptFolders::Open(state_.path());
  EXPECT_EQ(folders.status().code(), absl::StatusCode::kInternal);
  EXPECT_NE(folders.status().message().find("attempts"), absl::string_view::npos);
}

TEST_F(AttemptFoldersTest, LogsMakeRoomForWhatAttemptsNeed) {
  AttemptFolders folders = AttemptFolders::Open(state_.path()).value();
  for (int32_t attempt = 1; attempt <= 3; ++attempt) {
    Begin(folders, attempt);
    folders.Retire({"sweep", "0123456789ab", attempt});
  }
  EXPECT_TRUE(folders.MakeRoom(1).ok());
  EXPECT_EQ(Names().size(), 3U) << "there is room";
  const fixtures::FullDisk full(1);
  EXPECT_TRUE(absl::IsResourceExhausted(folders.MakeRoom(1)));
  EXPECT_THAT(Names(), UnorderedElementsAre("sweep-0123456789ab-3")) << "the newest stays";
}

}  // namespace
}  // namespace adares::worker
