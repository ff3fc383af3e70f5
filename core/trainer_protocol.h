// The line protocol between a worker and adares-trainer: one JSON object a line, commands on the
// trainer's standard input, events on a descriptor of their own. Standard output and error are the
// trial's log and carry no protocol. docs/trainer-protocol.md is the reference.
//
// End of file on the command pipe means that the worker is gone: the trainer exits at once.
// JSON has no NaN and infinities: such values travel as the strings "nan", "inf", "-inf".
// Thread-safe: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "core/flag.h"
#include "core/measurement.h"
#include "core/trial_spec.h"
#include "core/trial_state.h"

namespace adares::trainer_protocol {

// Where and when a trial writes checkpoints; docs/checkpoints.md.
struct CheckpointOrder {
  std::string folder;        // for this trial alone; empty: it writes and reads none
  int64_t every_steps = 0;   // 0: not by steps
  double every_seconds = 0;  // 0: not by time
  bool resume = false;       // begin from the newest in the folder, if there is one
  bool operator==(const CheckpointOrder&) const = default;
};

// Trains one trial. Sent once the trainer said that it is ready.
struct TrainCommand {
  std::string trial;  // resource name, for messages only
  int64_t attempt = 1;
  TrialSpec spec;
  CheckpointOrder checkpoints = {};
};
// Ends the running trial after the step in progress; answered by EndEvent with kCancelled.
struct StopCommand {};
// Writes a checkpoint after the step in progress, where the trial has a folder for them; answered
// by CheckpointEvent.
struct CheckpointCommand {};
using Command = std::variant<TrainCommand, StopCommand, CheckpointCommand>;

// First event: the process is up and waits for a command.
struct ReadyEvent {
  std::string version;   // of adares-trainer
  std::string libtorch;  // "1.13.1"
  std::string device;    // "cpu", "cuda:0"
};
// The trial begins: data are read, the network is built.
struct StartEvent {
  int64_t total_steps = 0;
  int64_t total_epochs = 0;
  int64_t parameters = 0;                         // trainable, skip weights included
  std::map<std::string, std::string> provenance;  // libtorch, device, threads, dataset sizes, ...
  int64_t resumed_step = 0;  // of the checkpoint that it goes on from; 0: from scratch
};
struct PointsEvent {
  std::vector<MetricPoint> points;
};
struct SkipWeightsEvent {
  std::vector<SkipWeightPoint> weights;
};
// A condition of the training began, or is over.
struct FlagEvent {
  Flag flag;
};
// At most about once a second while training.
struct ProgressEvent {
  int64_t step = 0;
  int64_t epoch = 0;
  double images_per_second = 0;
};
// A checkpoint is on the disk, whole.
struct CheckpointEvent {
  int64_t step = 0;    // steps done
  int64_t epoch = 0;   // epochs done
  std::string folder;  // that of the order
};
// Last event of a trial; after it the trainer waits for the next command.
struct EndEvent {
  EndReason reason = EndReason::kFinished;
  std::string message;  // empty where finished
  // Hashes of what came out, where finished: `results`, `weights`. Trials that ran alike to the
  // last bit have the same.
  std::map<std::string, std::string> digests = {};
};
using Event = std::variant<ReadyEvent, StartEvent, PointsEvent, SkipWeightsEvent, FlagEvent,
                           ProgressEvent, CheckpointEvent, EndEvent>;

// The name of a checkpoint's folder in that of the order.
std::string CheckpointFolderName(int64_t step);

// Limits that a reader enforces: a longer line, or more points or weights in one event, is an
// error.
inline constexpr size_t kMaxLineBytes = 4 << 20;
inline constexpr size_t kMaxItemsPerEvent = 10'000;

// One line without its newline.
std::string Encode(const Command& command);
std::string Encode(const Event& event);

// INVALID_ARGUMENT naming what is wrong with the line.
absl::StatusOr<Command> ParseCommand(std::string_view line);
absl::StatusOr<Event> ParseEvent(std::string_view line);

}  // namespace adares::trainer_protocol
