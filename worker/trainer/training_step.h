// One step of the optimizer.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>

#include "worker/trainer/batches.h"
#include "worker/trainer/step_means.h"
#include "worker/trainer/step_telemetry.h"
#include "worker/trainer/training.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Not thread-safe. What `input` refers to must outlive it.
class TrainingStep {
 public:
  TrainingStep(const TrainingInput& input, torch::Device device);

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t total_steps() const { return total_steps_; }

  // The pictures that the first step of a run at its start will take; `state` stays as it is.
  torch::Tensor FirstImages(const TrainingState& state) const;

  // Takes `state` one step further: batch, forward, backward, update, mean of the
  // parameters. Adds the step's loss, the one trained on, to `means` and returns the size of its
  // batch. A step that is logged is measured by `telemetry`; null: it is not.
  int64_t Advance(TrainingState& state, StepMeans& means, StepTelemetry* telemetry) const;

  // Whether the step that comes after `state` is logged: the last one of its epoch, and every
  // `log_every` steps.
  bool IsLogged(const TrainingState& state) const;

 private:
  torch::Tensor Loss(const torch::Tensor& logits, const torch::Tensor& labels) const;
  Batch NextBatch(TrainingState& state) const;

  const TrialSpec& spec_;
  const ImageShape shape_;
  const std::string& device_;
  const BatchMaker batches_;
  const int64_t steps_per_epoch_;
  const int64_t total_steps_;
};

}  // namespace adares
