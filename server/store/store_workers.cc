// Store: workers.
#include "server/store/store.h"
#include "server/store/store_impl.h"
#include "server/store/worker_rows.h"

namespace adares {
namespace {

constexpr char kUpsert[] = R"sql(
INSERT INTO worker (name, instance, state, hostname, device, slots, version, registered_at,
                    last_seen_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET
  instance = excluded.instance, state = excluded.state, hostname = excluded.hostname,
  device = excluded.device, slots = excluded.slots, version = excluded.version,
  registered_at = excluded.registered_at, last_seen_at = excluded.last_seen_at)sql";

constexpr char kTouch[] = "UPDATE worker SET state = ?, last_seen_at = ? WHERE name = ?";

}  // namespace

absl::Status Store::UpsertWorker(const WorkerRecord& worker) {
  return GuardedWrite(impl_->connection, "record a worker", [&] {
    Query(impl_->connection.Prepare(kUpsert))
        .Bind(worker.name)
        .Bind(worker.instance)
        .Bind(std::string(WorkerStateName(worker.state)))
        .Bind(worker.hostname)
        .Bind(worker.device)
        .Bind(worker.slots)
        .Bind(worker.version)
        .Bind(worker.registered_at)
        .Bind(worker.last_seen_at)
        .Run();
    return absl::OkStatus();
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

absl::StatusOr<std::vector<WorkerRecord>> Store::Workers() {
  return Guarded("list workers",
                 [&] { return ReadWorkers(impl_->connection, /*after=*/"", /*limit=*/-1); });
}

}  // namespace adares
