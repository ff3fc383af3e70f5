#include "server/coordinator/coordinator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {
namespace {

StopReason ReasonFor(StopAim aim) {
  switch (aim) {
    case StopAim::kCancel:
      return StopReason::kCancelled;
    case StopAim::kPause:
    case StopAim::kRequeue:
      return StopReason::kPaused;
    case StopAim::kStopEarly:
      return StopReason::kStoppedEarly;
  }
  return StopReason::kCancelled;
}

}  // namespace

absl::Status CheckSameContent(const SweepPlan& plan, const std::string& digest) {
  if (digest == plan.digest) return absl::OkStatus();
  return MakeError(absl::StatusCode::kAlreadyExists, reason::kSweepExists,
                   absl::StrCat("a sweep named ", plan.name,
                                " with other content exists; give this one another name"),
                   {{"name", plan.name}});
}

Coordinator::Coordinator(Store* store, LeaseOptions options, HasBlob has_blob)
    : store_(store),
      options_(options),
      has_blob_(std::move(has_blob)),
      judge_([this](const std::string& worker) { return sessions_.contains(worker); }) {
  store_->SetHasBlob(has_blob_ ? has_blob_ : [](const CheckpointFile&) { return false; });
}

absl::Status Coordinator::Recover(Timestamp now) {
  ADARES_RETURN_IF_ERROR(Load(now + options_.lease_duration + options_.restart_grace));
  next_forgetting_ = now;
  // The file knows only roughly when it heard of whom: until their terms are over all may be alive.
  for (auto& [name, session] : sessions_) session.record.last_seen_at = now;
  return absl::OkStatus();
}

absl::Status Coordinator::Reload(Timestamp now) {
  const std::map<std::string, Session> sessions = sessions_;
  const std::map<AttemptId, Lease> leases = leases_;
  ADARES_RETURN_IF_ERROR(Load(now + options_.lease_duration));
  for (auto& [id, lease] : leases_) {
    const auto known = leases.find(id);
    if (known != leases.end()) lease = known->second;
  }
  for (auto& [name, session] : sessions_) {
    const auto known = sessions.find(name);
    if (known == sessions.end() || known->second.record.instance != session.record.instance) {
      continue;
    }
    session.expires_at = known->second.expires_at;
    session.record.last_seen_at = known->second.record.last_seen_at;
    session.ended = known->second.ended;
    // The end of an attempt that is live in the file was not committed.
    std::erase_if(session.ended, [&](const auto& entry) { return leases_.contains(entry.first); });
    session.replaced = known->second.replaced;
    session.newest_sync = known->second.newest_sync;
  }
  return absl::OkStatus();
}

void Coordinator::Postpone(Duration pause) {
  for (auto& [id, lease] : leases_) {
    lease.expires_at += pause;
    if (lease.times_out_at) *lease.times_out_at += pause;
  }
  for (auto& [name, session] : sessions_) session.expires_at += pause;
}

absl::Status Coordinator::Load(Timestamp expires_at) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<WorkerRecord> workers, store_->Workers());
  ADARES_ASSIGN_OR_RETURN(const std::vector<LiveAttempt> attempts, store_->LiveAttempts());
  // Before anything is forgotten: where the file cannot be read, terms that are known stay known.
  ADARES_RETURN_IF_ERROR(LoadQueue());
  sessions_.clear();
  leases_.clear();
  effects_ = {};
  for (const WorkerRecord& worker : workers) {
    if (worker.state == WorkerState::kLost || worker.state == WorkerState::kLeft) continue;
    Session session;
    session.record = worker;
    session.expires_at = expires_at;
    session.draining = worker.state == WorkerState::kDraining;
    session.written_at = worker.last_seen_at;
    sessions_.emplace(worker.name, std::move(session));
  }
  for (const LiveAttempt& attempt : attempts) {
    AddLease(attempt, expires_at);
    const auto it = sessions_.find(attempt.worker);
    if (it != sessions_.end() && it->second.record.instance == attempt.instance) {
      it->second.leases.insert(attempt.id);
    }
  }
  return absl::OkStatus();
}

absl::Status Coordinator::LoadQueue() {
  ADARES_ASSIGN_OR_RETURN(const std::vector<SweepHead> sweeps, store_->OpenSweeps());
  ADARES_ASSIGN_OR_RETURN(const std::vector<ReadyGroup> groups, store_->ReadyGroups());
  ADARES_ASSIGN_OR_RETURN(next_release_, store_->NextDelayed());
  scheduler_ = {};
  for (const SweepHead& sweep : sweeps) scheduler_.SetSweep(sweep.row, sweep.schedule);
  for (const ReadyGroup& ready : groups) scheduler_.MarkReady(ready.group, ready.requirement);
  return absl::OkStatus();
}

