// A real server with some history in it, and the calls that look after it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adares/v1/admin_service.grpc.pb.h"
#include "core/sha256.h"
#include "tests/fixtures/database.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {

// A backup as it came.
struct ReceivedBackup {
  std::vector<v1::BackupProgress> progress;
  v1::BackupHeader header;
  std::string bytes;
  std::string sha256;  // as the server told it
  absl::Status end;
};

class AdminTest : public ServerTest {
 protected:
  // A trial with a lost attempt, which succeeded in the second, and one that waits.
  void MakeHistory() {
    Create({.name = "history", .granularities = {"none"}, .seeds = {0, 1}});
    ReportAttempt("i1", v1::Attempt::END_REASON_PREEMPTED);
    ReportAttempt("i2", v1::Attempt::END_REASON_FINISHED);
  }

  // One attempt of the next trial, with points, weights and log lines.
  void ReportAttempt(const std::string& instance, v1::Attempt::EndReason end) {
    ScriptedWorker worker(channel_, "w", instance, std::exchange(newest_instance_, instance));
    ADARES_ASSERT_OK(worker.Register());
    const v1::Assignment attempt = worker.TakeOne();
    Reports reports(channel_, worker);
    EXPECT_EQ(reports.Acknowledged(attempt, 1,
                                   {PointRecord("loss", 1, 3), PointRecord("loss", 2, 2),
                                    WeightRecord("layer1.0", 1, 0.5, 0.1),
                                    LogRecord(1, {"first", "second"}), EndRecord(end)}),
              5);
  }

  // Moves the ends of attempts that have ended into the past, which a trigger forbids.
  void MakeOld() const {
    const std::string trigger =
        *database_.Rows("SELECT sql FROM sqlite_schema WHERE name = 'attempt_end_is_final'")
             .begin();
    database_.Execute(
        "BEGIN IMMEDIATE; DROP TRIGGER attempt_end_is_final; "
        "UPDATE attempt SET ended_at = 1 WHERE ended_at IS NOT NULL; " +
        trigger + "; COMMIT");
  }

  ReceivedBackup Backup() {
    ReceivedBackup backup;
    const auto stub = v1::AdminService::NewStub(channel_);
    const auto context = NewContext();
    const auto reader = stub->BackupDatabase(context.get(), v1::BackupDatabaseRequest());
    v1::BackupDatabaseResponse message;
    while (reader->Read(&message)) {
      if (message.has_progress()) backup.progress.push_back(message.progress());
      if (message.has_header()) backup.header = message.header();
      if (message.has_end()) backup.sha256 = message.end().sha256();
      backup.bytes += message.chunk();
    }
    backup.end = FromGrpcStatus(reader->Finish());
    return backup;
  }

  // The results of all checks, by their names.
  absl::StatusOr<std::map<std::string, v1::CheckResult>> Check() {
    std::map<std::string, v1::CheckResult> results;
    const auto stub = v1::AdminService::NewStub(channel_);
    const auto context = NewContext();
    const auto reader = stub->CheckDatabase(context.get(), v1::CheckDatabaseRequest());
    v1::CheckDatabaseResponse message;
    while (reader->Read(&message)) {
      if (message.has_result()) results[message.result().check()] = message.result();
    }
    const absl::Status end = FromGrpcStatus(reader->Finish());
    if (!end.ok()) return end;
    return results;
  }

  // The last message.
  absl::StatusOr<v1::PruneDatabaseResponse> Prune(int64_t older_than_seconds, bool dry_run) {
    v1::PruneDatabaseRequest request;
    request.mutable_older_than()->set_seconds(older_than_seconds);
    request.set_validate_only(dry_run);
    const auto stub = v1::AdminService::NewStub(channel_);
    const auto context = NewContext();
    const auto reader = stub->PruneDatabase(context.get(), request);
    v1::PruneDatabaseResponse message;
    while (reader->Read(&message)) {
    }
    const absl::Status end = FromGrpcStatus(reader->Finish());
    if (!end.ok()) return end;
    return message;
  }

  absl::StatusOr<v1::ServerInfo> Info() {
    const auto answer = Call<v1::AdminService>(channel_, &v1::AdminService::Stub::GetServerInfo,
                                               v1::GetServerInfoRequest());
    if (!answer.ok()) return answer.status();
    return answer->server();
  }

  absl::StatusOr<v1::CheckHealthResponse> Health() {
    return Call<v1::AdminService>(channel_, &v1::AdminService::Stub::CheckHealth,
                                  v1::CheckHealthRequest());
  }

  // Makes the file so large that a copy or its transfer takes a while.
  void AddBallast(int64_t bytes) const {
    database_.Execute(
        "CREATE TABLE IF NOT EXISTS ballast (x); INSERT INTO ballast VALUES (zeroblob(" +
        std::to_string(bytes) + "))");
  }

  std::string newest_instance_;  // of worker w
  const std::string state_ = config_.state_dir;
  const fixtures::Database database_{state_ + "/adares.db"};
};

}  // namespace adares
