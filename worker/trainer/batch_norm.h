// Batch norm (Ioffe and Szegedy 2015, arXiv 1502.03167) with the running variance of either
// framework. Not thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>

#include "worker/trainer/network_plan.h"

namespace adares {

// Parameters and buffers have the names of LibTorch's. Its own module is not derived from: it does
// not export all that a derived one needs.
class BatchNormImpl : public torch::nn::Module {
 public:
  // Of `style`, what is of norms counts, but for `last_norm`. Scales start at 1, shifts at 0.
  BatchNormImpl(int64_t channels, const LayerStyle& style, bool affine = true);

  // NCHW. In training mode more than one value a channel is needed.
  torch::Tensor forward(const torch::Tensor& x);

  double eps() const { return eps_; }
  double momentum() const { return momentum_; }

  torch::Tensor weight;  // scales and shifts of the channels; undefined without affine map
  torch::Tensor bias;
  torch::Tensor running_mean;
  torch::Tensor running_var;
  torch::Tensor num_batches_tracked;

 private:
  torch::Tensor Normalise(const torch::Tensor& x);

  const double eps_;
  const double momentum_;
  const bool biased_variance_;
};
TORCH_MODULE(BatchNorm);

}  // namespace adares
