// The networks: basic-block ResNets (He et al. 2016, arXiv 1512.03385, equations 1 and 2) whose
// residual sums are weighted, y = relu(s * ipd + r * tfd), where tfd is what the block's
// convolutions make and ipd is the block's input or, where the shape changes, its projection.
// AdaResNet (arXiv 2408.09958, equation 2) has r = 1 and learns s. Parameters have torchvision's
// names. Not thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/trial_spec.h"
#include "worker/trainer/random.h"
#include "worker/trainer/skip_weights.h"

namespace adares {

// What the two families do differently, apart from their shapes.
struct LayerStyle {
  bool conv_bias = false;
  double norm_eps = 1e-5;
  double norm_momentum = 0.1;  // share of the new batch, as LibTorch counts
  // Pads so that ceil(n / stride) rows come out, the odd row after (Keras' `same`); otherwise a 3x3
  // convolution pads one row on each side.
  bool same_padding = false;
};

struct BlockShape {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t stride = 1;
  bool projection = false;  // 1x1 convolution and batch norm on the skip path
};

class BasicBlockImpl : public torch::nn::Module {
 public:
  // The tensors of `skip_weight` are registered by whoever shares it.
  BasicBlockImpl(const BlockShape& shape, const LayerStyle& style, SkipWeight skip_weight);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  LayerStyle style_;
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
  torch::nn::Sequential downsample_{nullptr};  // null where the input passes as it is
  SkipWeight skip_weight_;
};
TORCH_MODULE(BasicBlock);

class AdaResNetImpl : public torch::nn::Module {
 public:
  // A block whose sum is weighted.
  struct Site {
    std::string name;   // "layer1.0"
    std::string group;  // the weight it shares: "all", "layer1", "identity", "layer1.0"
    SkipWeight weight;
  };

  // Initial values come from `seed` alone. `input_channels` is 1 or 3.
  AdaResNetImpl(const ModelSpec& spec, int64_t input_channels, int64_t seed);

  // NCHW pictures to one row of ten logits each.
  torch::Tensor forward(torch::Tensor x);

  // In the order of the network.
  const std::vector<Site>& sites() const { return sites_; }

  // The part of parameters() that skip weights are; empty where they are frozen.
  std::vector<torch::Tensor> SkipParameters() const { return skip_weights_.Parameters(); }

  // Trainable parameters, skip weights included.
  int64_t ParameterCount() const;

 private:
  void BuildStem(int64_t input_channels, int64_t width);
  void BuildStage(int64_t index, int64_t blocks, BlockShape first);
  void Initialise(Random random);

  ModelSpec spec_;
  LayerStyle style_;
  SkipWeights skip_weights_;
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  std::vector<std::vector<BasicBlock>> stages_;
  torch::nn::Linear fc_{nullptr};
  std::vector<Site> sites_;
};
TORCH_MODULE(AdaResNet);

}  // namespace adares
