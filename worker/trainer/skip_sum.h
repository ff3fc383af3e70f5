// The end of a residual block: relu(s * ipd + r * tfd), where tfd is what the block's convolutions
// make and ipd is the block's input or its projection.
#pragma once

#include <torch/torch.h>

namespace adares {

// Each holds one element without dimension, or one for each channel; undefined is the constant 1.
struct SumCoefficients {
  torch::Tensor s;  // of ipd
  torch::Tensor r;  // of tfd
};

// AdaResNet (arXiv 2408.09958), equation 2, is the case with r undefined. NCHW; differentiable in
// all that is defined. Where one of the terms is bf16, it computes in float32, weights and their
// gradients included, and rounds the sum to the type of `tfd`. Thread-safe.
torch::Tensor SkipSum(const torch::Tensor& tfd, const torch::Tensor& ipd,
                      const SumCoefficients& coefficients);

// relu(s * ipd): the end of a block without its residual branch. In the type of `ipd`; computes as
// SkipSum does.
torch::Tensor SkipAlone(const torch::Tensor& ipd, const torch::Tensor& s);

// The same as SkipSum by LibTorch's operations alone, on every device and in every type.
torch::Tensor SkipSumByOperations(const torch::Tensor& tfd, const torch::Tensor& ipd,
                                  const SumCoefficients& coefficients);

}  // namespace adares
