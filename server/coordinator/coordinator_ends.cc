// How attempts end, and what becomes of their trials and workers.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/lack.h"
#include "core/status.h"
#include "core/utf8.h"
#include "server/coordinator/coordinator.h"

namespace adares {
namespace {

constexpr size_t kLastEndingsTold = 4;
constexpr size_t kMessageTold = 400;

constexpr int kReleasesAtOnce = 1000;
constexpr Duration kRequestMemory = std::chrono::hours(24);
constexpr Duration kForgettingPeriod = std::chrono::minutes(10);
constexpr int kForgottenAtOnce = 10'000;
constexpr int kGoneWorkersKept = 10'000;  // more than a fleet has, and few enough to list

// Trials that failed together should not come back together.
uint64_t SaltOf(const LiveAttempt& attempt) {
  return static_cast<uint64_t>(attempt.trial_row) * 1009 +
         static_cast<uint64_t>(attempt.id.attempt);
}

std::string Describe(const AttemptEnding& ending) {
  return absl::StrCat("attempt ", ending.number, " on ", ending.worker, ": ",
                      std::string(Name(ending.reason)), ending.message.empty() ? "" : ", ",
                      std::string(Utf8Prefix(ending.message, kMessageTold)));
}

// Why a trial failed: its only attempt's message, or how the first and the last of them ended.
// Lists and watches carry it, so it is short however many there were.
std::string WhyFailed(const std::vector<AttemptEnding>& endings, const AttemptEnd& last) {
  if (endings.size() < 2) return last.message;
  std::string text = absl::StrCat(endings.size(), " attempts ended without a result");
  const size_t first_of_last =
      std::max<size_t>(1, endings.size() - std::min(endings.size(), kLastEndingsTold));
  absl::StrAppend(&text, "; ", Describe(endings[0]));
  if (first_of_last > 1) absl::StrAppend(&text, "; ", first_of_last - 1, " more");
  for (size_t i = first_of_last; i < endings.size(); ++i) {
    absl::StrAppend(&text, "; ", Describe(endings[i]));
  }
  return text;
}

// An error of a call in our own work: where it looks like a caller's, it is none.
absl::Status OwnFault(const absl::Status& status) {
  const bool looks_foreign = absl::IsNotFound(status) || absl::IsFailedPrecondition(status) ||
                             absl::IsInvalidArgument(status) || absl::IsAlreadyExists(status);
  return looks_foreign ? absl::InternalError(status.message()) : status;
}

// How many of the endings, of which the last is new, count against the budget of its reason. Where
// `next_step` is given, the newest checkpoint's, an attempt that went on, by a newer checkpoint
// than the one it began from, begins a new series: a trial of weeks is not to fail for an outage a
// week, nor one that takes its machines down to go on for ever.
int CountAlike(const std::vector<AttemptEnding>& endings, EndReason reason,
               std::optional<int64_t> next_step) {
  int alike = 0;
  for (auto ending = endings.rbegin(); ending != endings.rend(); ++ending) {
    if (ending->reason == reason) ++alike;
    if (!ending->began_from) continue;  // it took its machine down before it began, or never had it
    if (next_step && *next_step > *ending->began_from) break;
    if (next_step) next_step = ending->began_from;
  }
  return alike;
}

}  // namespace

// Ends an attempt and moves its trial on as the table of transitions says. What goes wrong in it is
// nobody's fault who called: memory has changed already, and must be read anew.
absl::Status Coordinator::Finish(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now) {
  return OwnFault(MoveOn(attempt, end, now));
}

absl::Status Coordinator::MoveOn(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now) {
  ADARES_RETURN_IF_ERROR(store_->EndAttempt(attempt, end, now));
  ADARES_ASSIGN_OR_RETURN(const TrialUpdate update, AfterEnd(attempt, end, now));
  ADARES_RETURN_IF_ERROR(store_->UpdateTrial(attempt.trial_row, update, now));

  const TrialState state = update.stage.state;
  ++effects_.attempts_ended[end.reason];
  if (IsFinal(state)) effects_.trials_finished.emplace_back(state, now - attempt.started_at);
  effects_.changed_sweeps.insert(attempt.id.sweep);
  effects_.workers_to_wake.insert(attempt.worker);
  DropLease(attempt.id);
  if (IsFinal(state)) {
    ADARES_RETURN_IF_ERROR(PruneCheckpoints(attempt.trial_row, state));
    ADARES_RETURN_IF_ERROR(ForgetIfOver(attempt.sweep_row));
  }
  if (state == TrialState::kQueued) {
    ++effects_.trials_requeued[end.reason];
    if (update.not_before) {
      NoteDelay(*update.not_before);
    } else {
      ADARES_ASSIGN_OR_RETURN(const TrialRow trial, store_->GetTrial(attempt.trial_row));
      ADARES_ASSIGN_OR_RETURN(Requirement requirement,
                              store_->RequirementOf(trial.group.requirement));
      Enqueued({trial.group, std::move(requirement), attempt.id.sweep});
    }
  }
  return JudgeWorker(attempt, end.reason, now);
}

// What becomes of the trial of an attempt that ended.
absl::StatusOr<TrialUpdate> Coordinator::AfterEnd(const LiveAttempt& attempt, const AttemptEnd& end,
                                                  Timestamp now) {
  ADARES_ASSIGN_OR_RETURN(const TrialRow trial, store_->GetTrial(attempt.trial_row));
  ADARES_ASSIGN_OR_RETURN(const std::vector<AttemptEnding> endings,
                          store_->CountedEndings(attempt.trial_row));
  std::optional<int64_t> newest_step;
  if (end.reason == EndReason::kWorkerLost) {
    ADARES_ASSIGN_OR_RETURN(const std::optional<Checkpoint> newest,
                            store_->NewestCheckpoint(attempt.trial_row));
    newest_step = newest ? newest->step : 0;
  }
  const int alike = CountAlike(endings, end.reason, newest_step);
  const Schedule* const schedule = scheduler_.FindSchedule(attempt.sweep_row);
  const std::optional<Duration> delay = DelayBeforeRetry(
      schedule != nullptr ? schedule->retries : RetryBudgets{}, end.reason, alike, SaltOf(attempt));
  const TrialEvent event = AfterAttempt(trial.stage, end.reason, delay.has_value());
  TrialUpdate update;
  ADARES_ASSIGN_OR_RETURN(update.stage, Transition(trial.stage, event));
  if (update.stage.state == TrialState::kFailed) update.message = WhyFailed(endings, end);
  if (update.stage.state == TrialState::kStoppedEarly) update.message = trial.message;
  if (update.stage.state != TrialState::kQueued) return update;
  update.message = Describe({attempt.id.attempt, attempt.worker, end.reason, end.message});
  if (delay && *delay > Duration(0)) update.not_before = now + *delay;
  if (WorkerJudge::IsFailure(end.reason) && HasOtherWorkerFor(trial.group, attempt.worker)) {
    update.avoided_worker = attempt.worker;
    update.avoid_until = now + delay.value_or(Duration(0)) + 2 * options_.sync_interval;
  }
  return update;
}

bool Coordinator::HasOtherWorkerFor(const TrialGroup& group, const std::string& worker) const {
  const absl::StatusOr<Requirement> requirement = store_->RequirementOf(group.requirement);
  if (!requirement.ok()) return false;
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
    const Session& session = entry.second;
    return entry.first != worker && !session.draining && !session.record.cordoned_at &&
           !FindLack(*requirement, session.record.capability);
  });
}

