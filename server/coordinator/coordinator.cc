#include "server/coordinator/coordinator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {
namespace {

constexpr int kMaxResends = 3;

}  // namespace

absl::Status CheckSameContent(const SweepPlan& plan, const std::string& digest) {
  if (digest == plan.digest) return absl::OkStatus();
  return MakeError(absl::StatusCode::kAlreadyExists, reason::kSweepExists,
                   absl::StrCat("a sweep named ", plan.name,
                                " with other content exists; give this one another name"),
                   {{"name", plan.name}});
}

Coordinator::Coordinator(Store* store, LeaseOptions options) : store_(store), options_(options) {}

absl::Status Coordinator::Recover(Timestamp now) {
  ADARES_RETURN_IF_ERROR(Load(now + options_.lease_duration + options_.restart_grace));
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
  }
  return absl::OkStatus();
}

void Coordinator::Postpone(Duration pause) {
  for (auto& [id, lease] : leases_) lease.expires_at += pause;
  for (auto& [name, session] : sessions_) session.expires_at += pause;
}

absl::Status Coordinator::Load(Timestamp expires_at) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<WorkerRecord> workers, store_->Workers());
  ADARES_ASSIGN_OR_RETURN(const std::vector<LiveAttempt> attempts, store_->LiveAttempts());
  sessions_.clear();
  leases_.clear();
  queue_empty_ = false;
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
    leases_[attempt.id] = {attempt.worker, expires_at};
    const auto it = sessions_.find(attempt.worker);
    if (it != sessions_.end() && it->second.record.instance == attempt.instance) {
      it->second.leases.insert(attempt.id);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Coordinator::CreateSweep(const SweepPlan& plan, const std::string& spec_text,
                                              Timestamp now) {
  ADARES_ASSIGN_OR_RETURN(const std::optional<std::string> digest,
                          store_->FindSweepDigest(plan.name));
  if (digest) {
    ADARES_RETURN_IF_ERROR(CheckSameContent(plan, *digest));
    return true;
  }
  ADARES_RETURN_IF_ERROR(store_->InsertSweep(plan, spec_text, now));
  queue_empty_ = false;
  effects_.queue_grew = true;
  effects_.changed_sweeps.insert(plan.name);
  effects_.trials_created += static_cast<int64_t>(plan.trials.size());
  return false;
}

absl::Status Coordinator::CancelSweep(const std::string& sweep, Timestamp now) {
  ADARES_RETURN_IF_ERROR(store_->MarkSweepCancelled(sweep, now));
  ADARES_ASSIGN_OR_RETURN(const std::vector<TrialRow> trials, store_->OpenTrials(sweep));
  for (const TrialRow& trial : trials) {
    ADARES_ASSIGN_OR_RETURN(const TrialState state, Transition(trial.state, TrialEvent::kCancel));
    if (state == trial.state) continue;
    ADARES_RETURN_IF_ERROR(store_->SetTrialState(trial.row, state, "", now));
    if (IsFinal(state)) effects_.trials_finished.emplace_back(state, std::nullopt);
  }
  effects_.changed_sweeps.insert(sweep);
  for (const auto& [id, lease] : leases_) {
    if (id.sweep == sweep) effects_.workers_to_wake.insert(lease.worker);
  }
  return absl::OkStatus();
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
  if (input.leaving) {
    ADARES_RETURN_IF_ERROR(Leave(input.worker, now));
    return SyncOutput{};
  }
  session->draining = input.draining;
  Renew(*session, now);
  SyncOutput output;
  ADARES_RETURN_IF_ERROR(Reconcile(*session, input, now, &output));
  if (!session->draining) ADARES_RETURN_IF_ERROR(Assign(*session, now, &output));
  ADARES_RETURN_IF_ERROR(Touch(*session, now));
  return output;
}

Coordinator::Session* Coordinator::FindSession(const std::string& worker,
                                               const std::string& instance) {
  const auto it = sessions_.find(worker);
  return it != sessions_.end() && it->second.record.instance == instance ? &it->second : nullptr;
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
      output->stop.push_back({attempt.id, /*lease_lost=*/true});
      continue;
    }
    if (attempt.phase != HeldPhase::kRunning) continue;
    ADARES_ASSIGN_OR_RETURN(const LiveAttempt live, AttemptOf(attempt.id));
    if (live.trial_state == TrialState::kStopping) {
      output->stop.push_back({attempt.id, /*lease_lost=*/false});
    }
  }
  std::erase_if(session.ended, [&held](const auto& entry) { return !held.contains(entry.first); });
  const std::set<AttemptId> leases = session.leases;
  for (const AttemptId& id : leases) {
    if (!held.contains(id)) ADARES_RETURN_IF_ERROR(Resend(id, now, output));
  }
  return absl::OkStatus();
}

