// Trains one trial on data in memory. No torch headers here.
#pragma once

#include <atomic>
#include <map>
#include <string>

#include "core/trainer_protocol.h"
#include "core/trial_spec.h"
#include "worker/trainer/dataset.h"
#include "worker/trainer/event_sink.h"
#include "worker/trainer/image_set.h"

namespace adares {

struct TrainingInput {
  const TrialSpec& spec;
  const ImageData& data;
  const DataSplit& split;
  std::string device;                             // "cpu", "cuda:0"
  std::map<std::string, std::string> provenance;  // goes into the start event
  bool live_taps_only = false;                    // see AdaResNetImpl::DropDeadTaps
};

// Sends everything from the start event to the last points, writes one log line an epoch to
// standard error, and returns how it ended without sending that. `stop` ends it after the running
// step. Throws what LibTorch throws. Equal inputs, device and thread count give equal events but
// for times.
trainer_protocol::EndEvent Train(const TrainingInput& input, EventSink& sink,
                                 const std::atomic<bool>& stop);

}  // namespace adares