// Whether another worker shows that trials of the sweep can be trained: it has finished one, or one
// that it holds goes on.
bool Coordinator::DoOthersWell(const std::string& worker, int64_t sweep_row) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
    const auto& [name, session] = entry;
    if (name == worker || session.record.cordoned_at) return false;
    if (judge_.HasSucceededIn(name, sweep_row)) return true;
    return std::any_of(session.leases.begin(), session.leases.end(), [&](const AttemptId& id) {
      const Lease& lease = leases_.at(id);
      return lease.sweep_row == sweep_row && lease.has_progressed;
    });
  });
}

// Sets a worker aside on which trial after trial fails.
absl::Status Coordinator::JudgeWorker(const LiveAttempt& attempt, EndReason reason, Timestamp now) {
  const std::string& worker = attempt.worker;
  judge_.Note(worker, {attempt.sweep_row, attempt.trial_row, reason, now});
  const auto session = sessions_.find(worker);
  if (!WorkerJudge::IsFailure(reason) || session == sessions_.end() ||
      session->second.record.cordoned_at) {
    return absl::OkStatus();
  }
  const std::optional<std::string> fault =
      judge_.FindFault(worker, [&](int64_t sweep_row) { return DoOthersWell(worker, sweep_row); });
  if (!fault) return absl::OkStatus();
  judge_.Forget(worker);
  ++effects_.workers_excluded;
  return Cordon(worker, *fault, now);
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

void Coordinator::AddLease(const LiveAttempt& attempt, Timestamp expires_at) {
  Lease lease{attempt.worker, attempt.sweep_row, expires_at};
  const Schedule* const schedule = scheduler_.FindSchedule(attempt.sweep_row);
  if (schedule != nullptr && schedule->timeout > Duration(0)) {
    lease.times_out_at = attempt.started_at + schedule->timeout;
  }
  if (!leases_.insert_or_assign(attempt.id, std::move(lease)).second) return;
  scheduler_.CountStart(attempt.sweep_row);
}

void Coordinator::DropLease(const AttemptId& id) {
  const auto lease = leases_.find(id);
  if (lease == leases_.end()) return;
  const auto session = sessions_.find(lease->second.worker);
  if (session != sessions_.end()) session->second.leases.erase(id);
  const int64_t sweep = lease->second.sweep_row;
  leases_.erase(lease);
  scheduler_.CountEnd(sweep);
  // Others may wait because it ran as many trials as it may.
  const Schedule* const schedule = scheduler_.FindSchedule(sweep);
  if (schedule != nullptr && schedule->max_parallel > 0) effects_.queue_grew = true;
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
    if (it->second.draining) lost_drains_[it->first] = it->second.record.instance;
    it = sessions_.erase(it);
    effects_.fleet_changed = true;
  }
  if (next_release_ && *next_release_ <= now) ADARES_RETURN_IF_ERROR(ReleaseDelayed(now));
  if (next_forgetting_ <= now) {
    ADARES_ASSIGN_OR_RETURN(const int64_t workers,
                            store_->ForgetWorkers(kGoneWorkersKept, kForgottenAtOnce));
    ADARES_ASSIGN_OR_RETURN(const int64_t requests,
                            store_->ForgetRequests(now - kRequestMemory, kForgottenAtOnce));
    // Where there may be more, the next tick goes on.
    const bool is_done = std::max(workers, requests) < kForgottenAtOnce;
    next_forgetting_ = is_done ? now + kForgettingPeriod : now;
  }
  return absl::OkStatus();
}