// The worker does not hold what it was given. If nothing of it was ever reported, the answer that
// carried the assignment was lost: give it again, or end it if nobody wants it. Otherwise the
// worker gave the attempt up, and what it would report anew must not mix with what is stored.
absl::Status Coordinator::Resend(const AttemptId& id, Timestamp now, SyncOutput* output) {
  ADARES_ASSIGN_OR_RETURN(const LiveAttempt live, AttemptOf(id));
  if (live.trial_state == TrialState::kStopping) {
    return Finish(live, {EndReason::kCancelled, "cancelled before it began", {}, {}}, now);
  }
  if (live.acknowledged_sequence > 0 || ++leases_.at(id).resends > kMaxResends) {
    return LoseLease(id, "it gave the attempt up", now);
  }
  ADARES_ASSIGN_OR_RETURN(std::string spec, store_->SpecJson(live.trial_row));
  output->start.push_back({id, std::move(spec)});
  return absl::OkStatus();
}

absl::Status Coordinator::Assign(Session& session, Timestamp now, SyncOutput* output) {
  while (!queue_empty_ && session.leases.size() < static_cast<size_t>(session.record.slots)) {
    ADARES_ASSIGN_OR_RETURN(std::optional<Claim> claim,
                            store_->ClaimNext(session.record.name, session.record.instance, now));
    if (!claim) {
      queue_empty_ = true;
      break;
    }
    const AttemptId& id = claim->attempt.id;
    leases_[id] = {session.record.name, now + options_.lease_duration};
    session.leases.insert(id);
    effects_.changed_sweeps.insert(id.sweep);
    effects_.queue_waits.push_back(now - claim->queued_at);
    output->start.push_back({id, std::move(claim->spec_json)});
  }
  return absl::OkStatus();
}

// Ends an attempt and moves its trial on as the table of transitions says.
absl::Status Coordinator::Finish(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now) {
  ADARES_RETURN_IF_ERROR(store_->EndAttempt(attempt, end, now));
  ADARES_ASSIGN_OR_RETURN(const TrialRow trial, store_->GetTrial(attempt.trial_row));
  const TrialEvent event = AfterAttempt(trial.state, end.reason, trial.lost_attempts);
  ADARES_ASSIGN_OR_RETURN(const TrialState state, Transition(trial.state, event));
  const std::string message = state == TrialState::kFailed ? end.message : "";
  ADARES_RETURN_IF_ERROR(store_->SetTrialState(attempt.trial_row, state, message, now));

  ++effects_.attempts_ended[end.reason];
  if (IsFinal(state)) effects_.trials_finished.emplace_back(state, now - attempt.started_at);
  effects_.changed_sweeps.insert(attempt.id.sweep);
  effects_.workers_to_wake.insert(attempt.worker);
  if (state == TrialState::kQueued) {
    queue_empty_ = false;
    effects_.queue_grew = true;
    ++effects_.trials_requeued[end.reason];
  }
  DropLease(attempt.id);
  return absl::OkStatus();
}

absl::Status Coordinator::LoseLease(const AttemptId& id, const std::string& why, Timestamp now) {
  ADARES_ASSIGN_OR_RETURN(const std::optional<LiveAttempt> live, store_->FindLiveAttempt(id));
  if (!live) {
    DropLease(id);
    return absl::OkStatus();
  }
  ++effects_.leases_lost;
  return Finish(
      *live,
      {EndReason::kWorkerLost, absl::StrCat("worker ", live->worker, " was lost: ", why), {}, {}},
      now);
}

void Coordinator::DropLease(const AttemptId& id) {
  const auto lease = leases_.find(id);
  if (lease == leases_.end()) return;
  const auto session = sessions_.find(lease->second.worker);
  if (session != sessions_.end()) session->second.leases.erase(id);
  leases_.erase(lease);
}

absl::Status Coordinator::Expire(Timestamp now) {
  std::vector<AttemptId> over;
  for (const auto& [id, lease] : leases_) {
    if (lease.expires_at <= now) over.push_back(id);
  }
  for (const AttemptId& id : over) {
    ADARES_RETURN_IF_ERROR(LoseLease(id, "it did not renew its lease", now));
    ++effects_.leases_expired;
  }
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    if (it->second.expires_at > now) {
      ++it;
      continue;
    }
    ADARES_RETURN_IF_ERROR(
        store_->TouchWorker(it->first, WorkerState::kLost, it->second.record.last_seen_at));
    it = sessions_.erase(it);
  }
  return absl::OkStatus();
}

std::optional<Timestamp> Coordinator::NextExpiry() const {
  std::optional<Timestamp> next;
  const auto consider = [&next](Timestamp t) {
    if (!next || t < *next) next = t;
  };
  for (const auto& [id, lease] : leases_) consider(lease.expires_at);
  for (const auto& [name, session] : sessions_) consider(session.expires_at);
  return next;
}

Effects Coordinator::TakeEffects() { return std::exchange(effects_, {}); }

void Coordinator::DropEffects() { effects_ = {}; }

}  // namespace adares
