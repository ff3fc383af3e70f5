// The end of a residual block: relu(tfd + w * ipd).
#pragma once

#include <torch/torch.h>

namespace adares {

// `weight` holds one element, or is undefined for the plain relu(tfd + ipd). Differentiable in all
// three. Thread-safe.
torch::Tensor SkipSum(const torch::Tensor& tfd, const torch::Tensor& ipd,
                      const torch::Tensor& weight);

}  // namespace adares
