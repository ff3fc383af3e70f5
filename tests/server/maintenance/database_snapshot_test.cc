// Verified copies of a state folder's database, and that nothing of them stays.
#include "server/maintenance/database_snapshot.h"

#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <fstream>

#include "core/status.h"
#include "server/store/database_check.h"
#include "server/store/migrator.h"
#include "tests/fixtures/full_disk.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DatabaseSnapshotTest : public StoreTest {
 protected:
  void SetUp() override {
    folder_lock_ = *StateFolder::Open(folder_.path());
    StoreTest::SetUp();
    Insert(MakePlan({}));
  }

  absl::StatusOr<std::unique_ptr<DatabaseSnapshot>> Take(
      const DatabaseSnapshot::Observer& observer = {}) {
    auto snapshot = DatabaseSnapshot::Take(*folder_lock_, At(7), observer);
    EXPECT_FALSE(fs::exists(folder_lock_->copy()));
    return snapshot;
  }

  // The whole of it, in a file.
  std::string Save(DatabaseSnapshot& snapshot, size_t chunk) const {
    const std::string path = folder_ / "saved.db";
    std::ofstream file(path, std::ios::binary);
    for (;;) {
      const auto bytes = snapshot.Read(chunk);
      EXPECT_TRUE(bytes.ok()) << bytes.status();
      if (!bytes.ok() || bytes->empty()) return path;
      file << *bytes;
    }
  }

  void Execute(const std::string& sql) const {
    SQLite::Database(path_, SQLite::OPEN_READWRITE, 10'000).exec(sql);
  }

  std::unique_ptr<StateFolder> folder_lock_;
};

TEST_F(DatabaseSnapshotTest, ItHoldsWhatWasCommitted) {
  const auto snapshot = Take();
  ADARES_ASSERT_OK(snapshot.status());
  EXPECT_EQ((*snapshot)->taken_at(), At(7));
  EXPECT_EQ((*snapshot)->schema_version(), EmbeddedMigrations().back().version);
  const std::string path = Save(**snapshot, 10'000);
  EXPECT_EQ(static_cast<int64_t>(fs::file_size(path)), (*snapshot)->bytes());
  ADARES_ASSERT_OK(CheckStructure(path));
  EXPECT_EQ(ContentsOf(path)->trials, 4);
}

TEST_F(DatabaseSnapshotTest, LaterCommitsDoNotChangeIt) {
  const auto snapshot = Take();
  ADARES_ASSERT_OK(snapshot.status());
  Insert(MakePlan({.name = "sweep-b"}));
  EXPECT_EQ(ContentsOf(Save(**snapshot, 10'000))->sweeps, 1);
}

TEST_F(DatabaseSnapshotTest, ACopyThatAKilledProcessLeftIsNoHindrance) {
  fixtures::WriteTextFile(folder_lock_->copy(), "half of something");
  fixtures::WriteTextFile(folder_lock_->copy() + "-wal", "and its log");
  ADARES_ASSERT_OK(Take().status());
  EXPECT_FALSE(fs::exists(folder_lock_->copy() + "-wal"));
}

TEST_F(DatabaseSnapshotTest, AFullDiskLeavesNothingAndTheDatabaseInUse) {
  {
    const fixtures::FullDisk full(1 << 16);
    EXPECT_FALSE(Take().ok());
  }
  Insert(MakePlan({.name = "sweep-b"}));
  ADARES_ASSERT_OK(Take().status());
}

TEST_F(DatabaseSnapshotTest, ItCanBeGivenUp) {
  Execute("CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(20000000))");
  DatabaseSnapshot::Observer observer;
  observer.stop = [] { return true; };
  EXPECT_EQ(Take(observer).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(DatabaseSnapshotTest, ADamagedDatabaseIsNotTakenForABackup) {
  Execute("CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(1000000))");
  store_.reset();  // what its log held is in the file now
  const auto size = static_cast<std::streamoff>(fs::file_size(path_));
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(size / 4);
  file << std::string(20'000, 'x') << std::flush;
  const auto snapshot = Take();
  EXPECT_EQ(ErrorReason(snapshot.status()), reason::kDatabaseCorrupt);
}

TEST_F(DatabaseSnapshotTest, AnAlteredSchemaIsRefused) {
  Execute("DROP TRIGGER trial_is_kept");
  const auto snapshot = Take();
  EXPECT_EQ(ErrorReason(snapshot.status()), reason::kSchemaMismatch);
  EXPECT_THAT(std::string(snapshot.status().message()), HasSubstr("trial_is_kept"));
}

}  // namespace
}  // namespace adares