absl::StatusOr<bool> Coordinator::CreateSweep(const SweepPlan& plan, const std::string& spec_text,
                                              Timestamp now) {
  ADARES_ASSIGN_OR_RETURN(const std::optional<SweepHead> existing, store_->FindSweep(plan.name));
  if (existing) {
    ADARES_RETURN_IF_ERROR(CheckSameContent(plan, existing->digest));
    return true;
  }
  ADARES_ASSIGN_OR_RETURN(const std::vector<ReadyGroup> groups,
                          store_->InsertSweep(plan, spec_text, now));
  for (const ReadyGroup& ready : groups) {
    scheduler_.SetSweep(ready.group.sweep, plan.schedule);
    Enqueued(ready);
  }
  effects_.changed_sweeps.insert(plan.name);
  effects_.trials_created += static_cast<int64_t>(plan.trials.size());
  return false;
}

void Coordinator::Enqueued(const ReadyGroup& ready) {
  scheduler_.MarkReady(ready.group, ready.requirement);
  effects_.changed_sweeps.insert(ready.sweep);
  effects_.queue_grew = true;
}

absl::StatusOr<SyncOutput> Coordinator::Sync(const SyncInput& input, Timestamp now) {
  Session* const session = FindSession(input.worker, input.instance);
  if (session == nullptr) {
    if (input.leaving) return SyncOutput{};
    return MakeError(absl::StatusCode::kNotFound, reason::kWorkerUnknown,
                     absl::StrCat("worker ", input.worker,
                                  " is not registered with this instance; register again"),
                     {{"worker", input.worker}});
  }
  // What it says is over: a later one was taken, and came by another connection.
  if (input.sequence != 0 && input.sequence < session->newest_sync) return SyncOutput{};
  session->newest_sync = std::max(session->newest_sync, input.sequence);
  if (input.leaving) {
    ADARES_RETURN_IF_ERROR(Leave(input.worker, now));
    return SyncOutput{};
  }
  // A worker that was told to drain, or once said that it does, does so until it has left.
  session->draining = session->draining || input.draining;
  session->stuck_slots = input.stuck_slots;
  Renew(*session, now);
  SyncOutput output;
  output.drain = session->draining && !input.draining;
  ADARES_RETURN_IF_ERROR(Reconcile(*session, input, now, &output));
  const bool takes_more = !session->draining && !session->record.cordoned_at;
  if (takes_more) ADARES_RETURN_IF_ERROR(Assign(*session, now, &output));
  output.takes_more = takes_more && HasFreeSlot(*session);
  ADARES_RETURN_IF_ERROR(Touch(*session, now));
  return output;
}

Coordinator::Session* Coordinator::FindSession(const std::string& worker,
                                               const std::string& instance) {
  const auto it = sessions_.find(worker);
  return it != sessions_.end() && it->second.record.instance == instance ? &it->second : nullptr;
}

const Coordinator::Session* Coordinator::FindSession(const std::string& worker,
                                                     const std::string& instance) const {
  return const_cast<Coordinator*>(this)->FindSession(worker, instance);
}

absl::StatusOr<LiveAttempt> Coordinator::AttemptOf(const AttemptId& id) {
  ADARES_ASSIGN_OR_RETURN(std::optional<LiveAttempt> live, store_->FindLiveAttempt(id));
  if (!live) return absl::InternalError(absl::StrCat("lease without an attempt: ", id.trial));
  return *std::move(live);
}

void Coordinator::Renew(Session& session, Timestamp now) {
  session.record.last_seen_at = now;
  // After a restart the terms are longer by the grace; never shorten one.
  const Timestamp expires_at = now + options_.lease_duration;
  session.expires_at = std::max(session.expires_at, expires_at);
  for (const AttemptId& id : session.leases) {
    Lease& lease = leases_.at(id);
    lease.expires_at = std::max(lease.expires_at, expires_at);
  }
}

// Compares what the worker holds with what it should hold.
absl::Status Coordinator::Reconcile(Session& session, const SyncInput& input, Timestamp now,
                                    SyncOutput* output) {
  std::set<AttemptId> held;
  for (const HeldAttempt& attempt : input.held) {
    held.insert(attempt.id);
    if (session.ended.contains(attempt.id)) continue;
    if (!session.leases.contains(attempt.id)) {
      if (attempt.phase == HeldPhase::kReporting) {
        // It may have ended before a restart, and only the acknowledgement is missing.
        ADARES_ASSIGN_OR_RETURN(const std::optional<int64_t> known,
                                AcknowledgedOfEnded(session, attempt.id));
        if (known) continue;
      }
      output->stop.push_back({attempt.id, StopReason::kLeaseLost});
      continue;
    }
    leases_.at(attempt.id).missing_since.reset();
    ADARES_ASSIGN_OR_RETURN(const std::optional<StopReason> why, WhyStop(attempt, now));
    if (why) output->stop.push_back({attempt.id, *why});
  }
  std::erase_if(session.ended, [&held](const auto& entry) { return !held.contains(entry.first); });
  const std::set<AttemptId> leases = session.leases;
  for (const AttemptId& id : leases) {
    if (!held.contains(id)) ADARES_RETURN_IF_ERROR(Resend(id, now, output));
  }
  return absl::OkStatus();
}

