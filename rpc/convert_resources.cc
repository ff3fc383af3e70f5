// Sweeps, trials, attempts, workers and comparisons as messages; times both ways.
#include "rpc/convert.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "rpc/names.h"

namespace adares {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

using TextMap = std::map<std::string, std::string>;

void FillMap(const TextMap& map, google::protobuf::Map<std::string, std::string>* message) {
  for (const auto& [key, value] : map) (*message)[key] = value;
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

// Out of the range that a Duration holds, the nearest one in it.
Duration FromProto(const google::protobuf::Duration& duration) {
  constexpr int64_t kLongest = 315'576'000'000;  // 10,000 years, as the type says
  return Duration(std::clamp(duration.seconds(), -kLongest, kLongest) * kMicrosPerSecond +
                  duration.nanos() / 1000);
}

google::protobuf::Duration ToProto(Duration duration) {
  google::protobuf::Duration message;
  message.set_seconds(duration.count() / kMicrosPerSecond);
  message.set_nanos(static_cast<int32_t>(duration.count() % kMicrosPerSecond * 1000));
  return message;
}

v1::StopRule ToProto(const StopRule& rule) {
  v1::StopRule message;
  message.set_metric(rule.metric);
  if (rule.side == StopRule::Side::kAbove) {
    message.set_above(rule.target);
  } else {
    message.set_below(rule.target);
  }
  message.set_after_epoch(rule.after_epoch);
  return message;
}

v1::Schedule ToProto(const Schedule& schedule) {
  v1::Schedule message;
  message.set_max_parallel(schedule.max_parallel);
  message.set_order(schedule.order == TrialOrder::kSeedMajor ? v1::Schedule::ORDER_SEED_MAJOR
                                                             : v1::Schedule::ORDER_VARIANT_MAJOR);
  if (schedule.timeout > Duration(0)) *message.mutable_timeout() = ToProto(schedule.timeout);
  for (const auto& [reason, budget] : schedule.retries) {
    (*message.mutable_retries())[std::string(Name(reason))] = budget;
  }
  message.set_device(schedule.resources.device);
  message.set_memory_bytes(schedule.resources.memory_bytes);
  FillMap(schedule.resources.labels, message.mutable_worker_labels());
  if (schedule.stop) *message.mutable_stop() = ToProto(*schedule.stop);
  message.set_unreadable(schedule.unreadable);
  return message;
}

v1::TrialCounts ToProto(const TrialCounts& counts) {
  v1::TrialCounts message;
  message.set_queued(counts.queued);
  message.set_running(counts.running);
  message.set_paused(counts.paused);
  message.set_stopping(counts.stopping);
  message.set_succeeded(counts.succeeded);
  message.set_failed(counts.failed);
  message.set_cancelled(counts.cancelled);
  message.set_stopped_early(counts.stopped_early);
  return message;
}

v1::Sweep ToProto(const SweepRecord& sweep) {
  v1::Sweep message;
  message.set_name(SweepResource(sweep.name));
  message.set_title(sweep.title);
  message.set_state(ToProto(sweep.state));
  message.set_priority(sweep.schedule.priority);
  FillMap(sweep.labels, message.mutable_labels());
  for (const Axis& axis : sweep.axes) {
    v1::Axis* entry = message.add_axes();
    entry->set_name(axis.name);
    entry->set_path(axis.path);
    entry->mutable_values()->Assign(axis.values.begin(), axis.values.end());
  }
  message.mutable_seeds()->Assign(sweep.seeds.begin(), sweep.seeds.end());
  FillMap(sweep.baseline, message.mutable_baseline());
  message.mutable_objective()->set_metric(sweep.objective.metric);
  message.mutable_objective()->set_goal(ToProto(sweep.objective.goal));
  *message.mutable_trial_counts() = ToProto(sweep.counts);
  *message.mutable_create_time() = ToProto(sweep.created_at);
  if (sweep.finished_at) *message.mutable_finish_time() = ToProto(*sweep.finished_at);
  message.set_spec_text(sweep.spec_text);
  message.set_spec_digest(sweep.spec_digest);
  message.set_variant_count(sweep.variant_count);
  *message.mutable_schedule() = ToProto(sweep.schedule);
  for (const PendingReason& reason : sweep.pending) {
    v1::PendingReason* entry = message.add_pending();
    entry->set_trials(reason.trials);
    entry->set_reason(reason.why);
    entry->set_cause(ToProto(reason.cause));
  }
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
  if (trial.stop_aim) message.set_stop_aim(ToProto(*trial.stop_aim));
  if (trial.not_before) *message.mutable_retry_time() = ToProto(*trial.not_before);
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
  FillMap(attempt.provenance, message.mutable_provenance());
  message.set_parameters(attempt.parameters);
  FillMap(attempt.digests, message.mutable_digests());
  message.set_resumed_step(attempt.resumed_step);
  return message;
}

v1::Worker ToProto(const WorkerRecord& worker) {
  v1::Worker message;
  message.set_name(WorkerResource(worker.name));
  message.set_state(ToProto(worker.state));
  message.set_hostname(worker.hostname);
  message.set_device(worker.capability.device);
  message.set_slots(worker.slots);
  message.set_busy_slots(worker.busy_slots);
  message.set_version(worker.version);
  *message.mutable_register_time() = ToProto(worker.registered_at);
  *message.mutable_last_seen_time() = ToProto(worker.last_seen_at);
  if (worker.cordoned_at) *message.mutable_cordon_time() = ToProto(*worker.cordoned_at);
  message.set_cordon_reason(worker.cordon_reason);
  message.set_memory_bytes(worker.capability.memory_bytes);
  FillMap(worker.capability.labels, message.mutable_labels());
  if (const auto& datasets = worker.capability.datasets) {
    message.set_datasets_known(true);
    message.mutable_datasets()->Assign(datasets->begin(), datasets->end());
  }
  return message;
}

v1::VariantResult ToProto(const VariantResult& result) {
  v1::VariantResult message;
  message.set_variant(result.variant);
  message.set_label(result.label);
  FillAxes(result.axes, &message);
  message.set_trial_count(result.trial_count);
  message.set_flagged_count(result.flagged_count);
  message.set_stopped_early_count(result.stopped_early_count);
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
  if (comparison.goal) message.set_goal(ToProto(*comparison.goal));
  for (const auto& result : comparison.variants) *message.add_variants() = ToProto(result);
  message.set_next_page_token(comparison.next_token);
  return message;
}

}  // namespace adares
