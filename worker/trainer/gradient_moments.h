// Exponential means of the gradients of skip weights and of their squares: what the ratio of signal
// to noise comes of. Not thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "worker/trainer/adaresnet.h"

namespace adares {

// What it remembers: one element for each of all raw parameters, in the order of SkipParameters.
struct GradientMomentsState {
  torch::Tensor mean;  // float64, on the network's device
  torch::Tensor square;
};

class GradientMoments {
 public:
  // `model` must stay where it is, on its device.
  explicit GradientMoments(const AdaResNet& model);

  // After each backward pass. A parameter without gradient has the gradient 0. Nothing waits for
  // the device.
  void Add();

  // The ratio of signal to noise of each raw parameter, in the order of SkipParameters, after so
  // many calls of Add. Waits for the device.
  std::vector<double> Snr(int64_t steps) const;

  // Shares its tensors, so that the next gradients change them.
  GradientMomentsState State() const { return state_; }

  // FAILED_PRECONDITION where it is of another network; the moments are then as they were.
  absl::Status Restore(const GradientMomentsState& state);

 private:
  std::vector<torch::Tensor> parameters_;
  GradientMomentsState state_;
};

}  // namespace adares
