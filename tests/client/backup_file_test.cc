// A backup's name stands for a whole file only.
#include "client/backup_file.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "client/data_errors.h"
#include "core/status.h"
#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;

class BackupFileTest : public testing::Test {
 protected:
  std::unique_ptr<BackupFile> Begin() {
    auto file = BackupFile::Begin(path_);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }
  void ExpectNothing() const {
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_FALSE(fs::exists(path_ + ".partial"));
  }

  fixtures::TempFolder folder_;
  const std::string path_ = folder_ / "backup.db";
};

TEST_F(BackupFileTest, AWholeFileGetsItsName) {
  const auto file = Begin();
  ASSERT_TRUE(file->Append("ab").ok());
  ASSERT_TRUE(file->Append("c").ok());
  EXPECT_FALSE(fs::exists(path_));
  const absl::Status finished = file->Finish(3, Sha256Hex("abc"));
  ASSERT_TRUE(finished.ok()) << finished;
  EXPECT_EQ(fixtures::ReadTextFile(path_), "abc");
  EXPECT_FALSE(fs::exists(path_ + ".partial"));
}

TEST_F(BackupFileTest, AFileThatIsGivenUpLeavesNothing) {
  ASSERT_TRUE(Begin()->Append("abc").ok());
  ExpectNothing();
}

TEST_F(BackupFileTest, BytesThatAreMissingOrOthersAreNoticed) {
  for (const auto& [bytes, hash] : {std::pair{4, Sha256Hex("abc")}, {3, Sha256Hex("abd")}}) {
    const auto file = Begin();
    ASSERT_TRUE(file->Append("abc").ok());
    EXPECT_EQ(file->Finish(bytes, hash).code(), absl::StatusCode::kDataLoss);
  }
  ExpectNothing();
}

TEST_F(BackupFileTest, AFileIsNeverReplaced) {
  fixtures::WriteTextFile(path_, "precious");
  EXPECT_EQ(ErrorReason(BackupFile::Begin(path_).status()), reason::kDatabaseExists);
  EXPECT_EQ(ErrorReason(BackupFile::Begin(folder_.path()).status()), reason::kDatabaseExists);
  fs::create_symlink("nowhere", folder_ / "link");
  EXPECT_EQ(ErrorReason(BackupFile::Begin(folder_ / "link").status()), reason::kDatabaseExists);
}

TEST_F(BackupFileTest, AFileThatComesMeanwhileIsNotReplacedEither) {
  {
    const auto file = Begin();
    ASSERT_TRUE(file->Append("abc").ok());
    fixtures::WriteTextFile(path_, "precious");
    EXPECT_EQ(ErrorReason(file->Finish(3, Sha256Hex("abc"))), reason::kDatabaseExists);
  }
  EXPECT_EQ(fixtures::ReadTextFile(path_), "precious");
}

TEST_F(BackupFileTest, WhatAKilledProcessLeftIsBegunAnew) {
  fixtures::WriteTextFile(path_ + ".partial", "half of another one");
  const auto file = Begin();
  ASSERT_TRUE(file->Append("abc").ok());
  ASSERT_TRUE(file->Finish(3, Sha256Hex("abc")).ok());
  EXPECT_EQ(fixtures::ReadTextFile(path_), "abc");
}

TEST_F(BackupFileTest, TwoAtATimeAreTurnedAway) {
  const auto file = Begin();
  EXPECT_EQ(ErrorReason(BackupFile::Begin(path_).status()), reason::kDataBusy);
}

TEST_F(BackupFileTest, AFullDiskIsAnErrorAndLeavesNothing) {
  {
    const auto file = Begin();
    const fixtures::FullDisk full(10);
    EXPECT_EQ(ErrorReason(file->Append(std::string(100, 'x'))), reason::kFolderBroken);
  }
  ExpectNothing();
}

TEST_F(BackupFileTest, AFolderThatIsNotThereIsNamed) {
  const auto file = BackupFile::Begin(folder_ / "none/backup.db");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(file.status().message()),
              testing::EndsWith("there is no folder " + (folder_ / "none")));
}

}  // namespace
}  // namespace adares::client
