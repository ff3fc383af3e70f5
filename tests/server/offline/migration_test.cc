// Migrations of a state folder that no server uses: tried on a copy, which then takes its place.
#include <gmock/gmock.h>

#include "core/status.h"
#include "tests/server/offline/offline_fixture.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class MigrationTest : public OfflineTest {
 protected:
  // The folder's database becomes one of the first schema.
  MigrationTest() {
    fs::remove(database_);
    EXPECT_TRUE(Migrate(database_, {EmbeddedMigrations()[0]}, At(0)).ok());
  }

  absl::StatusOr<v1::MigrationReport> MigrateFolder(bool dry_run) {
    return MigrateOffline({state_, dry_run}, At(0), Keep());
  }

  std::string Version(const std::string& path) const {
    return Text(path, "SELECT max(version) FROM schema_migration");
  }

  const int newest_ = EmbeddedMigrations().back().version;
};

TEST_F(MigrationTest, ADryRunTellsAllAndChangesNothing) {
  const std::string before = fixtures::ReadTextFile(database_);
  const auto report = MigrateFolder(/*dry_run=*/true);
  ADARES_ASSERT_OK(report.status());
  EXPECT_TRUE(report->dry_run());
  EXPECT_EQ(report->from_version(), 1);
  EXPECT_EQ(report->to_version(), newest_);
  ASSERT_EQ(report->migrations_size(), newest_ - 1);
  EXPECT_EQ(report->migrations(0).version(), 2);
  EXPECT_EQ(report->migrations(0).name(), std::string(EmbeddedMigrations()[1].name));
  EXPECT_GT(report->migrations(0).duration().nanos(), 0);
  EXPECT_EQ(report->bytes_before(), static_cast<int64_t>(fs::file_size(database_)));
  EXPECT_GT(report->bytes_after(), report->bytes_before());
  EXPECT_EQ(report->kept_as(), "");
  EXPECT_TRUE(fixtures::ReadTextFile(database_) == before) << "the database changed";
  EXPECT_THAT(Names(), ElementsAre("adares.db"));
}

TEST_F(MigrationTest, WhatADryRunTellsIsDone) {
  const auto report = MigrateFolder(/*dry_run=*/false);
  ADARES_ASSERT_OK(report.status());
  EXPECT_EQ(Version(database_), std::to_string(newest_));
  EXPECT_EQ(report->kept_as(), database_ + ".replaced-20260102T030405Z");
  EXPECT_EQ(Version(report->kept_as()), "1");
  EXPECT_TRUE(Store::Open(database_, At(1)).ok());
}

TEST_F(MigrationTest, ACurrentSchemaNeedsNothing) {
  ADARES_ASSERT_OK(MigrateFolder(/*dry_run=*/false).status());
  const auto names = Names();
  const auto report = MigrateFolder(/*dry_run=*/false);
  ADARES_ASSERT_OK(report.status());
  EXPECT_EQ(report->migrations_size(), 0);
  EXPECT_EQ(report->from_version(), newest_);
  EXPECT_EQ(Names(), names);
}

TEST_F(MigrationTest, AMigrationThatFailsLeavesTheDatabaseAsItWas) {
  Execute(database_, "CREATE TABLE flag (x)");  // the name that a later migration takes
  const std::string before = fixtures::ReadTextFile(database_);
  const auto report = MigrateFolder(/*dry_run=*/false);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(report.status().ToString(), testing::HasSubstr("apply migration 3 (telemetry)"));
  EXPECT_TRUE(fixtures::ReadTextFile(database_) == before) << "the database changed";
  EXPECT_THAT(Names(), ElementsAre("adares.db"));
}

TEST_F(MigrationTest, ANewerSchemaIsRefused) {
  Execute(database_, "INSERT INTO schema_migration VALUES (999, 'future', 'x', 0)");
  EXPECT_EQ(ErrorReason(MigrateFolder(/*dry_run=*/true).status()), reason::kSchemaMismatch);
}

TEST_F(MigrationTest, ADatabaseThatAnotherProgramHasOpenStaysAsItIs) {
  Execute(database_, "PRAGMA journal_mode = WAL");
  const ForgottenShell shell(database_);
  Execute(database_, "INSERT INTO site (name) VALUES ('only-in-the-log')");
  const std::string before = fixtures::ReadTextFile(database_);
  const std::string log = fixtures::ReadTextFile(database_ + "-wal");
  const auto names = Names();
  const auto report = MigrateFolder(/*dry_run=*/false);
  EXPECT_EQ(ErrorReason(report.status()), reason::kDatabaseBusy) << report.status();
  EXPECT_TRUE(fixtures::ReadTextFile(database_) == before) << "the database changed";
  EXPECT_TRUE(fixtures::ReadTextFile(database_ + "-wal") == log) << "the log changed";
  EXPECT_EQ(Names(), names);
}

TEST_F(MigrationTest, ARunningServersFolderIsRefused) {
  const auto lock = StateFolder::Open(state_);
  EXPECT_EQ(ErrorReason(MigrateFolder(/*dry_run=*/true).status()), reason::kStateFolderInUse);
}

TEST_F(MigrationTest, AFolderWithoutADatabaseIsRefusedAndNotMade) {
  EXPECT_EQ(ErrorReason(MigrateOffline({folder_ / "none", true}, At(0), Keep()).status()),
            reason::kDatabaseMissing);
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

TEST_F(MigrationTest, ChecksOfAFolderTellWhatTheyFind) {
  ADARES_ASSERT_OK(MigrateFolder(/*dry_run=*/false).status());
  EXPECT_EQ(CheckOffline({state_}, Keep())->failed_checks(), 0);
  Execute(database_, "DROP TRIGGER trial_is_kept");
  EXPECT_EQ(CheckOffline({state_}, Keep())->failed_checks(), 1);
}

}  // namespace
}  // namespace adares
