// A trial's state and the numbers of its steps on a device, without the rest of a training.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "worker/trainer/data_split.h"
#include "worker/trainer/device_pixels.h"
#include "worker/trainer/device_step.h"
#include "worker/trainer/synthetic.h"

namespace adares {

struct DeviceTrial {
  // `device` as an option of the trainer names it: "cpu", "cuda:0".
  DeviceTrial(const TrialSpec& trial, const std::string& device)
      : spec(trial),
        data(KeepInMemory(MakeSynthetic({150, 40}))),
        split(*SplitData(spec, data)),
        input{spec, data, split, device, {}} {
    input.device_pixels = std::make_shared<DevicePixels>();
    state = std::make_unique<TrainingState>(input, torch::Device(device));
    step.emplace(input);
  }
  DeviceTrial(const DeviceTrial&) = delete;
  DeviceTrial& operator=(const DeviceTrial&) = delete;

  void BeginEpoch(DeviceStep& steps) {
    state->optimizer.StartEpoch(state->epoch);
    state->ShuffleOrder();
    state->epoch_step = 0;
    steps.BeginEpoch(*state);
  }
  bool IsInEpoch() const { return state->epoch_step < step->steps_per_epoch(); }

  TrialSpec spec;
  ImageData data;
  DataSplit split;
  TrainingInput input;
  std::unique_ptr<TrainingState> state;
  std::optional<TrainingStep> step;
};

}  // namespace adares
