// Sweeps, trials, attempts, workers and comparisons as messages; states and times both ways.
#include "rpc/convert.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/names.h"

namespace adares {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

absl::Status Unknown(const std::string& field, int value) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                   absl::StrCat(field, ": unknown value ", value), {{"field", field}});
}

template <typename Axes, typename Message>
void FillAxes(const Axes& axes, Message* message) {
  for (const auto& [axis, value] : axes) {
    v1::AxisValue* entry = message->add_axes();
    entry->set_axis(axis);
    entry->set_value(value);
  }
}

}  // namespace

google::protobuf::Timestamp ToProto(Timestamp time) {
  const int64_t micros = ToMicros(time);
  int64_t seconds = micros / kMicrosPerSecond;
  int64_t rest = micros % kMicrosPerSecond;
  if (rest < 0) {
    rest += kMicrosPerSecond;
    --seconds;
  }
  google::protobuf::Timestamp message;
  message.set_seconds(seconds);
  message.set_nanos(static_cast<int32_t>(rest * 1000));
  return message;
}

// Out of the range that google.protobuf.Timestamp allows, the nearest time in it.
Timestamp FromProto(const google::protobuf::Timestamp& time) {
  constexpr int64_t kFirst = -62'135'596'800;  // 0001-01-01T00:00:00Z
  constexpr int64_t kLast = 253'402'300'799;   // 9999-12-31T23:59:59Z
  return FromMicros(std::clamp(time.seconds(), kFirst, kLast) * kMicrosPerSecond +
                    time.nanos() / 1000);
}

v1::Sweep::State ToProto(SweepState state) {
  switch (state) {
    case SweepState::kRunning:
      return v1::Sweep::STATE_RUNNING;
    case SweepState::kCancelling:
      return v1::Sweep::STATE_CANCELLING;
    case SweepState::kSucceeded:
      return v1::Sweep::STATE_SUCCEEDED;
    case SweepState::kFailed:
      return v1::Sweep::STATE_FAILED;
    case SweepState::kCancelled:
      return v1::Sweep::STATE_CANCELLED;
  }
  return v1::Sweep::STATE_UNSPECIFIED;
}

v1::Trial::State ToProto(TrialState state) {
  switch (state) {
    case TrialState::kQueued:
      return v1::Trial::STATE_QUEUED;
    case TrialState::kRunning:
      return v1::Trial::STATE_RUNNING;
    case TrialState::kStopping:
      return v1::Trial::STATE_STOPPING;
    case TrialState::kSucceeded:
      return v1::Trial::STATE_SUCCEEDED;
    case TrialState::kFailed:
      return v1::Trial::STATE_FAILED;
    case TrialState::kCancelled:
      return v1::Trial::STATE_CANCELLED;
  }
  return v1::Trial::STATE_UNSPECIFIED;
}

v1::Attempt::EndReason ToProto(EndReason reason) {
  switch (reason) {
    case EndReason::kFinished:
      return v1::Attempt::END_REASON_FINISHED;
    case EndReason::kError:
      return v1::Attempt::END_REASON_ERROR;
    case EndReason::kDiverged:
      return v1::Attempt::END_REASON_DIVERGED;
    case EndReason::kOutOfMemory:
      return v1::Attempt::END_REASON_OUT_OF_MEMORY;
    case EndReason::kWorkerLost:
      return v1::Attempt::END_REASON_WORKER_LOST;
    case EndReason::kPreempted:
      return v1::Attempt::END_REASON_PREEMPTED;
    case EndReason::kCancelled:
      return v1::Attempt::END_REASON_CANCELLED;
  }
  return v1::Attempt::END_REASON_UNSPECIFIED;
}

v1::Objective::Goal ToProto(Goal goal) {
  return goal == Goal::kMaximize ? v1::Objective::GOAL_MAXIMIZE : v1::Objective::GOAL_MINIMIZE;
}

absl::StatusOr<TrialState> FromProto(v1::Trial::State state) {
  for (const TrialState candidate :
       {TrialState::kQueued, TrialState::kRunning, TrialState::kStopping, TrialState::kSucceeded,
        TrialState::kFailed, TrialState::kCancelled}) {
    if (ToProto(candidate) == state) return candidate;
  }
  return Unknown("state", static_cast<int>(state));
}

absl::StatusOr<EndReason> FromProto(v1::Attempt::EndReason reason) {
  for (const EndReason candidate :
       {EndReason::kFinished, EndReason::kError, EndReason::kDiverged, EndReason::kOutOfMemory,
        EndReason::kWorkerLost, EndReason::kPreempted, EndReason::kCancelled}) {
    if (ToProto(candidate) == reason) return candidate;
  }
  return Unknown("end.reason", static_cast<int>(reason));
}

