// The optimizer of a trial: which parameters move, how far, and when skip weights begin to. Not
// thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/trial_spec.h"
#include "worker/trainer/adaresnet.h"

namespace adares {

class TrialOptimizer {
 public:
  // `model` must stay where it is, on its device.
  TrialOptimizer(const TrialSpec& spec, const AdaResNet& model);

  // To be called before the steps of the epoch that follows `epochs_done` others. Skip weights
  // move from the epoch on that `skip.frozen_epochs` leaves them.
  void StartEpoch(int64_t epochs_done);

  void ClearGradients();

  // One step by the gradients that the parameters hold, which stay those of the loss: the penalty
  // on skip weights counts for the step alone. Clamped skip weights are moved into their range.
  void Step(double learning_rate);

 private:
  bool SkipWeightsMove() const { return optimizer_->param_groups().size() > kSkipGroup; }

  static constexpr size_t kSkipGroup = 2;

  const SkipSpec skip_;
  std::vector<torch::Tensor> parameters_;  // all of the model
  std::vector<torch::Tensor> skip_parameters_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

}  // namespace adares
