// The networks: ResNets (He et al. 2016, arXiv 1512.03385, equations 1 and 2) whose residual sums
// are weighted, y = relu(s * ipd + r * tfd), where tfd is what the block's convolutions make and
// ipd is the block's input or, where the shape changes, its projection. AdaResNet (arXiv
// 2408.09958, equation 2) has r = 1 and learns s. Parameters have torchvision's names. Not
// thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/trial_spec.h"
#include "worker/trainer/branch_drop.h"
#include "worker/trainer/network_plan.h"
#include "worker/trainer/random.h"
#include "worker/trainer/residual_block.h"
#include "worker/trainer/skip_weights.h"

namespace adares {

class AdaResNetImpl : public torch::nn::Module {
 public:
  // A block whose sum is weighted.
  struct Site {
    std::string name;   // "layer1.0"
    std::string group;  // the weight it shares: "all", "layer1", "identity", "layer1.0"
    SkipWeight weight;
  };

  // Initial values come from `seed` alone. `input_channels` is 1 or 3.
  AdaResNetImpl(const ModelSpec& spec, int64_t input_channels, int64_t classes, int64_t seed);

  // NCHW pictures to one row of logits each, one for each class. `kept` is for training.
  torch::Tensor forward(const torch::Tensor& x, const KeptBranches& kept = {});

  // forward() up to the first block.
  torch::Tensor Stem(const torch::Tensor& x);

  // In the order of the network.
  std::vector<ResidualBlock>& blocks() { return blocks_; }

  // Those of blocks(), in the same order.
  const std::vector<Site>& sites() const { return sites_; }

  // The part of parameters() that skip weights are; empty where they are frozen.
  std::vector<torch::Tensor> SkipParameters() const { return skip_weights_.Parameters(); }

  // For pictures of this size and no other: takes taps that only ever see padding out of
  // parameters() and out of all arithmetic. Files of the network keep them. To be called once the
  // network is on its device, and only where nothing decays.
  void DropDeadTaps(int64_t height, int64_t width);

  // Trainable parameters, skip weights and dropped taps included.
  int64_t ParameterCount() const;

 private:
  void BuildStage(const std::string& name, const StagePlan& stage);
  void Initialise(Random random);

  const NetworkPlan plan_;
  const double branch_drop_;
  const int64_t block_count_;
  SkipWeights skip_weights_;
  Convolution conv1_{nullptr};
  BatchNorm bn1_{nullptr};
  std::vector<ResidualBlock> blocks_;
  torch::nn::Linear fc_{nullptr};
  std::vector<Site> sites_;
};
TORCH_MODULE(AdaResNet);

}  // namespace adares
