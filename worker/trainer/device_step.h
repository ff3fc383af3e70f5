// Steps of a trial on a device that is not to wait for the host. All that a step needs lies on the
// device before its epoch begins: which pictures, where they are cut, the optimizer's numbers. A
// step finds its own by a counter on the device, so that every step is the same work; it is
// captured once and then only started.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "worker/trainer/device_batches.h"
#include "worker/trainer/device_support.h"
#include "worker/trainer/device_update.h"
#include "worker/trainer/step_means.h"
#include "worker/trainer/step_telemetry.h"
#include "worker/trainer/training.h"
#include "worker/trainer/training_state.h"
#include "worker/trainer/training_step.h"

namespace adares {

// Not thread-safe. What it is given must outlive it.
class DeviceStep {
 public:
  // `input` has pixels on the device. `support` may be null: then nothing is captured.
  DeviceStep(const TrainingInput& input, const TrainingStep& step, const DeviceSupport* support);

  // Before the steps of an epoch, or the rest of one: the order is shuffled, and the optimizer
  // knows the epoch. Copies to the device what these steps need.
  void BeginEpoch(TrainingState& state);

  // As TrainingStep::Advance. Does not wait for the device; `means` has numbers that are still
  // there, and so has the network. A step that `telemetry` measures comes from no graph.
  int64_t Advance(TrainingState& state, StepMeans& means, StepTelemetry* telemetry);

 private:
  // What the device does in a step with `size` pictures.
  void Work(TrainingState& state, int64_t size, StepTelemetry* telemetry);
  // The same, but for one of the first whole batches from a graph.
  void RunWhole(TrainingState& state);
  // False where there is not enough memory; then nothing is captured any more.
  bool Capture(TrainingState& state);
  void UploadPictures(const TrainingState& state);
  void UploadNumbers(const TrainingState& state);

  const TrialSpec& spec_;
  const ImageShape shape_;
  const TrainingStep& step_;
  const DeviceSupport* const support_;
  bool captures_;
  const torch::Device device_;
  const DeviceBatchMaker batches_;

  // Of the epoch, at addresses that a graph may keep.
  torch::Tensor rows_;     // of RowsOf, for each picture
  torch::Tensor numbers_;  // NumbersTable of its steps
  torch::Tensor counter_;  // steps of the epoch that are done
  torch::Tensor losses_;   // of its steps
  torch::Tensor correct_;
  torch::Tensor steps_;                      // 0, 1, ... of an epoch
  torch::Tensor offsets_;                    // 0, 1, ... of a batch
  std::vector<Random::State> random_after_;  // augmentation's, after each step
  int64_t first_step_ = 0;                   // of the epoch that random_after_ begins with

  std::vector<DeviceParameter> parameters_;
  std::optional<DeviceUpdate> update_;
  std::unique_ptr<StepGraph> graph_;
  int64_t whole_steps_ = 0;               // one by one, since parameters last began to move
  std::vector<torch::Tensor> gradients_;  // of the parameters, that replays write
};

}  // namespace adares
