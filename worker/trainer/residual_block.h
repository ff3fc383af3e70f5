// A residual block, y = relu(s * ipd + r * tfd): two 3x3 convolutions, or a bottleneck of 1x1, 3x3
// and 1x1 (He et al. 2016, arXiv 1512.03385, figure 5). Names are torchvision's. Not thread-safe.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "worker/trainer/batch_norm.h"
#include "worker/trainer/convolution.h"
#include "worker/trainer/network_plan.h"
#include "worker/trainer/skip_sum.h"
#include "worker/trainer/skip_weights.h"
#include "worker/trainer/squares.h"

namespace adares {

// `norm` of `x`; `x` itself where the network has no norms.
torch::Tensor Normalised(BatchNorm& norm, const torch::Tensor& x);

class ResidualBlockImpl : public torch::nn::Module {
 public:
  // The terms of the sum: what the convolutions make, and the input or its projection.
  struct Paths {
    torch::Tensor tfd;
    torch::Tensor ipd;
  };

  // The tensors of `skip_weight` are registered by whoever shares it. `survival` is how probably
  // the residual branch takes part in a step of training.
  ResidualBlockImpl(const BlockShape& shape, const LayerStyle& style, SkipWeight skip_weight,
                    double survival = 1);

  // Where the branch is not kept, it is not computed: y = relu(s * ipd).
  torch::Tensor forward(const torch::Tensor& x, bool keeps_branch = true);

  // From here on forward() measures the terms of its sum into `squares`, where it keeps the branch;
  // null: it does not.
  void MeasureInto(PathSquares* squares) { squares_ = squares; }

  // forward() with the branch in two steps. In evaluation the sum has r times the survival.
  Paths PathsOf(const torch::Tensor& x);
  torch::Tensor Sum(const Paths& paths) const;

 private:
  torch::Tensor SkipPathOf(const torch::Tensor& x);

  std::vector<Convolution> convolutions_;
  std::vector<BatchNorm> norms_;               // null ones where the network has none
  torch::nn::Sequential downsample_{nullptr};  // null where the input passes as it is
  SkipWeight skip_weight_;
  const double survival_;
  PathSquares* squares_ = nullptr;
};
TORCH_MODULE(ResidualBlock);

}  // namespace adares
