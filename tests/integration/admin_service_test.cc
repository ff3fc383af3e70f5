// What looks after a running server: facts about it, backups under load, checks, deletions.
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/fixtures/await.h"
#include "tests/integration/admin_fixture.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class AdminServiceTest : public AdminTest {
 protected:
  // A backup as a file.
  fixtures::Database Save(const ReceivedBackup& backup) const {
    const std::string path = folder_ / "saved.db";
    fixtures::WriteTextFile(path, backup.bytes);
    return fixtures::Database(path);
  }
};

TEST_F(AdminServiceTest, InfoTellsWhatTheServerIsAndHolds) {
  MakeHistory();
  const auto info = Info();
  ADARES_ASSERT_OK(info);
  EXPECT_FALSE(info->version().empty());
  EXPECT_EQ(info->state_folder(), state_);
  EXPECT_EQ(info->database().schema_version(),
            database_.Number("SELECT max(version) FROM schema_migration"));
  EXPECT_GT(info->database().bytes(), 0);
  EXPECT_FALSE(info->volume().file_system().empty());
  EXPECT_GE(info->current_time().seconds(), info->start_time().seconds());
  EXPECT_EQ(info->counts().trials().at("succeeded"), 1);
  EXPECT_EQ(info->counts().trials().at("queued"), 1);
  EXPECT_EQ(info->counts().trials().at("paused"), 0);
  EXPECT_EQ(info->counts().trials().at("stopped-early"), 0);
  EXPECT_EQ(info->counts().blobs(), 0);
  EXPECT_EQ(info->counts().sweeps().at("running"), 1);
  EXPECT_EQ(info->counts().live_workers(), 1);
  EXPECT_EQ(info->counts().slots(), 1);
  EXPECT_EQ(info->options().lease_duration().seconds(), 30);
  EXPECT_FALSE(info->options().has_retention());
  EXPECT_EQ(info->limits().message_bytes(), 16 << 20);
  EXPECT_EQ(info->limits().report_bytes(), 1 << 20);
  EXPECT_EQ(info->limits().trials_per_sweep(), 20'000);
  EXPECT_EQ(info->limits().streams_per_kind(), 2'000);
  EXPECT_EQ(info->limits().sites_per_trial(), 10'000);
  EXPECT_EQ(info->limits().connected_workers(), 2'000);
  EXPECT_EQ(info->limits().unnamed_uploads_per_attempt(), 256);
  EXPECT_EQ(info->limits().changes_per_second(), 100);
}

TEST_F(AdminServiceTest, HealthTellsOfTheLastCommit) {
  MakeHistory();
  const auto health = Health();
  ADARES_ASSERT_OK(health);
  EXPECT_TRUE(health->healthy());
  EXPECT_TRUE(health->loop_moving());
  EXPECT_TRUE(health->last_commit_succeeded());
  EXPECT_GT(health->last_commit_time().seconds(), 1'700'000'000);
  EXPECT_FALSE(health->draining());
}

TEST_F(AdminServiceTest, AServerThatDrainsIsNotHealthy) {
  server_->Drain();
  const auto health = Health();
  ADARES_ASSERT_OK(health);
  EXPECT_FALSE(health->healthy());
  EXPECT_TRUE(health->draining());
}

TEST_F(AdminServiceTest, ABackupIsTheDatabase) {
  MakeHistory();
  const ReceivedBackup backup = Backup();
  ADARES_ASSERT_OK(backup.end);
  EXPECT_EQ(backup.header.bytes(), static_cast<int64_t>(backup.bytes.size()));
  EXPECT_EQ(backup.sha256, Sha256Hex(backup.bytes));
  EXPECT_EQ(backup.header.schema_version(),
            database_.Number("SELECT max(version) FROM schema_migration"));
  EXPECT_EQ(backup.progress.front().phase(), v1::BackupProgress::PHASE_COPYING);
  EXPECT_EQ(backup.progress.back().phase(), v1::BackupProgress::PHASE_VERIFYING);
  const std::string rows = "SELECT * FROM v1_metrics";
  EXPECT_EQ(Save(backup).Rows(rows), database_.Rows(rows));
  EXPECT_FALSE(fs::exists(state_ + "/adares.db.copy"));
  EXPECT_GT(Metric("adares_backup_last_timestamp_seconds"), 1'700'000'000);
}

// Points are stored and acknowledged while the copy is made; the backup is of one moment of them.
TEST_F(AdminServiceTest, BackupsUnderLoadAreWholeAndStopNobody) {
  AddBallast(60'000'000);
  Create({.name = "load", .granularities = {"none"}, .seeds = {0}});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  const v1::Assignment attempt = worker.TakeOne();
  std::atomic<bool> done = false;
  std::atomic<int64_t> stored = 0;
  std::thread load([&] {
    Reports reports(channel_, worker);
    for (int64_t step = 1; !done; ++step) {
      if (reports.Acknowledged(attempt, step, {PointRecord("loss", step, 1)}) != step) break;
      stored = step;
    }
  });
  ASSERT_TRUE(fixtures::Await([&] { return stored > 10; }));
  const int64_t before = stored;
  const ReceivedBackup backup = Backup();
  const int64_t after = stored;
  done = true;
  load.join();
  ADARES_ASSERT_OK(backup.end);
  EXPECT_GT(after, before) << "nothing was stored while the backup was made";
  const fixtures::Database saved = Save(backup);
  const int64_t points = saved.Number("SELECT count(*) FROM metric_point");
  EXPECT_GE(points, before) << "an acknowledged point is missing";
  EXPECT_LE(points, after + 1);
  EXPECT_EQ(saved.Number("SELECT count FROM metric_summary"), points);
  EXPECT_EQ(saved.Rows("PRAGMA integrity_check"), std::multiset<std::string>{"ok"});
}

TEST_F(AdminServiceTest, ACallerThatLeavesLeavesNothing) {
  AddBallast(100'000'000);
  {
    const auto stub = v1::AdminService::NewStub(channel_);
    const auto context = NewContext();
    const auto reader = stub->BackupDatabase(context.get(), v1::BackupDatabaseRequest());
    v1::BackupDatabaseResponse message;
    ASSERT_TRUE(reader->Read(&message));
    context->TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  ADARES_ASSERT_OK(Check());  // the next one has its turn
  EXPECT_FALSE(fs::exists(state_ + "/adares.db.copy"));
}

TEST_F(AdminServiceTest, ADamagedDatabaseGivesNoBackup) {
  database_.Execute(
      "PRAGMA writable_schema = ON; "
      "UPDATE sqlite_schema SET sql = replace(sql, 'trials are never deleted', 'x') "
      "WHERE name = 'trial_is_kept'");
  const ReceivedBackup backup = Backup();
  EXPECT_EQ(ErrorReason(backup.end), reason::kSchemaMismatch);
  EXPECT_EQ(backup.bytes, "");
}

TEST_F(AdminServiceTest, ChecksOfASoundServerPass) {
  MakeHistory();
  const auto results = Check();
  ADARES_ASSERT_OK(results);
  EXPECT_GE(results->size(), 12u);
  for (const auto& [name, result] : *results) {
    EXPECT_EQ(result.outcome(), v1::CheckResult::OUTCOME_PASSED) << result.DebugString();
  }
}

TEST_F(AdminServiceTest, ChecksFindAPlantedCount) {
  MakeHistory();
  database_.Execute("UPDATE metric_summary SET count = count + 1");
  const auto results = Check();
  ADARES_ASSERT_OK(results);
  const v1::CheckResult& summaries = results->at("summaries");
  EXPECT_EQ(summaries.outcome(), v1::CheckResult::OUTCOME_FAILED);
  EXPECT_EQ(summaries.finding_count(), 1);
  EXPECT_THAT(summaries.findings(0).subject(), HasSubstr("history/"));
  EXPECT_THAT(summaries.findings(0).problem(), HasSubstr("says 3 points"));
}

TEST_F(AdminServiceTest, WhatIsOldIsDeletedAndResultsStay) {
  MakeHistory();
  MakeOld();
  const std::multiset<std::string> results = database_.Rows("SELECT * FROM v1_metrics");
  const auto dry = Prune(3600, /*dry_run=*/true);
  ADARES_ASSERT_OK(dry);
  EXPECT_TRUE(dry->finished());
  EXPECT_EQ(dry->counts().log_lines(), 4);
  EXPECT_EQ(dry->counts().points(), 2);
  EXPECT_EQ(dry->counts().skip_weights(), 1);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM log_line"), 4) << "a dry run has deleted";
  const auto deleted = Prune(3600, /*dry_run=*/false);
  ADARES_ASSERT_OK(deleted);
  EXPECT_EQ(deleted->counts().SerializeAsString(), dry->counts().SerializeAsString());
  EXPECT_EQ(database_.Number("SELECT count(*) FROM log_line"), 0);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM metric_point"), 2);
  EXPECT_EQ(database_.Rows("SELECT * FROM v1_metrics"), results);
  const auto checks = Check();
  ADARES_ASSERT_OK(checks);
  EXPECT_EQ(checks->at("summaries").outcome(), v1::CheckResult::OUTCOME_PASSED);
}

TEST_F(AdminServiceTest, WhatIsYoungIsKept) {
  MakeHistory();
  const auto deleted = Prune(3600, /*dry_run=*/false);
  ADARES_ASSERT_OK(deleted);
  EXPECT_EQ(deleted->counts().log_lines(), 0);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM log_line"), 4);
}

TEST_F(AdminServiceTest, AnAgeIsRequired) {
  EXPECT_EQ(Reason(Prune(-1, /*dry_run=*/true)), reason::kArgumentInvalid);
}

TEST_F(AdminServiceTest, ACopyThatAKilledServerLeftIsRemovedAtTheStart) {
  Stop();
  fixtures::WriteTextFile(state_ + "/adares.db.copy", "half");
  Start();
  EXPECT_FALSE(fs::exists(state_ + "/adares.db.copy"));
}

class RetentionOptionTest : public AdminTest {};

TEST_F(RetentionOptionTest, AServerWithRetentionDeletesByItself) {
  MakeHistory();
  MakeOld();
  Stop();
  config_.retention = std::chrono::hours(24);
  Start();
  EXPECT_TRUE(fixtures::Await(
      [this] { return database_.Number("SELECT count(*) FROM metric_point") == 2; }));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM log_line"), 0);
  EXPECT_EQ(Info()->options().retention().seconds(), 24 * 3600);
}

// Clients that take their time.
class SlowCallerTest : public AdminTest {
 protected:
  void SetUp() override {
    config_.patience = std::chrono::seconds(5);  // a busy machine keeps others waiting too
    AdminTest::SetUp();
    AddBallast(100'000'000);
  }

  struct Held {
    std::unique_ptr<v1::AdminService::Stub> stub;
    std::unique_ptr<grpc::ClientContext> context = NewContext();
    std::unique_ptr<grpc::ClientReader<v1::BackupDatabaseResponse>> reader;
  };
  // A backup of which nothing is taken.
  Held HoldBackup() {
    Held held;
    held.stub = v1::AdminService::NewStub(channel_);
    held.reader = held.stub->BackupDatabase(held.context.get(), v1::BackupDatabaseRequest());
    return held;
  }
};

TEST_F(SlowCallerTest, ACallerThatTakesNothingHoldsNobody) {
  Held held = HoldBackup();
  ADARES_ASSERT_OK(Check());  // it does not wait for the caller
  v1::BackupDatabaseResponse message;
  while (held.reader->Read(&message)) {
  }
  EXPECT_EQ(held.reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(SlowCallerTest, AServerThatStopsEndsWhatRunsAndWhatWaits) {
  config_.patience = std::chrono::hours(1);
  Stop();
  Start();
  Held running = HoldBackup();
  v1::BackupDatabaseResponse message;
  ASSERT_TRUE(running.reader->Read(&message));
  Held waiting = HoldBackup();
  ADARES_ASSERT_OK(Info());  // by now the other call has come too
  // What the server says at last comes behind what it has said, which somebody must take.
  std::thread taker([&] {
    v1::BackupDatabaseResponse taken;
    while (running.reader->Read(&taken)) {
    }
  });
  Stop();
  taker.join();
  for (Held* held : {&running, &waiting}) {
    while (held->reader->Read(&message)) {
    }
    EXPECT_EQ(ErrorReason(FromGrpcStatus(held->reader->Finish())), reason::kDraining);
  }
}

}  // namespace
}  // namespace adares
