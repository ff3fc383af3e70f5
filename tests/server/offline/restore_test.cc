// Restores: what is refused leaves all as it was, and what is replaced is kept.
#include <gmock/gmock.h>

#include <chrono>

#include "core/status.h"
#include "server/offline/replace_database.h"
#include "tests/server/offline/offline_fixture.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class RestoreTest : public OfflineTest {
 protected:
  RestoreTest() {
    MakeDatabase(backup_, "sweep-b");
    EXPECT_TRUE(CloseInOrder(backup_).ok());
  }

  absl::StatusOr<v1::RestoreReport> Restore(bool replace) {
    return RestoreOffline({backup_, state_, replace}, At(0), Keep());
  }

  // Expects that it is refused, and that the database is as it was.
  void ExpectRefused(std::string_view reason) {
    const std::string before = fixtures::ReadTextFile(database_);
    const std::vector<std::string> names = Names();
    const auto report = Restore(/*replace=*/true);
    EXPECT_EQ(ErrorReason(report.status()), reason) << report.status();
    EXPECT_TRUE(fixtures::ReadTextFile(database_) == before) << "the database changed";
    EXPECT_EQ(Names(), names);
  }

  std::string SweepOf(const std::string& path) const {
    return Text(path, "SELECT name FROM sweep");
  }

  const std::string backup_ = folder_ / "backup.db";
};

TEST_F(RestoreTest, AnEmptyFolderGetsTheBackup) {
  fs::remove_all(state_);
  const auto report = Restore(/*replace=*/false);
  ADARES_ASSERT_OK(report.status());
  EXPECT_EQ(report->sweeps(), 1);
  EXPECT_EQ(report->trials(), 4);
  EXPECT_EQ(report->schema_version(), EmbeddedMigrations().back().version);
  EXPECT_EQ(report->kept_as(), "");
  EXPECT_THAT(Names(), ElementsAre("adares.db"));
  EXPECT_EQ(SweepOf(database_), "sweep-b");
}

TEST_F(RestoreTest, ADatabaseThatIsThereNeedsAWord) {
  const auto report = Restore(/*replace=*/false);
  EXPECT_EQ(ErrorReason(report.status()), reason::kDatabaseExists);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("with 1 sweeps and 4 trials"));
  EXPECT_EQ(SweepOf(database_), "sweep-a");
}

TEST_F(RestoreTest, WhatIsReplacedIsKeptBesideIt) {
  const auto report = Restore(/*replace=*/true);
  ADARES_ASSERT_OK(report.status());
  EXPECT_EQ(report->kept_as(), database_ + ".replaced-20260102T030405Z");
  EXPECT_EQ(SweepOf(database_), "sweep-b");
  EXPECT_EQ(SweepOf(report->kept_as()), "sweep-a");
  EXPECT_THAT(Names(), ElementsAre("adares.db", "adares.db.replaced-20260102T030405Z"));
}

TEST_F(RestoreTest, TheFolderKnowsWhenItsDatabaseWasReplaced) {
  EXPECT_EQ((*StateFolder::Open(state_))->LastReplaced(), std::nullopt);
  ADARES_ASSERT_OK(Restore(/*replace=*/true).status());
  std::ofstream(database_ + ".replaced-20250102T030405Z") << "an older one";
  std::ofstream(database_ + ".replaced-by-hand") << "whenever";
  const std::optional<Timestamp> last = (*StateFolder::Open(state_))->LastReplaced();
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(StateFolder::TimeName(*last), "20260102T030405Z");
}

TEST_F(RestoreTest, WhatWasKeptBeforeStaysToo) {
  ADARES_ASSERT_OK(Restore(/*replace=*/true).status());
  const auto again = Restore(/*replace=*/true);
  ADARES_ASSERT_OK(again.status());
  EXPECT_EQ(again->kept_as(), database_ + ".replaced-20260102T030405Z-2");
}

// A process that was killed leaves its log: it is part of the database, and must not become part of
// another one.
TEST_F(RestoreTest, TheLogOfAKilledServerIsKeptWithItsDatabase) {
  LeaveLog();
  const auto report = Restore(/*replace=*/true);
  ADARES_ASSERT_OK(report.status());
  EXPECT_EQ(SweepOf(database_), "sweep-b");
  EXPECT_EQ(ContentsOf(database_)->sweeps, 1);
  EXPECT_EQ(ContentsOf(report->kept_as())->sweeps, 2) << "what was only in the log is lost";
}

