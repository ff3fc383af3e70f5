// Lengths of gradients and of updates, stage by stage, in one step of the optimizer. Not
// thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/measurement.h"
#include "worker/trainer/adaresnet.h"

namespace adares {

// Counts what the network learns beside its skip weights. Dead taps are left out, and so are biases
// of convolutions that batch norm follows: the loss does not depend on them, and Adam walks with
// their rounding errors.
class StageNorms {
 public:
  // `model` must stay where it is, on its device.
  explicit StageNorms(const AdaResNet& model);

  // Between a backward pass and the optimizer's step. Keeps a copy of the parameters until After.
  void Before();
  // After the step.
  void After();

  // Of the step between the last two calls: gradient_norm/layer1 and so on for each stage,
  // gradient_norm/all, gradient_norm/first_to_last of the first stage by the last, update_ratio/...
  // of each stage and of all. Waits for the device.
  std::vector<MetricPoint> Points(int64_t step, int64_t epoch) const;

 private:
  struct Part {
    torch::Tensor parameter;
    Convolution convolution{nullptr};  // whose kernel it is, or null
    size_t stage = 0;                  // in stages_; its size for what is before and after them
  };
  torch::Tensor Live(const Part& part) const;

  std::vector<std::string> stages_;  // "layer1", ...
  std::vector<Part> parts_;
  std::vector<torch::Tensor> before_;     // parameters
  std::vector<torch::Tensor> gradients_;  // sums of squares, one for each part
  std::vector<torch::Tensor> updates_;
  std::vector<torch::Tensor> sizes_;
};

}  // namespace adares
