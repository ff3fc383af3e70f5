// A convolution that can compute with the live part of its kernel alone. On maps so small that some
// taps of a padded kernel only ever see padding, these have a gradient of exactly 0 and, without
// weight decay, never move: of the 3x3 on one pixel only the centre counts. What is left out costs
// neither arithmetic nor a step of the optimizer. Not thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>

#include "worker/trainer/network_plan.h"
#include "worker/trainer/tap_window.h"

namespace adares {

struct ConvShape {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
};

class ConvolutionImpl : public torch::nn::Module {
 public:
  // Values are for the caller to fill. Of `style`, biases and padding count.
  ConvolutionImpl(const ConvShape& shape, const LayerStyle& style);

  // NCHW. Once dead taps are dropped, maps must have the size that they were dropped for.
  torch::Tensor forward(const torch::Tensor& x);

  // From here on `weight` is what is live of the kernel for maps of the size last seen; the rest is
  // kept aside. For after the network has moved to its device; gradients of `weight` are dropped.
  void DropDeadTaps();

  // OUT x IN x K x K with all taps: `weight` itself, or a copy where dead ones are dropped.
  torch::Tensor FullKernel() const;
  void SetFullKernel(const torch::Tensor& kernel);

  // The part of a tensor of the shape of `weight` that maps of the size last seen can meet: all of
  // it once dead taps are dropped, and before the first map. Shares its memory.
  torch::Tensor LivePart(const torch::Tensor& kernel) const;

  // Weights that DropDeadTaps took out of `weight`.
  int64_t DroppedCount() const;

  torch::Tensor weight;  // OUT x IN x rows x columns
  torch::Tensor bias;    // undefined where there is none

 private:
  ConvolutionSide Side(int64_t size) const;
  TapWindow Window(int64_t size, const TapWindow& live) const;
  torch::Tensor Live(const torch::Tensor& kernel) const;
  bool LeavesGradientUnwritten(const torch::Tensor& x) const;
  // One position: the product of the pictures' first rows and columns with a kernel of that size.
  torch::Tensor Product(const torch::Tensor& x, const torch::Tensor& kernel, int64_t rows,
                        int64_t columns) const;

  const ConvShape shape_;
  const bool same_padding_;
  int64_t rows_ = 0;  // of the map last seen
  int64_t columns_ = 0;
  torch::Tensor full_;  // holds the dead taps once they are dropped; its live ones are out of date
  TapWindow live_rows_;
  TapWindow live_columns_;
};
TORCH_MODULE(Convolution);

}  // namespace adares