absl::Status Coordinator::ReleaseDelayed(Timestamp now) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<ReadyGroup> groups,
                          store_->ReleaseDelayed(now, kReleasesAtOnce));
  for (const ReadyGroup& ready : groups) Enqueued(ready);
  ADARES_ASSIGN_OR_RETURN(next_release_, store_->NextDelayed());
  return absl::OkStatus();
}

// A sweep without open trials has no say in what is next; one that is tried again comes back.
absl::Status Coordinator::ForgetIfOver(int64_t sweep_row) {
  ADARES_ASSIGN_OR_RETURN(const bool is_open, store_->IsSweepOpen(sweep_row));
  if (!is_open) scheduler_.ForgetSweep(sweep_row);
  return absl::OkStatus();
}

void Coordinator::NoteDelay(Timestamp not_before) {
  if (!next_release_ || not_before < *next_release_) next_release_ = not_before;
}

Timestamp Coordinator::NextExpiry() const {
  Timestamp next = next_forgetting_;
  const auto consider = [&next](Timestamp t) { next = std::min(next, t); };
  if (next_release_) consider(*next_release_);
  for (const auto& [id, lease] : leases_) consider(lease.expires_at);
  for (const auto& [name, session] : sessions_) consider(session.expires_at);
  return next;
}

}  // namespace adares
