// One step of the optimizer.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "worker/trainer/batches.h"
#include "worker/trainer/step_means.h"
#include "worker/trainer/step_telemetry.h"
#include "worker/trainer/training.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Not thread-safe. What `input` refers to must outlive it.
class TrainingStep {
 public:
  explicit TrainingStep(const TrainingInput& input);

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t total_steps() const { return total_steps_; }

  // The pictures that the first `steps` steps of a run at its start will take, for each step;
  // `state` stays as it is.
  std::vector<torch::Tensor> FirstImages(const TrainingState& state, int64_t steps) const;

  // Of the step that follows `step` others.
  double RateOf(int64_t step) const;

  struct Result {
    torch::Tensor loss;    // the one trained on
    torch::Tensor logits;  // float32
  };
  // Leaves the parameters of the network with the gradients of `batch`, and as they are. Draws the
  // branches that take part, and counts the gradients of skip weights. What a branch that is left
  // out would move has the gradient 0.
  Result ForwardAndBackward(TrainingState& state, const Batch& batch,
                            StepTelemetry* telemetry) const;

  // Takes `state` one step further: batch, forward, backward, update, mean of the
  // parameters. Adds the step's loss, the one trained on, to `means` and returns the size of its
  // batch. A step that is logged is measured by `telemetry`; null: it is not.
  int64_t Advance(TrainingState& state, StepMeans& means, StepTelemetry* telemetry) const;

  // Whether the step that comes after `state` is logged: the last one of its epoch, and every
  // `log_every` steps.
  bool IsLogged(const TrainingState& state) const;

 private:
  torch::Tensor Loss(const torch::Tensor& logits, const torch::Tensor& labels) const;
  // The batch at `epoch_step` of an epoch in this order.
  Batch MakeBatch(const std::vector<uint32_t>& order, int64_t epoch_step, Random& random) const;

  const TrialSpec& spec_;
  const ImageShape shape_;
  const std::string& device_;
  const BatchMaker batches_;
  const int64_t steps_per_epoch_;
  const int64_t total_steps_;
};

}  // namespace adares
