// What people ask for: pause, resume, cancel, retry, cordon; and that a request counts once.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/axis_check.h"
#include "core/status.h"
#include "server/coordinator/coordinator.h"

namespace adares {
namespace {

TrialEvent EventOf(ControlAction action) {
  switch (action) {
    case ControlAction::kPause:
      return TrialEvent::kPause;
    case ControlAction::kResume:
      return TrialEvent::kResume;
    case ControlAction::kCancel:
      return TrialEvent::kCancel;
    case ControlAction::kRetry:
    case ControlAction::kRetryFromScratch:
      return TrialEvent::kRetry;
  }
  return TrialEvent::kCancel;
}

bool IsRetry(ControlAction action) {
  return action == ControlAction::kRetry || action == ControlAction::kRetryFromScratch;
}

// Whether a request for the whole sweep means a trial in this stage.
bool IsMeant(const TrialStage& stage, ControlAction action) {
  switch (action) {
    case ControlAction::kRetry:
    case ControlAction::kRetryFromScratch:
      return stage.state == TrialState::kFailed || stage.state == TrialState::kCancelled;
    case ControlAction::kResume:
      return stage.state == TrialState::kPaused || stage.aim == StopAim::kPause;
    case ControlAction::kPause:
      return !IsFinal(stage.state) && stage.aim != StopAim::kCancel &&
             stage.aim != StopAim::kStopEarly;
    case ControlAction::kCancel:
      return !IsFinal(stage.state);
  }
  return false;
}

// A seed or a value that no trial of the sweep can have was mistyped.
absl::Status CheckNames(Store& store, int64_t sweep_row, const TrialFilter& filter) {
  if (!filter.seeds.empty()) {
    ADARES_ASSIGN_OR_RETURN(const std::vector<int64_t> seeds, store.SeedsOfSweep(sweep_row));
    ADARES_RETURN_IF_ERROR(CheckSeeds(seeds, filter.seeds, "filter.seeds"));
  }
  if (filter.axes.empty()) return absl::OkStatus();
  ADARES_ASSIGN_OR_RETURN(const std::vector<Axis> axes, store.AxesOfSweep(sweep_row));
  return CheckAxisValues(axes, filter.axes, "filter.axes");
}

}  // namespace

absl::StatusOr<std::string> Coordinator::Once(const RequestKey& key, Timestamp now,
                                              const RequestBody& body) {
  if (key.id.empty()) return body();
  ADARES_ASSIGN_OR_RETURN(const std::optional<RequestRecord> known, store_->FindRequest(key.id));
  if (known) {
    if (known->method == key.method && known->digest == key.digest) return known->response;
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kRequestIdReused,
                     absl::StrCat("request_id ", key.id, " belongs to another call of ",
                                  known->method, "; take a new one for each call"),
                     {{"request_id", key.id}, {"method", known->method}});
  }
  ADARES_ASSIGN_OR_RETURN(std::string response, body());
  ADARES_RETURN_IF_ERROR(store_->RecordRequest(key.id, {key.method, key.digest, response}, now));
  return response;
}

absl::Status Coordinator::CheckIds(const std::vector<TrialRow>& trials,
                                   const TrialFilter& filter) const {
  std::set<std::string> found;
  for (const TrialRow& trial : trials) found.insert(trial.id);
  for (const std::string& id : filter.ids) {
    if (found.contains(id)) continue;
    return MakeError(absl::StatusCode::kNotFound, reason::kTrialNotFound,
                     absl::StrCat("there is no trial ", id, " that is meant by this request"),
                     {{"trial", id}});
  }
  return absl::OkStatus();
}

absl::StatusOr<ControlOutcome> Coordinator::Control(const std::string& sweep,
                                                    const TrialFilter& filter, ControlAction action,
                                                    Timestamp now) {
  ADARES_ASSIGN_OR_RETURN(const SweepHead head, store_->GetSweep(sweep));
  ADARES_ASSIGN_OR_RETURN(const std::vector<TrialRow> trials,
                          store_->SelectTrials(head.row, filter));
  ADARES_RETURN_IF_ERROR(CheckIds(trials, filter));
  ADARES_RETURN_IF_ERROR(CheckNames(*store_, head.row, filter));
  const bool whole = filter.empty();
  if (whole && action == ControlAction::kCancel) {
    ADARES_RETURN_IF_ERROR(store_->MarkSweepCancelled(head.row, now));
  }
  ControlOutcome outcome;
  for (const TrialRow& trial : trials) {
    if (whole && !IsMeant(trial.stage, action)) continue;
    ADARES_RETURN_IF_ERROR(MoveTrial(head, trial, action, now, &outcome));
  }
  if (!outcome.changed.empty() && IsRetry(action)) {
    ADARES_RETURN_IF_ERROR(store_->UnmarkSweepCancelled(head.row));
  }
  effects_.changed_sweeps.insert(sweep);
  ADARES_RETURN_IF_ERROR(ForgetIfOver(head.row));
  return outcome;
}

absl::Status Coordinator::MoveTrial(const SweepHead& sweep, const TrialRow& trial,
                                    ControlAction action, Timestamp now, ControlOutcome* outcome) {
  const absl::StatusOr<TrialStage> stage = Transition(trial.stage, EventOf(action));
  if (!stage.ok()) {
    outcome->refused.push_back({trial.id, stage.status()});
    return absl::OkStatus();
  }
  // A trial that waits for its next attempt is resumed by not waiting any longer.
  const bool ends_delay = action == ControlAction::kResume && trial.delayed;
  if (*stage == trial.stage && !ends_delay) {
    ++outcome->unchanged;
    return absl::OkStatus();
  }
  TrialUpdate update{*stage};
  if (!IsFinal(stage->state)) update.message = trial.message;  // how its newest attempt ended
  update.forgive = IsRetry(action);
  update.train_to_end = IsRetry(action) && trial.stage.state == TrialState::kStoppedEarly;
  if (action == ControlAction::kRetryFromScratch) {
    ADARES_RETURN_IF_ERROR(store_->BeginFromScratch(trial.row));
  }
  ADARES_RETURN_IF_ERROR(store_->UpdateTrial(trial.row, update, now));
  outcome->changed.push_back(trial.id);
  if (IsFinal(stage->state)) effects_.trials_finished.emplace_back(stage->state, std::nullopt);
  if (!trial.worker.empty()) effects_.workers_to_wake.insert(trial.worker);
  if (stage->state != TrialState::kQueued) return absl::OkStatus();
  scheduler_.SetSweep(sweep.row, sweep.schedule);
  ADARES_ASSIGN_OR_RETURN(Requirement requirement, store_->RequirementOf(trial.group.requirement));
  Enqueued({trial.group, std::move(requirement), sweep.name});
  return absl::OkStatus();
}

absl::Status Coordinator::Cordon(const std::string& worker,
                                 const std::optional<std::string>& reason, Timestamp now) {
  ADARES_RETURN_IF_ERROR(store_->SetCordon(worker, reason, now));
  effects_.fleet_changed = true;
  const auto session = sessions_.find(worker);
  if (session == sessions_.end()) return absl::OkStatus();
  WorkerRecord& record = session->second.record;
  record.cordoned_at = reason ? std::optional<Timestamp>(now) : std::nullopt;
  record.cordon_reason = reason.value_or("");
  if (!reason) {
    judge_.Forget(worker);
    effects_.workers_to_wake.insert(worker);
  }
  return absl::OkStatus();
}

}  // namespace adares
