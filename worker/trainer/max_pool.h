// The max-pool of the stems: 3x3 with stride 2.
#pragma once

#include <torch/torch.h>

namespace adares {

// NCHW; `padding` of the lowest value on all sides. LibTorch's operation, whose backward pass on
// CUDA adds in any order; where deterministic algorithms are asked for, MaxPoolInOrder.
// Thread-safe.
torch::Tensor MaxPool(const torch::Tensor& x, int64_t padding);

// The same values without padding, and gradients that are added in a fixed order.
torch::Tensor MaxPoolInOrder(const torch::Tensor& x);

}  // namespace adares