// What a worker is to be told of an attempt that it holds by a lease. An attempt that ends already
// may wait long for its checkpoint, which nobody wants any more once it is cancelled; that is said
// again at times, for the answer may be lost.
absl::StatusOr<std::optional<StopReason>> Coordinator::WhyStop(const HeldAttempt& attempt,
                                                               Timestamp now) {
  Lease& lease = leases_.at(attempt.id);
  ADARES_ASSIGN_OR_RETURN(const LiveAttempt live, AttemptOf(attempt.id));
  std::optional<StopReason> why;
  if (live.stage.aim) {
    why = ReasonFor(*live.stage.aim);
  } else if (lease.times_out_at && *lease.times_out_at <= now) {
    why = StopReason::kTimeout;
  }
  const bool runs = attempt.phase == HeldPhase::kRunning;
  if (why != StopReason::kCancelled) return runs ? why : std::nullopt;
  const bool was_told =
      lease.cancel_told_at && now - *lease.cancel_told_at < options_.sync_interval;
  if (!runs && was_told) return std::optional<StopReason>();
  lease.cancel_told_at = now;
  return why;
}

// The worker does not hold what it was given. If nothing of it was ever reported, the answer that
// carried the assignment was lost: give it again, or end it if nobody wants it. Otherwise the
// worker gave the attempt up, and what it would report anew must not mix with what is stored.
absl::Status Coordinator::Resend(const AttemptId& id, Timestamp now, SyncOutput* output) {
  ADARES_ASSIGN_OR_RETURN(const LiveAttempt live, AttemptOf(id));
  if (live.stage.aim) {
    return Finish(live, {EndReason::kCancelled, "stopped before it began", {}, {}}, now);
  }
  std::optional<Timestamp>& missing_since = leases_.at(id).missing_since;
  if (!missing_since) missing_since = now;
  if (live.acknowledged_sequence > 0 || now - *missing_since >= options_.lease_duration) {
    return LoseLease(id, "it gave the attempt up", now);
  }
  absl::StatusOr<std::string> spec = store_->SpecJson(live.trial_row);
  // Not NOT_FOUND, which would tell the worker to register again.
  if (absl::IsNotFound(spec.status())) return absl::InternalError(spec.status().message());
  if (!spec.ok()) return spec.status();
  ADARES_ASSIGN_OR_RETURN(std::optional<Checkpoint> checkpoint,
                          store_->NewestCheckpoint(live.trial_row));
  output->start.push_back({id, *std::move(spec), std::move(checkpoint)});
  return absl::OkStatus();
}

absl::Status Coordinator::Assign(Session& session, Timestamp now, SyncOutput* output) {
  while (HasFreeSlot(session)) {
    ADARES_ASSIGN_OR_RETURN(std::optional<Claim> claim, ClaimFor(session, now));
    if (!claim) break;
    const AttemptId& id = claim->attempt.id;
    AddLease(claim->attempt, now + options_.lease_duration);
    session.leases.insert(id);
    effects_.changed_sweeps.insert(id.sweep);
    effects_.queue_waits.push_back(now - claim->queued_at);
    output->start.push_back({id, std::move(claim->spec_json), std::move(claim->checkpoint)});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Claim>> Coordinator::ClaimFor(const Session& session, Timestamp now) {
  const WorkerRecord& worker = session.record;
  std::set<TrialGroup> passed_over;
  for (;;) {
    const std::vector<TrialGroup> groups = scheduler_.Pick(worker.capability, passed_over);
    if (groups.empty()) return std::optional<Claim>();
    ADARES_ASSIGN_OR_RETURN(const std::optional<TrialGroup> group,
                            FirstOf(groups, worker.name, now, &passed_over));
    if (group) return store_->ClaimNext(*group, worker.name, worker.instance, now);
  }
}

// Of the groups of one sweep that with the trial of the lowest position. Those that have none for
// this worker are passed over.
absl::StatusOr<std::optional<TrialGroup>> Coordinator::FirstOf(
    const std::vector<TrialGroup>& groups, const std::string& worker, Timestamp now,
    std::set<TrialGroup>* passed_over) {
  std::optional<TrialGroup> first;
  int64_t lowest = 0;
  for (const TrialGroup& group : groups) {
    ADARES_ASSIGN_OR_RETURN(const std::optional<int64_t> position,
                            store_->FirstPosition(group, worker, now));
    if (position) {
      if (!first || *position < lowest) {
        first = group;
        lowest = *position;
      }
      continue;
    }
    // What is left waits for another worker than this one.
    ADARES_ASSIGN_OR_RETURN(const bool has_ready, store_->HasReady(group));
    if (has_ready) {
      passed_over->insert(group);
    } else {
      scheduler_.MarkExhausted(group);
    }
  }
  return first;
}

Effects Coordinator::TakeEffects() { return std::exchange(effects_, {}); }

void Coordinator::DropEffects() { effects_ = {}; }

}  // namespace adares
