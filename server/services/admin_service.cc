#include "server/services/admin_service.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "core/sha256.h"
#include "core/status.h"
#include "core/volume.h"
#include "rpc/convert.h"
#include "rpc/convert_admin.h"
#include "server/maintenance/database_snapshot.h"
#include "server/maintenance/pruning.h"
#include "server/services/read_call.h"
#include "server/services/task_stream.h"
#include "server/store/database_check.h"
#include "server/store/migrator.h"

namespace adares {
namespace {

using BackupStream = TaskStream<v1::BackupDatabaseResponse>;
using CheckStream = TaskStream<v1::CheckDatabaseResponse>;
using PruneStream = TaskStream<v1::PruneDatabaseResponse>;
using SteadyClock = std::chrono::steady_clock;

// Few enough for the window of a slow connection, and enough for the speed of a fast one.
constexpr size_t kChunkBytes = 256 << 10;
constexpr std::chrono::milliseconds kProgressEvery{200};

// Lets something through at times.
class Pace {
 public:
  bool IsTime() {
    const SteadyClock::time_point now = SteadyClock::now();
    if (now - last_ < kProgressEvery) return false;
    last_ = now;
    return true;
  }

 private:
  SteadyClock::time_point last_;
};

int64_t FileBytes(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

void CountWorkers(const FleetCounts& fleet, v1::ContentCounts& counts) {
  counts.set_live_workers(fleet.workers);
  counts.set_slots(fleet.slots);
  counts.set_busy_slots(fleet.busy_slots);
}

// Final trials stay counted by their sweeps, which the reader adds up.
void CountContents(const QueueCounts& counts, v1::ContentCounts& message) {
  const auto add_trials = [&](TrialState state, int32_t count) {
    (*message.mutable_trials())[std::string(Name(state))] = count;
  };
  add_trials(TrialState::kQueued, counts.trials.queued);
  add_trials(TrialState::kRunning, counts.trials.running);
  add_trials(TrialState::kStopping, counts.trials.stopping);
  add_trials(TrialState::kPaused, counts.trials.paused);
  add_trials(TrialState::kSucceeded, counts.trials.succeeded);
  add_trials(TrialState::kFailed, counts.trials.failed);
  add_trials(TrialState::kCancelled, counts.trials.cancelled);
  add_trials(TrialState::kStoppedEarly, counts.trials.stopped_early);
  for (const auto& [state, count] : counts.sweeps) {
    (*message.mutable_sweeps())[std::string(Name(state))] = count;
  }
  message.set_lost_workers(counts.lost_workers);
}

// Without its workers.
absl::StatusOr<v1::ServerInfo> InfoOf(const AdminContext& context, Reader& reader) {
  v1::ServerInfo info = context.constants;
  ADARES_ASSIGN_OR_RETURN(const QueueCounts counts, reader.Counts());
  CountContents(counts, *info.mutable_counts());
  info.mutable_counts()->set_blobs(context.blobs->index().count());
  info.mutable_counts()->set_blob_bytes(context.blobs->index().bytes());
  info.mutable_database()->set_bytes(FileBytes(context.folder->database()));
  info.mutable_database()->set_wal_bytes(FileBytes(context.folder->database() + "-wal"));
  ADARES_ASSIGN_OR_RETURN(const Volume volume, VolumeOf(context.folder->path()));
  *info.mutable_volume() = ToProto(volume);
  *info.mutable_current_time() = ToProto(SystemNow());
  return info;
}

absl::Status SendProgress(BackupStream& stream, v1::BackupProgress::Phase phase, int64_t done,
                          int64_t total) {
  v1::BackupDatabaseResponse message;
  message.mutable_progress()->set_phase(phase);
  message.mutable_progress()->set_done_bytes(done);
  message.mutable_progress()->set_total_bytes(total);
  return stream.Write(message);
}

absl::Status SendSnapshot(DatabaseSnapshot& snapshot, BackupStream& stream) {
  v1::BackupDatabaseResponse message;
  v1::BackupHeader* header = message.mutable_header();
  header->set_bytes(snapshot.bytes());
  header->set_schema_version(static_cast<int32_t>(snapshot.schema_version()));
  *header->mutable_snapshot_time() = ToProto(snapshot.taken_at());
  ADARES_RETURN_IF_ERROR(stream.Write(message));
  Sha256 hash;
  for (;;) {
    ADARES_ASSIGN_OR_RETURN(std::string bytes, snapshot.Read(kChunkBytes));
    if (bytes.empty()) break;
    hash.Add(bytes);
    message.set_chunk(std::move(bytes));
    ADARES_RETURN_IF_ERROR(stream.Write(message));
  }
  message.mutable_end()->set_sha256(hash.Hex());
  return stream.Write(message);
}

absl::Status Backup(const AdminContext& context, BackupStream& stream) {
  ADARES_RETURN_IF_ERROR(SendProgress(stream, v1::BackupProgress::PHASE_COPYING, 0, 0));
  Pace pace;
  absl::Status told;
  DatabaseSnapshot::Observer observer;
  observer.copying = [&](int64_t done, int64_t total) {
    if (!pace.IsTime()) return;
    told = SendProgress(stream, v1::BackupProgress::PHASE_COPYING, done, total);
  };
  observer.verifying = [&](int64_t total) {
    told = SendProgress(stream, v1::BackupProgress::PHASE_VERIFYING, total, total);
  };
  observer.stop = [&] { return !told.ok() || stream.IsOver(); };
  const auto snapshot = DatabaseSnapshot::Take(*context.folder, SystemNow(), observer);
  ADARES_RETURN_IF_ERROR(told);
  if (absl::IsCancelled(snapshot.status())) return stream.WhyOver();
  ADARES_RETURN_IF_ERROR(snapshot.status());
  ADARES_RETURN_IF_ERROR(SendSnapshot(**snapshot, stream));
  context.backed_up((*snapshot)->taken_at());
  return absl::OkStatus();
}

absl::Status Check(const AdminContext& context, CheckDepth depth, CheckStream& stream) {
  absl::Status told;
  const auto tell = [&](const v1::CheckDatabaseResponse& message) {
    if (told.ok()) told = stream.Write(message);
  };
  CheckObserver observer;
  observer.begin = [&](const std::string& check) {
    v1::CheckDatabaseResponse message;
    message.set_begun(check);
    tell(message);
  };
  observer.end = [&](const CheckResult& result) {
    v1::CheckDatabaseResponse message;
    *message.mutable_result() = ToProto(result);
    tell(message);
  };
  Pace pace;
  observer.progress = [&](int64_t done, int64_t total) {
    if (!pace.IsTime()) return;
    v1::CheckDatabaseResponse message;
    message.mutable_progress()->set_done_bytes(done);
    message.mutable_progress()->set_total_bytes(total);
    tell(message);
  };
  observer.stop = [&] { return !told.ok() || stream.IsOver(); };
  const absl::Status status =
      CheckDatabase(context.folder->database(), depth, observer, context.folder->artifacts());
  ADARES_RETURN_IF_ERROR(told);
  return absl::IsCancelled(status) ? stream.WhyOver() : status;
}

absl::Status PruneOlder(const AdminContext& context, Duration older_than, bool dry_run,
                        PruneStream& stream) {
  PruneRequest request;
  request.database = context.folder->database();
  request.before = SystemNow() - older_than;
  request.dry_run = dry_run;
  v1::PruneDatabaseResponse message;
  *message.mutable_cutoff_time() = ToProto(request.before);
  ADARES_RETURN_IF_ERROR(stream.Write(message));
  Pace pace;
  PruneObserver observer;
  observer.progress = [&](const PruneCounts& counts) {
    if (!pace.IsTime()) return absl::OkStatus();
    *message.mutable_counts() = ToProto(counts);
    return stream.Write(message);
  };
  observer.stop = [&] { return stream.IsOver(); };
  const absl::StatusOr<PruneCounts> counts = Prune(*context.loop, request, observer);
  if (absl::IsCancelled(counts.status())) return stream.WhyOver();
  ADARES_RETURN_IF_ERROR(counts.status());
  *message.mutable_counts() = ToProto(*counts);
  message.set_finished(true);
  return stream.Write(message);
}

}  // namespace

grpc::ServerUnaryReactor* AdminServiceImpl::GetServerInfo(grpc::CallbackServerContext* context,
                                                          const v1::GetServerInfoRequest*,
                                                          v1::GetServerInfoResponse* response) {
  return PostRead(
      context, context_.readers,
      [this, response](Reader& reader, grpc::ServerUnaryReactor* reactor) {
        absl::StatusOr<v1::ServerInfo> info = InfoOf(context_, reader);
        if (!info.ok()) return reactor->Finish(ToGrpcStatus(info.status()));
        *response->mutable_server() = *std::move(info);
        // Who is alive the coordinator knows, not the file.
        const absl::Status posted =
            context_.loop->PostLook([response, reactor](const Coordinator& coordinator) {
              CountWorkers(coordinator.CountFleet(), *response->mutable_server()->mutable_counts());
              reactor->Finish(grpc::Status::OK);
            });
        if (!posted.ok()) reactor->Finish(ToGrpcStatus(posted));
      });
}

grpc::ServerUnaryReactor* AdminServiceImpl::CheckHealth(grpc::CallbackServerContext* context,
                                                        const v1::CheckHealthRequest*,
                                                        v1::CheckHealthResponse* response) {
  *response = context_.health();
  return AnswerAtOnce(context, absl::OkStatus());
}

grpc::ServerWriteReactor<v1::BackupDatabaseResponse>* AdminServiceImpl::BackupDatabase(
    grpc::CallbackServerContext*, const v1::BackupDatabaseRequest*) {
  return BackupStream::Begin(context_.maintenance, context_.patience,
                             [this](BackupStream& stream) { return Backup(context_, stream); });
}

grpc::ServerWriteReactor<v1::CheckDatabaseResponse>* AdminServiceImpl::CheckDatabase(
    grpc::CallbackServerContext*, const v1::CheckDatabaseRequest* request) {
  const CheckDepth depth = request->deep() ? CheckDepth::kDeep : CheckDepth::kAll;
  return CheckStream::Begin(
      context_.maintenance, context_.patience,
      [this, depth](CheckStream& stream) { return Check(context_, depth, stream); });
}

grpc::ServerWriteReactor<v1::PruneDatabaseResponse>* AdminServiceImpl::PruneDatabase(
    grpc::CallbackServerContext*, const v1::PruneDatabaseRequest* request) {
  const absl::StatusOr<Duration> older_than = OlderThan(*request);
  const bool dry_run = request->validate_only();
  return PruneStream::Begin(context_.maintenance, context_.patience,
                            [this, older_than, dry_run](PruneStream& stream) -> absl::Status {
                              ADARES_RETURN_IF_ERROR(older_than.status());
                              return PruneOlder(context_, *older_than, dry_run, stream);
                            });
}

}  // namespace adares
