// A small network whose gradients are drawn instead of computed, so that two optimizers get the
// same ones however their parameters drift apart.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "worker/trainer/adaresnet.h"

namespace adares {

inline AdaResNet SmallNetwork(const ModelSpec& spec) {
  AdaResNet model(spec, 3, 10, 4);
  for (torch::Tensor& parameter : model->parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.detach().contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
  return model;
}

// Normal gradients for step `step`, in each parameter's own layout.
inline void DrawGradients(std::vector<torch::Tensor> parameters, int step, double scale) {
  torch::manual_seed(100 + static_cast<uint64_t>(step));
  for (torch::Tensor& parameter : parameters) {
    parameter.mutable_grad() =
        torch::empty_like(parameter.detach()).copy_(torch::randn(parameter.sizes()) * scale);
  }
}

inline std::vector<torch::Tensor> Copies(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> copies;
  for (const torch::Tensor& tensor : tensors) copies.push_back(tensor.detach().clone());
  return copies;
}

// Over all elements.
inline double LargestDifference(const std::vector<torch::Tensor>& a,
                                const std::vector<torch::Tensor>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const torch::Tensor difference = a[i].detach().to(torch::kFloat64) - b[i].to(torch::kFloat64);
    largest = std::max(largest, difference.abs().max().item<double>());
  }
  return largest;
}

}  // namespace adares
