// Runs trials one after another in this process, from specification to end event.
#pragma once

#include <memory>
#include <string>

#include "core/trainer_protocol.h"
#include "worker/trainer/command_inbox.h"
#include "worker/trainer/dataset.h"
#include "worker/trainer/event_sink.h"

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
  std::string commit = "unknown";  // that adares-trainer was built from
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
  void FreeDeviceMemory();
  // Pixels of other data go from the device.
  void KeepPixelsOf(const ImageData& data);

  TrainerSetup setup_;
  EventSink& sink_;
  DatasetLoader loader_;  // keeps the data set of the last trial: most trials of a sweep share one
  std::shared_ptr<DevicePixels> device_pixels_;  // of that data set; null on the CPU
  std::weak_ptr<const void> pixels_of_;
};

}  // namespace adares