v1::Sweep ToProto(const SweepRecord& sweep) {
  v1::Sweep message;
  message.set_name(SweepResource(sweep.name));
  message.set_title(sweep.title);
  message.set_state(ToProto(sweep.state));
  message.set_priority(sweep.priority);
  for (const auto& [key, value] : sweep.labels) (*message.mutable_labels())[key] = value;
  for (const Axis& axis : sweep.axes) {
    v1::Axis* entry = message.add_axes();
    entry->set_name(axis.name);
    entry->set_path(axis.path);
    entry->mutable_values()->Assign(axis.values.begin(), axis.values.end());
  }
  message.mutable_seeds()->Assign(sweep.seeds.begin(), sweep.seeds.end());
  for (const auto& [axis, value] : sweep.baseline) (*message.mutable_baseline())[axis] = value;
  message.mutable_objective()->set_metric(sweep.objective.metric);
  message.mutable_objective()->set_goal(ToProto(sweep.objective.goal));
  v1::TrialCounts* counts = message.mutable_trial_counts();
  counts->set_queued(sweep.counts.queued);
  counts->set_running(sweep.counts.running);
  counts->set_stopping(sweep.counts.stopping);
  counts->set_succeeded(sweep.counts.succeeded);
  counts->set_failed(sweep.counts.failed);
  counts->set_cancelled(sweep.counts.cancelled);
  *message.mutable_create_time() = ToProto(sweep.created_at);
  if (sweep.finished_at) *message.mutable_finish_time() = ToProto(*sweep.finished_at);
  message.set_spec_text(sweep.spec_text);
  message.set_spec_digest(sweep.spec_digest);
  message.set_variant_count(sweep.variant_count);
  return message;
}

v1::Trial ToProto(const TrialRecord& trial) {
  v1::Trial message;
  message.set_name(TrialResource(trial.sweep, trial.id));
  message.set_state(ToProto(trial.state));
  message.set_variant(trial.variant);
  message.set_variant_label(trial.variant_label);
  FillAxes(trial.axes, &message);
  message.set_seed(trial.seed);
  message.set_spec_json(trial.spec_json);
  for (const auto& attempt : trial.attempts) *message.add_attempts() = ToProto(attempt);
  message.set_attempt_count(trial.attempt_count);
  *message.mutable_progress() = ToProto(trial.progress);
  for (const auto& [key, value] : trial.last_metrics) {
    (*message.mutable_last_metrics())[key] = value;
  }
  message.set_message(trial.message);
  *message.mutable_create_time() = ToProto(trial.created_at);
  if (trial.started_at) *message.mutable_start_time() = ToProto(*trial.started_at);
  if (trial.finished_at) *message.mutable_finish_time() = ToProto(*trial.finished_at);
  if (!trial.worker.empty()) message.set_worker(WorkerResource(trial.worker));
  for (const Flag& flag : trial.flags) *message.add_flags() = ToProto(flag);
  return message;
}

v1::Attempt ToProto(const AttemptRecord& attempt) {
  v1::Attempt message;
  message.set_number(attempt.number);
  message.set_worker(WorkerResource(attempt.worker));
  *message.mutable_start_time() = ToProto(attempt.started_at);
  if (attempt.ended_at) *message.mutable_end_time() = ToProto(*attempt.ended_at);
  if (attempt.end_reason) message.set_end_reason(ToProto(*attempt.end_reason));
  message.set_message(attempt.message);
  if (attempt.exit_code) message.set_exit_code(*attempt.exit_code);
  message.mutable_log_tail()->Assign(attempt.log_tail.begin(), attempt.log_tail.end());
  for (const auto& [key, value] : attempt.provenance) {
    (*message.mutable_provenance())[key] = value;
  }
  message.set_parameters(attempt.parameters);
  for (const auto& [key, value] : attempt.digests) (*message.mutable_digests())[key] = value;
  return message;
}

v1::Worker ToProto(const WorkerRecord& worker) {
  v1::Worker message;
  message.set_name(WorkerResource(worker.name));
  switch (worker.state) {
    case WorkerState::kReady:
      message.set_state(v1::Worker::STATE_READY);
      break;
    case WorkerState::kBusy:
      message.set_state(v1::Worker::STATE_BUSY);
      break;
    case WorkerState::kDraining:
      message.set_state(v1::Worker::STATE_DRAINING);
      break;
    case WorkerState::kLost:
      message.set_state(v1::Worker::STATE_LOST);
      break;
    case WorkerState::kLeft:
      message.set_state(v1::Worker::STATE_LEFT);
      break;
  }
  message.set_hostname(worker.hostname);
  message.set_device(worker.device);
  message.set_slots(worker.slots);
  message.set_busy_slots(worker.busy_slots);
  message.set_version(worker.version);
  *message.mutable_register_time() = ToProto(worker.registered_at);
  *message.mutable_last_seen_time() = ToProto(worker.last_seen_at);
  return message;
}

v1::VariantResult ToProto(const VariantResult& result) {
  v1::VariantResult message;
  message.set_variant(result.variant);
  message.set_label(result.label);
  FillAxes(result.axes, &message);
  message.set_trial_count(result.trial_count);
  message.set_flagged_count(result.flagged_count);
  message.set_n(static_cast<int32_t>(result.summary.n));
  message.set_mean(result.summary.mean);
  message.set_sd(result.summary.sd);
  for (const auto& [seed, value] : result.values) {
    v1::SeedValue* entry = message.add_values();
    entry->set_seed(seed);
    entry->set_value(value);
  }
  message.set_baseline(result.baseline);
  if (result.difference) {
    v1::PairedDifference* difference = message.mutable_difference();
    difference->set_n(static_cast<int32_t>(result.difference->n));
    difference->set_mean(result.difference->mean);
    difference->set_sd(result.difference->sd);
    difference->set_ci_low(result.difference->ci_low);
    difference->set_ci_high(result.difference->ci_high);
  }
  return message;
}

v1::CompareVariantsResponse ToProto(const Comparison& comparison) {
  v1::CompareVariantsResponse message;
  message.set_metric(comparison.metric);
  message.set_goal(ToProto(comparison.goal));
  for (const auto& result : comparison.variants) *message.add_variants() = ToProto(result);
  return message;
}

}  // namespace adares
