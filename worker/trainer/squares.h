// Sums of squares of whole tensors, for norms that are reported. On the CPU one pass over floats in
// memory, whose result does not depend on the thread count; elsewhere LibTorch's operations,
// without waiting for the device. Thread-safe.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "worker/trainer/skip_sum.h"

namespace adares {

// Of each tensor the sum of its squares: float64 without dimension, on its device. Reduced types
// are summed as float32.
std::vector<torch::Tensor> SquaresOf(const std::vector<torch::Tensor>& tensors);
torch::Tensor SquaresOf(const torch::Tensor& tensor);

// Of the differences of two tensors of one shape.
torch::Tensor SquaresOfDifference(const torch::Tensor& a, const torch::Tensor& b);

// The terms of a block's sum z = s * ipd + r * tfd in one forward pass.
struct PathSquares {
  torch::Tensor skip;      // |s * ipd|^2; undefined where nothing was measured
  torch::Tensor residual;  // |r * tfd|^2
};
PathSquares SquaresOfPaths(const torch::Tensor& tfd, const torch::Tensor& ipd,
                           const SumCoefficients& coefficients);

// The values of tensors without dimension, by one transfer.
std::vector<double> Values(const std::vector<torch::Tensor>& tensors);

}  // namespace adares