TEST_F(RestoreTest, ADamagedDatabaseCanBeReplaced) {
  fixtures::WriteTextFile(database_, std::string(10'000, 'x'));
  fixtures::WriteTextFile(database_ + "-wal", "its log");
  const auto report = Restore(/*replace=*/true);
  ADARES_ASSERT_OK(report.status());
  EXPECT_EQ(SweepOf(database_), "sweep-b");
  EXPECT_EQ(fixtures::ReadTextFile(report->kept_as()), std::string(10'000, 'x'));
  EXPECT_EQ(fixtures::ReadTextFile(report->kept_as() + "-wal"), "its log");
  EXPECT_FALSE(fs::exists(database_ + "-wal"));
}

// Its lock keeps the log of the database from being put into it.
TEST_F(RestoreTest, ADatabaseThatAnotherProgramHasOpenIsRefusedAndItIsNamed) {
  const ForgottenShell shell(database_);
  Execute(database_, "UPDATE sweep SET title = 'only in the log'");
  const std::string log = fixtures::ReadTextFile(database_ + "-wal");
  ASSERT_THAT(log, HasSubstr("only in the log"));
  ExpectRefused(reason::kDatabaseBusy);
  EXPECT_TRUE(fixtures::ReadTextFile(database_ + "-wal") == log) << "the log changed";
  EXPECT_THAT(std::string(Restore(/*replace=*/true).status().message()),
              HasSubstr("(process " + std::to_string(shell.pid()) + ") has " + database_ +
                        " open; end it, and try again"));
}

// What a process leaves that is killed after it has taken the log away and before the new database
// has the old one's name.
TEST_F(RestoreTest, AReplacementThatWasCutOffIsTakenBack) {
  LeaveLog();
  const std::string kept = database_ + ".replaced-20260102T030405Z";
  fs::create_hard_link(database_, kept);
  fs::rename(database_ + "-wal", kept + "-wal");
  ADARES_ASSERT_OK(StateFolder::Open(state_).status());
  EXPECT_THAT(Names(), ElementsAre("adares.db", "adares.db-wal"));
  EXPECT_EQ(ContentsOf(database_)->sweeps, 2) << "what was only in the log is lost";
}

TEST_F(RestoreTest, ADatabaseThatWasUsedWithoutItsLogIsRefused) {
  fs::create_hard_link(database_, database_ + ".replaced-20260102T030405Z");
  fixtures::WriteTextFile(database_ + ".replaced-20260102T030405Z-wal", "its log");
  fixtures::WriteTextFile(database_ + "-wal", "another log");
  const auto names = Names();
  EXPECT_EQ(StateFolder::Open(state_).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Names(), names);
  fs::remove(database_ + "-wal");
  fs::last_write_time(database_, fs::file_time_type::clock::now() + std::chrono::seconds(1));
  EXPECT_EQ(StateFolder::Open(state_).status().code(), absl::StatusCode::kInternal);
}

TEST_F(RestoreTest, AReplacementThatFailsLeavesAllAsItWas) {
  fixtures::WriteTextFile(database_, std::string(10'000, 'x'));
  fixtures::WriteTextFile(database_ + "-wal", "its log");
  const auto folder = StateFolder::Open(state_);
  ADARES_ASSERT_OK(folder.status());
  EXPECT_EQ(ReplaceDatabase(**folder, At(0)).status().code(), absl::StatusCode::kInternal)
      << "there is no copy";
  EXPECT_THAT(Names(), ElementsAre("adares.db", "adares.db-wal"));
  EXPECT_EQ(fixtures::ReadTextFile(database_ + "-wal"), "its log");
}

TEST_F(RestoreTest, ARunningServersFolderIsRefused) {
  const auto lock = StateFolder::Open(state_);
  ADARES_ASSERT_OK(lock.status());
  ExpectRefused(reason::kStateFolderInUse);
}

TEST_F(RestoreTest, ANewerSchemaIsRefused) {
  Execute(backup_, "INSERT INTO schema_migration VALUES (999, 'future', 'x', 0)");
  ExpectRefused(reason::kSchemaMismatch);
}

TEST_F(RestoreTest, AnOlderSchemaIsRestoredAsItIs) {
  fs::remove(backup_);
  ADARES_ASSERT_OK(Migrate(backup_, {EmbeddedMigrations()[0]}, At(0)));
  const auto report = Restore(/*replace=*/true);
  ADARES_ASSERT_OK(report.status());
  EXPECT_EQ(report->schema_version(), 1);
  EXPECT_TRUE(Store::Open(database_, At(1)).ok()) << "a server cannot migrate it";
}

TEST_F(RestoreTest, ADamagedBackupIsRefused) {
  const auto size = static_cast<std::streamoff>(fs::file_size(backup_));
  std::fstream file(backup_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(size / 2);
  file << std::string(20'000, 'x') << std::flush;
  ExpectRefused(reason::kDatabaseCorrupt);
}

TEST_F(RestoreTest, WhatIsCutOffIsRefused) {
  fs::resize_file(backup_, fs::file_size(backup_) / 2);
  ExpectRefused(reason::kDatabaseCorrupt);
}

TEST_F(RestoreTest, WhatIsNoDatabaseIsRefused) {
  fixtures::WriteTextFile(backup_, std::string(10'000, 'x'));
  ExpectRefused(reason::kDatabaseCorrupt);
}

TEST_F(RestoreTest, ADatabaseOfSomethingElseIsRefused) {
  fs::remove(backup_);
  SQLite::Database(backup_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE x (y)");
  ExpectRefused(reason::kSchemaMismatch);
}

TEST_F(RestoreTest, AnEmptyFileIsRefused) {
  fixtures::WriteTextFile(backup_, "");
  ExpectRefused(reason::kSchemaMismatch);
}

TEST_F(RestoreTest, AMissingFileIsRefused) {
  fs::remove(backup_);
  ExpectRefused(reason::kDatabaseMissing);
}

TEST_F(RestoreTest, AFolderIsNotRestoredFromItself) {
  const auto report = RestoreOffline({database_, state_, true}, At(0), Keep());
  EXPECT_EQ(ErrorReason(report.status()), reason::kArgumentInvalid);
}

TEST_F(RestoreTest, RowsThatBreakRulesAreToldAndRestored) {
  Execute(backup_, "UPDATE sweep SET queued_trials = 9");
  ADARES_ASSERT_OK(Restore(/*replace=*/true).status());
  bool is_told = false;
  for (const v1::OfflineEvent& event : events_) {
    is_told = is_told || (event.check().result().check() == "sweep-counts" &&
                          event.check().result().outcome() == v1::CheckResult::OUTCOME_FAILED);
  }
  EXPECT_TRUE(is_told);
}

}  // namespace
}  // namespace adares
