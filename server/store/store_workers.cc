// Store: workers.
#include "core/status.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"
#include "server/store/worker_rows.h"

namespace adares {
namespace {

constexpr char kUpsert[] = R"sql(
INSERT INTO worker (name, instance, state, hostname, device, slots, version, registered_at,
                    last_seen_at, capability)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET
  instance = excluded.instance, state = excluded.state, hostname = excluded.hostname,
  device = excluded.device, slots = excluded.slots, version = excluded.version,
  registered_at = excluded.registered_at, last_seen_at = excluded.last_seen_at,
  capability = excluded.capability
RETURNING cordoned_at, cordon_reason)sql";

constexpr char kCordon[] = "UPDATE worker SET cordoned_at = ?, cordon_reason = ? WHERE name = ?";

constexpr char kTouch[] = "UPDATE worker SET state = ?, last_seen_at = ? WHERE name = ?";

constexpr char kForget[] = R"sql(
DELETE FROM worker WHERE name IN (
  SELECT name FROM worker WHERE state IN ('lost', 'left') AND cordoned_at IS NULL
  ORDER BY last_seen_at DESC, name LIMIT ? OFFSET ?))sql";

}  // namespace

absl::StatusOr<WorkerRecord> Store::UpsertWorker(const WorkerRecord& worker) {
  return GuardedWrite(impl_->connection, "record a worker", [&]() -> absl::StatusOr<WorkerRecord> {
    Query query(impl_->connection.Prepare(kUpsert));
    query.Bind(worker.name)
        .Bind(worker.instance)
        .Bind(std::string(WorkerStateName(worker.state)))
        .Bind(worker.hostname)
        .Bind(worker.capability.device)
        .Bind(worker.slots)
        .Bind(worker.version)
        .Bind(worker.registered_at)
        .Bind(worker.last_seen_at)
        .Bind(ToText(worker.capability))
        .Step();
    WorkerRecord stored = worker;
    stored.cordoned_at = query.OptionalTime(0);
    stored.cordon_reason = query.Text(1);
    query.Step();  // to the end, which completes the statement
    return stored;
  });
}

absl::Status Store::TouchWorker(const std::string& worker, WorkerState state, Timestamp now) {
  return GuardedWrite(impl_->connection, "touch a worker", [&]() -> absl::Status {
    const int64_t changed = Query(impl_->connection.Prepare(kTouch))
                                .Bind(std::string(WorkerStateName(state)))
                                .Bind(now)
                                .Bind(worker)
                                .Run();
    if (changed == 1) return absl::OkStatus();
    return absl::InternalError("there is no worker " + worker);
  });
}

absl::Status Store::SetCordon(const std::string& worker, const std::optional<std::string>& why,
                              Timestamp now) {
  return GuardedWrite(impl_->connection, "set a worker aside", [&]() -> absl::Status {
    std::optional<Timestamp> since;
    if (why) since = now;
    const int64_t changed = Query(impl_->connection.Prepare(kCordon))
                                .Bind(since)
                                .Bind(why.value_or(""))
                                .Bind(worker)
                                .Run();
    if (changed == 1) return absl::OkStatus();
    return MakeError(absl::StatusCode::kNotFound, reason::kWorkerNotFound,
                     "there is no worker " + worker, {{"worker", worker}});
  });
}

absl::StatusOr<int64_t> Store::ForgetWorkers(int kept, int limit) {
  return GuardedWrite(impl_->connection, "forget workers", [&]() -> absl::StatusOr<int64_t> {
    return Query(impl_->connection.Prepare(kForget)).Bind(limit).Bind(kept).Run();
  });
}

absl::StatusOr<std::vector<WorkerRecord>> Store::Workers() {
  return Guarded("list workers",
                 [&] { return ReadWorkers(impl_->connection, /*after=*/"", /*limit=*/-1); });
}

}  // namespace adares
