// The migrator: what it applies and records, and that a file it refuses stays as it is.
#include "server/store/migrator.h"

#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>
#include <iterator>

#include "core/sha256.h"
#include "core/status.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Migration kFirst = {1, "first", "CREATE TABLE one (x INTEGER) STRICT; CREATE TABLE more (x)"};
const Migration kSecond = {2, "second", "ALTER TABLE one ADD COLUMN y INTEGER"};
const Migration kBroken = {2, "broken", "CREATE TABLE half (x); CREATE TABLE one (x)"};

class MigratorTest : public testing::Test {
 protected:
  std::vector<std::string> Texts(const std::string& sql) {
    SQLite::Database database(path_);
    SQLite::Statement query(database, sql);
    std::vector<std::string> texts;
    while (query.executeStep()) texts.push_back(query.getColumn(0).getString());
    return texts;
  }

  std::vector<std::string> Tables() {
    return Texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  }

  std::string Bytes() {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void Write(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }

  // Expects that the file is refused with SCHEMA_MISMATCH and keeps its bytes.
  void ExpectMismatch(const std::vector<Migration>& migrations, const std::string& words) {
    const std::string before = Bytes();
    const absl::Status status = Migrate(path_, migrations, At(9));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ErrorReason(status), reason::kSchemaMismatch);
    EXPECT_THAT(status.ToString(), HasSubstr(words));
    EXPECT_THAT(status.ToString(), HasSubstr(path_));
    EXPECT_TRUE(Bytes() == before) << "the file changed";
  }

  fixtures::TempFolder folder_;
  std::string path_ = folder_ / "adares.db";
};

TEST_F(MigratorTest, AppliesInOrderAndRecords) {
  ADARES_ASSERT_OK(Migrate(path_, {kFirst, kSecond}, At(3)));
  EXPECT_THAT(Tables(), ElementsAre("more", "one", "schema_migration"));
  EXPECT_THAT(
      Texts("SELECT version || ' ' || name || ' ' || sha256 || ' ' || applied_at "
            "FROM schema_migration ORDER BY version"),
      ElementsAre("1 first " + Sha256Hex(kFirst.sql) + " " + std::to_string(ToMicros(At(3))),
                  "2 second " + Sha256Hex(kSecond.sql) + " " + std::to_string(ToMicros(At(3)))));
}

TEST_F(MigratorTest, AppliesOnlyWhatIsMissing) {
  ADARES_ASSERT_OK(Migrate(path_, {kFirst}, At(1)));
  ADARES_ASSERT_OK(Migrate(path_, {kFirst, kSecond}, At(2)));
  ADARES_ASSERT_OK(Migrate(path_, {kFirst, kSecond}, At(3)));
  EXPECT_THAT(Texts("SELECT applied_at FROM schema_migration ORDER BY version"),
              ElementsAre(std::to_string(ToMicros(At(1))), std::to_string(ToMicros(At(2)))));
}

