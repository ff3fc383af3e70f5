// Reading workers.
#include "server/store/worker_rows.h"

#include <optional>
#include <utility>

#include "core/status.h"

namespace adares {
namespace {

constexpr std::pair<WorkerState, std::string_view> kStates[] = {
    {WorkerState::kReady, "ready"},       {WorkerState::kBusy, "busy"},
    {WorkerState::kDraining, "draining"}, {WorkerState::kLost, "lost"},
    {WorkerState::kLeft, "left"},
};

// What a worker has whose row cannot be read: it keeps what it runs and fits next to nothing until
// it registers again. Others must not wait for it.
const Capability kNothing = {.device = "", .datasets = std::set<std::string>()};

constexpr char kWorkers[] = R"sql(
SELECT name, instance, state, hostname, device, slots,
  (SELECT count(*) FROM attempt WHERE attempt.worker = worker.name AND ended_at IS NULL),
  version, registered_at, last_seen_at, capability, cordoned_at, cordon_reason
FROM worker WHERE name > ? ORDER BY name LIMIT ?)sql";

constexpr char kLiveWorkers[] = R"sql(
SELECT name, instance, state, hostname, device, slots,
  (SELECT count(*) FROM attempt WHERE attempt.worker = worker.name AND ended_at IS NULL),
  version, registered_at, last_seen_at, capability, cordoned_at, cordon_reason
FROM worker WHERE state NOT IN ('lost', 'left') ORDER BY name)sql";

absl::StatusOr<WorkerState> ParseState(const std::string& word) {
  for (const auto& [state, name] : kStates) {
    if (name == word) return state;
  }
  return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                   "a worker has the unknown state " + word);
}

absl::StatusOr<WorkerRecord> ReadWorker(const Query& query) {
  ADARES_ASSIGN_OR_RETURN(const WorkerState state, ParseState(query.Text(2)));
  WorkerRecord worker;
  worker.name = query.Text(0);
  worker.instance = query.Text(1);
  worker.state = state;
  worker.hostname = query.Text(3);
  worker.slots = query.Int32(5);
  worker.busy_slots = query.Int32(6);
  worker.version = query.Text(7);
  worker.registered_at = query.Time(8);
  worker.last_seen_at = query.Time(9);
  worker.capability = ParseCapability(query.Text(10)).value_or(kNothing);
  worker.capability.device = query.Text(4);
  worker.cordoned_at = query.OptionalTime(11);
  worker.cordon_reason = query.Text(12);
  return worker;
}

absl::StatusOr<std::vector<WorkerRecord>> ReadAll(Query& query) {
  std::vector<WorkerRecord> workers;
  while (query.Step()) {
    ADARES_ASSIGN_OR_RETURN(WorkerRecord worker, ReadWorker(query));
    workers.push_back(std::move(worker));
  }
  return workers;
}

}  // namespace

std::string_view WorkerStateName(WorkerState state) {
  for (const auto& [candidate, name] : kStates) {
    if (candidate == state) return name;
  }
  return "lost";
}

absl::StatusOr<std::vector<WorkerRecord>> ReadWorkers(Connection& connection,
                                                      const std::string& after, int64_t limit) {
  Query query(connection.Prepare(kWorkers));
  query.Bind(after).Bind(limit);
  return ReadAll(query);
}

absl::StatusOr<std::vector<WorkerRecord>> ReadLiveWorkers(Connection& connection) {
  Query query(connection.Prepare(kLiveWorkers));
  return ReadAll(query);
}

}  // namespace adares
