// What the coordinator does with workers: who may have which name, who lives, who leaves.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/report_limits.h"
#include "core/status.h"
#include "server/coordinator/coordinator.h"

namespace adares {
namespace {

constexpr size_t kReplacedKept = 16;
constexpr Duration kTouchPeriod = std::chrono::minutes(1);

absl::Status TooManyWorkers() {
  return MakeError(absl::StatusCode::kUnavailable, reason::kOverloaded,
                   absl::StrCat(kMaxConnectedWorkers,
                                " workers are connected, which is all that one "
                                "coordinator takes; try again when some have left"));
}

}  // namespace

absl::Status Coordinator::RegisterWorker(const Registration& registration, Timestamp now) {
  const WorkerRecord& worker = registration.worker;
  if (Session* const session = FindSession(worker.name, worker.instance)) {
    return Refresh(*session, worker, now);
  }
  const auto it = sessions_.find(worker.name);
  if (it == sessions_.end() && sessions_.size() >= kMaxConnectedWorkers) return TooManyWorkers();
  std::deque<std::string> replaced;
  if (it != sessions_.end()) {
    replaced = it->second.replaced;
    if (std::find(replaced.begin(), replaced.end(), worker.instance) != replaced.end()) {
      return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                       absl::StrCat("another worker named ", worker.name,
                                    " has taken this one's place; give one of them another --name"),
                       {{"field", "instance"}, {"worker", worker.name}});
    }
    ADARES_RETURN_IF_ERROR(CheckNameIsFree(it->second, registration, now));
    replaced.push_back(it->second.record.instance);
    if (replaced.size() > kReplacedKept) replaced.pop_front();
  }
  std::vector<AttemptId> orphans;
  for (const auto& [id, lease] : leases_) {
    if (lease.worker == worker.name) orphans.push_back(id);
  }
  // First, for it may set the worker aside: what it is registered with must say so.
  for (const AttemptId& id : orphans) {
    ADARES_RETURN_IF_ERROR(LoseLease(id, "the worker was started anew", now));
  }
  const auto lost_drain = lost_drains_.find(worker.name);
  const bool is_draining =
      lost_drain != lost_drains_.end() && lost_drain->second == worker.instance;
  WorkerRecord record = worker;
  record.state = is_draining ? WorkerState::kDraining : WorkerState::kReady;
  record.registered_at = now;
  record.last_seen_at = now;
  ADARES_ASSIGN_OR_RETURN(record, store_->UpsertWorker(record));
  Session session;
  session.record = std::move(record);
  session.expires_at = now + options_.lease_duration;
  session.written_at = now;
  session.draining = is_draining;
  session.replaced = std::move(replaced);
  lost_drains_.erase(worker.name);
  sessions_.insert_or_assign(worker.name, std::move(session));
  effects_.fleet_changed = true;
  return absl::OkStatus();
}

// What an instance says again is what its machine has now: a data set may have come.
absl::Status Coordinator::Refresh(Session& session, const WorkerRecord& worker, Timestamp now) {
  Renew(session, now);
  if (session.record.capability == worker.capability) return absl::OkStatus();
  WorkerRecord record = session.record;
  record.capability = worker.capability;
  record.state = StateOf(session);
  ADARES_ASSIGN_OR_RETURN(session.record, store_->UpsertWorker(record));
  session.written_at = now;
  effects_.workers_to_wake.insert(worker.name);
  effects_.fleet_changed = true;
  return absl::OkStatus();
}

absl::Status Coordinator::Drain(const std::string& worker, Timestamp now) {
  const auto it = sessions_.find(worker);
  if (it == sessions_.end()) {
    return MakeError(absl::StatusCode::kNotFound, reason::kWorkerNotFound,
                     absl::StrCat("no worker ", worker, " is connected"), {{"worker", worker}});
  }
  Session& session = it->second;
  if (session.draining) return absl::OkStatus();
  session.draining = true;
  effects_.workers_to_wake.insert(worker);
  // The file has the order too: a restart does not forget it.
  ADARES_RETURN_IF_ERROR(Touch(session, now));
  effects_.fleet_changed = true;
  return absl::OkStatus();
}

// A worker that is started anew takes its name back; another one must wait until the first is
// silent.
absl::Status Coordinator::CheckNameIsFree(const Session& session, const Registration& newcomer,
                                          Timestamp now) const {
  const WorkerRecord& holder = session.record;
  const bool is_alive = now - holder.last_seen_at < 2 * options_.sync_interval;
  if (!is_alive || holder.instance == newcomer.previous_instance) return absl::OkStatus();
  return MakeError(absl::StatusCode::kAlreadyExists, reason::kWorkerNameTaken,
                   absl::StrCat("a worker named ", holder.name, " runs on ", holder.hostname,
                                "; give this one another --name"),
                   {{"worker", holder.name}, {"hostname", holder.hostname}});
}

// Leases that it still has were given by an answer that it did not wait for: nothing began.
absl::Status Coordinator::Leave(const std::string& worker, Timestamp now) {
  const std::set<AttemptId> leases = sessions_.at(worker).leases;
  for (const AttemptId& id : leases) {
    ADARES_ASSIGN_OR_RETURN(const LiveAttempt live, AttemptOf(id));
    const AttemptEnd end{EndReason::kPreempted, "the worker left before it began", {}, {}};
    ADARES_RETURN_IF_ERROR(Finish(live, end, now));
    ++effects_.leases_lost;
  }
  ADARES_RETURN_IF_ERROR(store_->TouchWorker(worker, WorkerState::kLeft, now));
  sessions_.erase(worker);
  judge_.Forget(worker);
  effects_.fleet_changed = true;
  return absl::OkStatus();
}

// Stores that the worker lives, but not more often than it matters: lists take the last contact of
// live workers from memory.
absl::Status Coordinator::Touch(Session& session, Timestamp now) {
  const WorkerState state = StateOf(session);
  if (state == session.record.state && now - session.written_at < kTouchPeriod) {
    return absl::OkStatus();
  }
  ADARES_RETURN_IF_ERROR(store_->TouchWorker(session.record.name, state, now));
  session.record.state = state;
  session.written_at = now;
  return absl::OkStatus();
}

WorkerState Coordinator::StateOf(const Session& session) const {
  if (session.draining) return WorkerState::kDraining;
  return HasFreeSlot(session) ? WorkerState::kReady : WorkerState::kBusy;
}

bool Coordinator::HasFreeSlot(const Session& session) const {
  return std::ssize(session.leases) + session.stuck_slots < session.record.slots;
}

std::vector<WorkerRecord> Coordinator::LiveWorkers() const {
  std::vector<WorkerRecord> workers;
  for (const auto& [name, session] : sessions_) {
    WorkerRecord record = session.record;
    record.state = StateOf(session);
    record.busy_slots = static_cast<int32_t>(session.leases.size());
    record.slots = std::max(record.busy_slots, record.slots - session.stuck_slots);
    workers.push_back(std::move(record));
  }
  return workers;
}

FleetCounts Coordinator::CountFleet() const {
  FleetCounts counts;
  for (const auto& [name, session] : sessions_) {
    ++counts.workers;
    counts.slots += session.record.slots;
    counts.busy_slots += std::ssize(session.leases);
  }
  return counts;
}

std::optional<Timestamp> Coordinator::LastSeen(const std::string& worker) const {
  const auto it = sessions_.find(worker);
  if (it == sessions_.end()) return std::nullopt;
  return it->second.record.last_seen_at;
}

}  // namespace adares
