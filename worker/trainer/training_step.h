// One step of the optimizer.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>

#include "worker/trainer/batches.h"
#include "worker/trainer/step_means.h"
#include "worker/trainer/training.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Not thread-safe. What `input` refers to must outlive it.
class TrainingStep {
 public:
  explicit TrainingStep(const TrainingInput& input);

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t total_steps() const { return total_steps_; }

  // The pictures that the first step of a run at its start will take; `state` stays as it is.
  torch::Tensor FirstImages(const TrainingState& state) const;

  // Of the step that follows `step` others.
  double RateOf(int64_t step) const;

  struct Result {
    torch::Tensor loss;    // the one trained on
    torch::Tensor logits;  // float32
  };
  // Leaves the parameters of the network with the gradients of `batch`, and as they are.
  Result ForwardAndBackward(TrainingState& state, const Batch& batch) const;

  // Takes `state` one step further: batch, forward, backward, update, mean of the
  // parameters. Adds the step's loss, the one trained on, to `means` and returns the size of its
  // batch.
  int64_t Advance(TrainingState& state, StepMeans& means) const;

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
