// Trains one trial on data in memory. No torch headers here.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "core/trainer_protocol.h"
#include "core/trial_spec.h"
#include "worker/trainer/data_split.h"
#include "worker/trainer/event_sink.h"
#include "worker/trainer/image_set.h"

namespace adares {

class DevicePixels;

struct TrainingInput {
  const TrialSpec& spec;
  const ImageData& data;
  const DataSplit& split;
  std::string device;                             // "cpu", "cuda:0"
  std::map<std::string, std::string> provenance;  // goes into the start event
  trainer_protocol::CheckpointOrder checkpoints = {};
  // Set by whoever wants a checkpoint after the running step; the run clears it. May be null.
  std::shared_ptr<std::atomic<bool>> checkpoint_request = {};
  bool live_taps_only = false;  // see AdaResNetImpl::DropDeadTaps
  // Where pictures lie on the device. Null: batches and steps are made on the CPU.
  std::shared_ptr<DevicePixels> device_pixels = {};
  bool capture_steps = true;  // as CUDA graphs, where the device has them
};

// Sends everything from the start event to the last points, writes one log line an epoch to
// standard error, and returns how it ended without sending that. `stop` ends it after the running
// step, or batch of an evaluation, with a checkpoint where there is a folder for them. Throws what
// LibTorch throws. Equal inputs, device and thread count give equal events but for times, also
// where the run was cut off, however often, and went on from its checkpoints.
trainer_protocol::EndEvent Train(const TrainingInput& input, EventSink& sink,
                                 const std::atomic<bool>& stop);

}  // namespace adares
