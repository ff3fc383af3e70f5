// What the coordinator remembers, as plain values: the store writes and reads them, services turn
// them into messages. No behaviour here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/checkpoint.h"
#include "core/comparison.h"
#include "core/flag.h"
#include "core/measurement.h"
#include "core/requirement.h"
#include "core/sweep_spec.h"
#include "core/timestamp.h"
#include "core/trial_state.h"

namespace adares {

// Trials that wait although nothing could run them as the fleet is.
struct PendingReason {
  enum class Cause { kNoWorker, kUnfit, kCordoned, kUnreadable };
  int32_t trials = 0;
  Cause cause = Cause::kNoWorker;
  std::string why;
  bool operator==(const PendingReason&) const = default;
};

struct SweepRecord {
  std::string name;
  std::string title;
  std::map<std::string, std::string> labels;
  SweepState state = SweepState::kRunning;
  Schedule schedule;
  Objective objective;
  std::vector<Axis> axes;
  std::vector<int64_t> seeds;
  std::map<std::string, std::string> baseline;
  int32_t variant_count = 0;
  TrialCounts counts;
  Timestamp created_at;
  std::optional<Timestamp> finished_at;
  std::string spec_text;
  std::string spec_digest;
  std::vector<PendingReason> pending;
};

// How far an attempt has come.
struct Progress {
  int64_t step = 0;
  int64_t total_steps = 0;  // 0 while unknown
  int64_t epoch = 0;
  int64_t total_epochs = 0;  // 0 while unknown
  double images_per_second = 0;
};

struct AttemptRecord {
  int32_t number = 0;
  std::string worker;
  Timestamp started_at;
  std::optional<Timestamp> ended_at;
  std::optional<EndReason> end_reason;
  std::string message;
  std::optional<int32_t> exit_code;
  std::vector<std::string> log_tail;
  std::map<std::string, std::string> provenance;
  int64_t parameters = 0;
  std::map<std::string, std::string> digests = {};
  int64_t resumed_step = 0;  // of the checkpoint that it went on from; 0: from scratch
};

struct TrialRecord {
  std::string sweep;
  std::string id;
  TrialState state = TrialState::kQueued;
  std::optional<StopAim> stop_aim = std::nullopt;  // where it is stopping
  std::string variant;
  std::string variant_label;
  AxisValues axes;
  int64_t seed = 0;
  std::string spec_json;                // empty in lists
  std::vector<AttemptRecord> attempts;  // empty in lists
  int32_t attempt_count = 0;
  Progress progress;
  std::map<std::string, double> last_metrics;
  std::vector<Flag> flags;  // raised and not cleared
  std::string message;
  std::string worker;  // that holds it, or empty
  Timestamp created_at;
  std::optional<Timestamp> not_before = std::nullopt;  // when its next attempt may begin
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> finished_at;
  int64_t revision = 0;
};

// kLost was not heard of for longer than a lease; kLeft said goodbye.
enum class WorkerState { kReady, kBusy, kDraining, kLost, kLeft };

struct WorkerRecord {
  std::string name;
  std::string instance;
  WorkerState state = WorkerState::kReady;
  std::string hostname;
  int32_t slots = 0;
  int32_t busy_slots = 0;
  std::string version;
  Capability capability;
  std::optional<Timestamp> cordoned_at = std::nullopt;  // set aside: it gets no more trials
  std::string cordon_reason = {};
  Timestamp registered_at;
  Timestamp last_seen_at;
};

// Identifies one attempt everywhere.
struct AttemptId {
  std::string sweep;
  std::string trial;
  int32_t attempt = 0;
  auto operator<=>(const AttemptId&) const = default;
};

struct LogLine {
  int64_t number = 0;
  std::string text;
  Timestamp time;
};

// The records that a worker reports, in the order in which they happened.
struct AttemptStart {
  int64_t total_steps = 0;
  int64_t total_epochs = 0;
  int64_t parameters = 0;
  std::map<std::string, std::string> provenance;
  int64_t resumed_step = 0;  // of the checkpoint that it goes on from; 0: from scratch
};
struct AttemptEnd {
  EndReason reason = EndReason::kFinished;
  std::string message;
  std::optional<int32_t> exit_code;
  std::vector<std::string> log_tail;
  std::map<std::string, std::string> digests = {};  // of what came out, where it finished
};
using ReportRecord =
    std::variant<AttemptStart, std::vector<MetricPoint>, std::vector<SkipWeightPoint>,
                 std::vector<LogLine>, Progress, AttemptEnd, Flag, Checkpoint>;

// One row of a comparison.
struct VariantResult {
  std::string variant;
  std::string label;
  AxisValues axes;
  int32_t trial_count = 0;
  int32_t flagged_count = 0;  // trials with raised flags
  int32_t stopped_early_count = 0;
  Summary summary;
  std::map<int64_t, double> values;  // by seed
  std::string baseline;              // id, or empty
  std::optional<PairedDifference> difference;
};

struct Comparison {
  std::string metric;
  std::optional<Goal> goal;  // where one direction is better
  std::vector<VariantResult> variants;
  std::string next_token = {};  // where there are more variants than a message holds
};

}  // namespace adares
