// Writes a run's checkpoints when they are due, and finds the one to go on from. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/trainer/checkpoint_folder.h"
#include "worker/trainer/epoch_report.h"
#include "worker/trainer/event_sink.h"
#include "worker/trainer/file_lock.h"
#include "worker/trainer/step_means.h"
#include "worker/trainer/training.h"
#include "worker/trainer/training_state.h"

namespace adares {

class Checkpointer {
 public:
  // What `input` refers to, and `sink`, must outlive it.
  Checkpointer(const TrainingInput& input, EventSink& sink);

  // The state to begin with: the newest checkpoint's that can be read, where the plan says so and
  // there is one, else the start of the trial. Those that cannot be read are named in the log.
  // `resumed_from` tells of whose it is, in words for provenance; it is empty for a new start.
  // FAILED_PRECONDITION where the folder belongs to another trial; errors of the folder.
  absl::StatusOr<std::unique_ptr<TrainingState>> Begin(torch::Device device,
                                                       std::string& resumed_from);

  // Whether there is a folder for them.
  bool IsOn() const { return !folder_.path().empty(); }

  // Whether one is to be written now, after a step.
  bool IsDue(const TrainingState& state) const;

  // Writes one and tells of it. A failure is told in the log and stops nothing: the run goes on,
  // and what it wrote before is still there.
  void Write(const TrainingState& state);

 private:
  const TrainingInput& input_;
  EventSink& sink_;
  CheckpointFolder folder_;
  std::optional<FileLock> lock_;  // of the folder, against a second process
  Stopwatch since_last_;
  int64_t last_step_ = 0;  // of the last one, or where the run began
};

}  // namespace adares
