// Copies of a database that others write to: of one moment, whole, and of their own.
#include "server/store/database_copy.h"

#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "core/status.h"
#include "tests/fixtures/full_disk.h"
#include "tests/server/history_fixture.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DatabaseCopyTest : public HistoryTest {
 protected:
  int64_t NumberIn(const std::string& path, const std::string& sql) const {
    return SQLite::Database(path, SQLite::OPEN_READONLY | SQLite::OPEN_URI)
        .execAndGet(sql)
        .getInt64();
  }

  const std::string copy_ = folder_ / "copy.db";
};

TEST_F(DatabaseCopyTest, ACopyHoldsWhatIsOnlyInTheLog) {
  ASSERT_TRUE(fs::exists(path_ + "-wal"));
  ADARES_ASSERT_OK(CopyDatabase(path_, copy_));
  EXPECT_EQ(NumberIn(copy_, "SELECT count(*) FROM metric_point"), 18);
  ADARES_ASSERT_OK(CheckStructure(copy_));
}

TEST_F(DatabaseCopyTest, ACopyIsOneFileThatCanBeReadWhereNothingCanBeWritten) {
  ADARES_ASSERT_OK(CopyDatabase(path_, copy_));
  EXPECT_EQ(NumberIn("file:" + copy_ + "?immutable=1", "SELECT count(*) FROM trial"), 2);
  for (const char* beside : {"-wal", "-shm", "-journal"}) {
    EXPECT_FALSE(fs::exists(copy_ + beside)) << beside;
  }
}

// A writer that keeps two rows equal in each of its commits: a copy of two moments would differ.
TEST_F(DatabaseCopyTest, ACopyIsOfOneMomentWhoeverWritesMeanwhile) {
  Meddle(
      "CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(20000000));"
      "CREATE TABLE first (x); INSERT INTO first VALUES (0);"
      "CREATE TABLE filler (x); INSERT INTO filler VALUES (zeroblob(20000000));"
      "CREATE TABLE second (x); INSERT INTO second VALUES (0)");
  std::atomic<int> commits = 0;
  CopyObserver observer;
  observer.progress = [&](int64_t, int64_t) {
    Meddle("BEGIN; UPDATE first SET x = x + 1; UPDATE second SET x = x + 1; COMMIT");
    ++commits;
  };
  ADARES_ASSERT_OK(CopyDatabase(path_, copy_, observer));
  EXPECT_GT(commits, 5) << "it was not copied in steps";
  EXPECT_EQ(Number("SELECT x FROM first"), commits);
  EXPECT_EQ(NumberIn(copy_, "SELECT x FROM first"), 0);
  EXPECT_EQ(NumberIn(copy_, "SELECT x FROM second"), 0);
}

TEST_F(DatabaseCopyTest, ProgressEndsWithTheWholeFile) {
  Meddle("CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(20000000))");
  int64_t last = 0;
  int64_t all = 0;
  CopyObserver observer;
  observer.progress = [&](int64_t done, int64_t total) {
    EXPECT_GT(done, last);
    last = done;
    all = total;
  };
  ADARES_ASSERT_OK(CopyDatabase(path_, copy_, observer));
  EXPECT_EQ(all, static_cast<int64_t>(fs::file_size(copy_)));
  EXPECT_LE(last, all);
}

TEST_F(DatabaseCopyTest, ACopyCanBeGivenUp) {
  Meddle("CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(20000000))");
  CopyObserver observer;
  observer.stop = [] { return true; };
  EXPECT_EQ(CopyDatabase(path_, copy_, observer).code(), absl::StatusCode::kCancelled);
  ADARES_ASSERT_OK(RemoveDatabase(copy_));
  EXPECT_FALSE(fs::exists(copy_));
}

TEST_F(DatabaseCopyTest, NoFileIsWrittenOver) {
  fixtures::WriteTextFile(copy_, "precious");
  EXPECT_EQ(ErrorReason(CopyDatabase(path_, copy_)), reason::kDatabaseExists);
  EXPECT_EQ(fixtures::ReadTextFile(copy_), "precious");
}

TEST_F(DatabaseCopyTest, AFullDiskIsAnErrorThatLeavesTheDatabaseInUse) {
  {
    const fixtures::FullDisk full(1 << 16);
    EXPECT_FALSE(CopyDatabase(path_, copy_).ok());
  }
  ADARES_ASSERT_OK(RemoveDatabase(copy_));
  Append(running_, std::vector<MetricPoint>{{"loss", 7, 0, 1}});
  ADARES_ASSERT_OK(CopyDatabase(path_, copy_));
}

TEST_F(DatabaseCopyTest, RoomIsLookedForBefore) {
  ADARES_ASSERT_OK(CheckRoom(folder_.path(), 1, "a backup"));
  const absl::Status none = CheckRoom(folder_.path(), int64_t{1} << 60, "a backup");
  EXPECT_EQ(ErrorReason(none), reason::kDatabaseFull);
  EXPECT_THAT(std::string(none.message()), HasSubstr("a backup needs 1099511627840 MiB in "));
}

TEST_F(DatabaseCopyTest, ALogIsPutIntoItsFile) {
  fs::copy(path_, copy_);
  fs::copy(path_ + "-wal", copy_ + "-wal");
  ADARES_ASSERT_OK(CloseInOrder(copy_));
  EXPECT_FALSE(fs::exists(copy_ + "-wal"));
  EXPECT_EQ(NumberIn(copy_, "SELECT count(*) FROM metric_point"), 18);
}

}  // namespace
}  // namespace adares
