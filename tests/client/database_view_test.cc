// What people and programs read of checks, backups, deletions, restores and migrations.
#include "client/database_view.h"

#include <gmock/gmock.h>

#include "client/server_view.h"
#include "nlohmann/json.hpp"

namespace adares::client {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

v1::CheckResult MakeCheck(const std::string& name, v1::CheckResult::Outcome outcome) {
  v1::CheckResult check;
  check.set_check(name);
  check.set_outcome(outcome);
  return check;
}

std::vector<v1::CheckResult> SomeChecks() {
  std::vector<v1::CheckResult> checks = {MakeCheck("integrity", v1::CheckResult::OUTCOME_PASSED),
                                         MakeCheck("summaries", v1::CheckResult::OUTCOME_FAILED),
                                         MakeCheck("results", v1::CheckResult::OUTCOME_SKIPPED)};
  checks[1].set_finding_count(7);
  v1::CheckFinding* finding = checks[1].add_findings();
  finding->set_subject("a/b");
  finding->set_problem("bad");
  checks[2].set_note("why");
  return checks;
}

TEST(DatabaseViewTest, FindingsFollowTheChecks) {
  EXPECT_EQ(CheckText(SomeChecks(), false),
            "CHECK      RESULT   FINDINGS  NOTE\n"
            "integrity  passed          0\n"
            "summaries  failed          7\n"
            "results    skipped         0  why\n"
            "\n"
            "CHECK      SUBJECT  PROBLEM\n"
            "summaries  a/b      bad\n"
            "summaries  ...      and 6 more\n");
  EXPECT_THAT(CheckText({SomeChecks()[0]}, false), Not(HasSubstr("SUBJECT")));
  EXPECT_EQ(FailedChecks(SomeChecks()), 1);
}

TEST(DatabaseViewTest, CsvOfChecksHasARowForEachFindingOrCheck) {
  EXPECT_THAT(CheckCsv(SomeChecks()),
              ElementsAre(ElementsAre("check", "result", "subject", "problem"),
                          ElementsAre("integrity", "passed", "", ""),
                          ElementsAre("summaries", "failed", "a/b", "bad"),
                          ElementsAre("results", "skipped", "", "why")));
}

TEST(DatabaseViewTest, ABackupTellsWhatItIs) {
  BackupSummary backup;
  backup.path = "x.db";
  backup.header.set_bytes(1'500'000);
  backup.header.set_schema_version(3);
  backup.header.mutable_snapshot_time()->set_seconds(1'767'323'045);
  backup.sha256 = std::string(64, 'a');
  EXPECT_EQ(BackupText(backup),
            "x.db: 1.5 MB, schema 3, as of 2026-01-02T03:04:05Z, SHA-256 aaaaaaaaaaaa\n");
  const json document = json::parse(BackupJson(backup), nullptr, false);
  EXPECT_EQ(document["path"], "x.db");
  EXPECT_EQ(document["bytes"], "1500000");
  EXPECT_EQ(document["sha256"], std::string(64, 'a'));
  EXPECT_EQ(BackupCsv(backup)[1].size(), BackupCsv(backup)[0].size());
}

TEST(DatabaseViewTest, AMigrationTellsItsSteps) {
  v1::MigrationReport report;
  report.set_dry_run(true);
  report.set_from_version(2);
  report.set_to_version(3);
  v1::AppliedMigration* migration = report.add_migrations();
  migration->set_version(3);
  migration->set_name("telemetry");
  migration->mutable_duration()->set_nanos(12'000'000);
  report.set_bytes_before(1000);
  report.set_bytes_after(2000);
  EXPECT_EQ(MigrationText(report, false),
            "VERSION  NAME       SECONDS\n"
            "      3  telemetry    0.012\n"
            "schema 2 to 3, 1.0 kB to 2.0 kB, the copy took 0.000 s; nothing was changed\n");
}

TEST(DatabaseViewTest, ARestoreTellsWhereTheOldOneIs) {
  v1::RestoreReport report;
  report.set_sweeps(1);
  report.set_trials(2);
  report.set_bytes(1000);
  report.set_schema_version(3);
  EXPECT_EQ(RestoreText(report, "dir"), "dir: 1 sweep, 2 trials, 1.0 kB, schema 3\n");
  report.set_kept_as("dir/old");
  EXPECT_THAT(RestoreText(report, "dir"), HasSubstr("the database as it was is kept as dir/old\n"));
}

TEST(ServerViewTest, HealthIsWhatTheServiceAndTheCoordinatorSay) {
  ServerHealth server;
  server.health.set_healthy(true);
  EXPECT_TRUE(server.IsSound()) << "a server without the standard service may be sound";
  server.serving = false;
  EXPECT_FALSE(server.IsSound());
  server.serving = true;
  EXPECT_TRUE(server.IsSound());
  server.health.set_healthy(false);
  EXPECT_FALSE(server.IsSound());
  EXPECT_EQ(json::parse(HealthJson(server), nullptr, false)["serving"], true);
}

TEST(ServerViewTest, InfoHasALineForEachFact) {
  v1::ServerInfo info;
  info.set_version("1.2.3");
  info.set_state_folder("/srv/adares");
  (*info.mutable_counts()->mutable_trials())["queued"] = 3;
  (*info.mutable_counts()->mutable_trials())["running"] = 7;
  (*info.mutable_counts()->mutable_trials())["failed"] = 0;
  info.mutable_counts()->set_blobs(2);
  info.mutable_counts()->set_blob_bytes(3 << 20);
  info.mutable_options()->mutable_retention()->set_seconds(86400 * 30);
  const std::string text = ServerInfoText(info, FromMicros(0), false);
  EXPECT_THAT(text, HasSubstr("/srv/adares\n"));
  EXPECT_THAT(text, HasSubstr("7 running, 3 queued\n"));
  EXPECT_THAT(text, HasSubstr("deletes after 30d"));
  EXPECT_THAT(text, HasSubstr("2 files, "));
}

}  // namespace
}  // namespace adares::client
