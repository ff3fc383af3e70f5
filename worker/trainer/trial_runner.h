// Runs trials one after another in this process, from specification to end event.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/trainer_protocol.h"
#include "worker/trainer/command_inbox.h"
#include "worker/trainer/dataset.h"
#include "worker/trainer/event_sink.h"
#include "worker/trainer/image_set.h"

namespace adares {

class DevicePixels;

struct TrainerSetup {
  std::string version;         // of adares-trainer
  std::string device;          // resolved: "cpu", "cuda:0"
  std::string data_dir;        // may be empty
  std::string cache_dir = {};  // for decoded data; empty: they stay in this process
  bool keep_dead_taps = false;
  bool capture_steps = true;  // see TrainingInput
  // Takes the way of other devices on the CPU too, with the same results but for rounding.
  bool device_way = false;
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
  absl::Status UseDataset(const DataSpec& spec);
  void FreeDeviceMemory();

  TrainerSetup setup_;
  EventSink& sink_;
  DatasetLoader loader_;
  // The data set of the last trial: most trials of a sweep share one.
  std::optional<std::pair<Dataset, std::string>> loaded_;  // with its folder
  std::optional<ImageData> data_;
  std::shared_ptr<DevicePixels> device_pixels_;  // of data_; null on the CPU
};

}  // namespace adares
