// Runs trials one after another in this process, from specification to end event.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/trainer_protocol.h"
#include "worker/trainer/command_inbox.h"
#include "worker/trainer/event_sink.h"
#include "worker/trainer/image_set.h"

namespace adares {

struct TrainerSetup {
  std::string version;   // of adares-trainer
  std::string device;    // resolved: "cpu", "cuda:0"
  std::string data_dir;  // may be empty
  bool keep_dead_taps = false;
};

// Not thread-safe.
class TrialRunner {
 public:
  TrialRunner(TrainerSetup setup, EventSink& sink);

  void SendReady();

  // Trains and sends all events of the trial, the end event last; returns why it ended. Never
  // throws: what goes wrong is the end reason.
  EndReason Run(const Assignment& assignment);

 private:
  trainer_protocol::EndEvent TrainToEnd(const Assignment& assignment);
  absl::Status UseDataset(Dataset dataset);

  TrainerSetup setup_;
  EventSink& sink_;
  // The data set of the last trial: most trials of a sweep share one.
  std::optional<Dataset> loaded_;
  std::shared_ptr<const ImageData> data_;
};

}  // namespace adares