TEST_F(MigratorTest, AFailedMigrationLeavesNothing) {
  ADARES_ASSERT_OK(Migrate(path_, {kFirst}, At(1)));
  const absl::Status status = Migrate(path_, {kFirst, kBroken}, At(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(status.ToString(), HasSubstr("apply migration 2 (broken)"));
  EXPECT_THAT(Tables(), ElementsAre("more", "one", "schema_migration"));
  EXPECT_THAT(Texts("SELECT version FROM schema_migration"), ElementsAre("1"));
}

class ReferenceTest : public MigratorTest {
 protected:
  static constexpr Migration kFamily = {
      1, "family",
      "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;"
      "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent) STRICT;"
      "INSERT INTO parent VALUES (1), (2), (3);"
      "INSERT INTO child VALUES (5, 1), (6, 2), (7, 3)"};

  void SetUp() override { ADARES_ASSERT_OK(Migrate(path_, {kFamily}, At(1))); }
};

TEST_F(ReferenceTest, AMigrationAfterWhichRowsReferToNothingIsUndone) {
  const absl::Status status =
      Migrate(path_, {kFamily, {2, "careless", "DELETE FROM parent WHERE id > 1"}}, At(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ErrorReason(status), reason::kDatabaseCorrupt);
  EXPECT_THAT(status.ToString(), HasSubstr("apply migration 2 (careless): "));
  EXPECT_THAT(status.ToString(), HasSubstr("in child row 6 refers to a row of parent that is not "
                                           "there, and 1 more such"));
  EXPECT_THAT(Texts("SELECT id FROM parent ORDER BY id"), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Texts("SELECT version FROM schema_migration"), ElementsAre("1"));
}

TEST_F(ReferenceTest, WhatPeoplesOwnTablesReferToIsTheirBusiness) {
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec(
          "CREATE TABLE note (child INTEGER REFERENCES child); INSERT INTO note VALUES (99);"
          "CREATE TABLE odd (x INTEGER REFERENCES child (parent)); INSERT INTO odd VALUES (1)");
  ADARES_ASSERT_OK(
      Migrate(path_, {kFamily, {2, "careful", "DELETE FROM child WHERE id = 5"}}, At(2)));
}

TEST_F(MigratorTest, RefusesANewerSchema) {
  ADARES_ASSERT_OK(Migrate(path_, {kFirst, kSecond}, At(1)));
  ExpectMismatch({kFirst}, "the file has schema 2 (second), this program knows schemas up to 1");
}

TEST_F(MigratorTest, RefusesAnAlteredMigration) {
  ADARES_ASSERT_OK(Migrate(path_, {kFirst}, At(1)));
  ExpectMismatch({{1, "first", "CREATE TABLE other (x)"}, kSecond},
                 "migration 1 was applied to the file as first with checksum");
}

TEST_F(MigratorTest, RefusesAGapInWhatWasApplied) {
  ADARES_ASSERT_OK(Migrate(path_, {kFirst, kSecond}, At(1)));
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("DELETE FROM schema_migration WHERE version = 1");
  ExpectMismatch({kFirst, kSecond}, "lacks migration 1 (first)");
}

class AlteredSchemaTest : public MigratorTest {
 protected:
  void SetUp() override { ADARES_ASSERT_OK(Migrate(path_, EmbeddedMigrations(), At(1))); }
  void Alter(const std::string& sql) { SQLite::Database(path_, SQLite::OPEN_READWRITE).exec(sql); }
  void ExpectRefused(const std::string& words) { ExpectMismatch(EmbeddedMigrations(), words); }
};

TEST_F(AlteredSchemaTest, AMissingTriggerIsNoticed) {
  Alter("DROP TRIGGER trial_transition_valid");
  ExpectRefused("the trigger trial_transition_valid is missing");
}

TEST_F(AlteredSchemaTest, AMissingIndexIsNoticed) {
  Alter("DROP INDEX trial_queue");
  ExpectRefused("the index trial_queue is missing");
}

TEST_F(AlteredSchemaTest, AnotherColumnIsNoticed) {
  Alter("ALTER TABLE trial ADD COLUMN note TEXT");
  ExpectRefused("the table trial is defined in another way; restore the file from a backup");
}

TEST_F(AlteredSchemaTest, AnotherViewUnderOurNameIsNoticed) {
  Alter("DROP VIEW v1_trials; CREATE VIEW v1_trials AS SELECT 1 AS trial");
  ExpectRefused("the view v1_trials is defined in another way");
}

TEST_F(AlteredSchemaTest, AForeignTriggerOnOurTableIsNoticed) {
  Alter("CREATE TRIGGER meddle AFTER UPDATE ON trial BEGIN SELECT 1; END");
  ExpectRefused("the trigger meddle on trial is not one of adares; drop it: DROP trigger meddle");
}

TEST_F(AlteredSchemaTest, PeoplesOwnTablesAndViewsAreTheirBusiness) {
  Alter(
      "CREATE TABLE note (trial TEXT PRIMARY KEY, text TEXT);"
      "CREATE INDEX note_text ON note (text);"
      "CREATE VIEW best AS SELECT * FROM v1_variants ORDER BY test_accuracy_mean DESC");
  ADARES_ASSERT_OK(Migrate(path_, EmbeddedMigrations(), At(2)));
}

TEST_F(MigratorTest, RefusesADatabaseOfSomethingElse) {
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE recipe (x)");
  ExpectMismatch({kFirst}, "not one of adares: it has the table recipe");
}

TEST_F(MigratorTest, RefusesTheEmbeddedSchemaMadeNewer) {
  ADARES_ASSERT_OK(Migrate(path_, EmbeddedMigrations(), At(1)));
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec(
          "PRAGMA journal_mode = WAL;"
          "INSERT INTO schema_migration VALUES (999, 'future', 'x', 0)");
  const std::string before = Bytes();
  const auto store = Store::Open(path_, At(2));
  EXPECT_EQ(ErrorReason(store.status()), reason::kSchemaMismatch);
  EXPECT_THAT(store.status().ToString(), HasSubstr("schema 999 (future)"));
  EXPECT_TRUE(Bytes() == before) << "the file changed";
}

TEST_F(MigratorTest, RefusesWhatIsNoDatabase) {
  const std::string text =
      "this is a text, and long enough to be taken for a database header, "
      "which has one hundred bytes at the front of the file";
  Write(text);
  const absl::Status status = Migrate(path_, {kFirst}, At(1));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ErrorReason(status), reason::kDatabaseCorrupt);
  EXPECT_THAT(status.ToString(), HasSubstr(path_));
  EXPECT_EQ(Bytes(), text);
}

TEST_F(MigratorTest, AFolderThatIsNotThereIsNamed) {
  const std::string path = folder_ / "none/adares.db";
  const absl::Status status = Migrate(path, {kFirst}, At(1));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.ToString(), HasSubstr(path));
}

TEST_F(MigratorTest, AnEmptyFileIsANewDatabase) {
  Write("");
  ADARES_ASSERT_OK(Migrate(path_, {kFirst}, At(1)));
  EXPECT_THAT(Tables(), ElementsAre("more", "one", "schema_migration"));
}

TEST_F(MigratorTest, ToleratesTheTablesOfLitestream) {
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec(
          "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);"
          "CREATE TABLE _litestream_lock (id INTEGER)");
  ADARES_ASSERT_OK(Migrate(path_, {kFirst}, At(1)));
  ADARES_ASSERT_OK(Migrate(path_, {kFirst, kSecond}, At(2)));
}

TEST_F(MigratorTest, EmbeddedVersionsCountFromOne) {
  ASSERT_FALSE(EmbeddedMigrations().empty());
  int expected = 0;
  for (const Migration& migration : EmbeddedMigrations()) {
    EXPECT_EQ(migration.version, ++expected);
    EXPECT_FALSE(migration.sql.empty());
  }
}

}  // namespace
}  // namespace adares
