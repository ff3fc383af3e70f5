// The networks of the bare loop, written here again from torch::nn alone, so that they do not share
// what they are to measure.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>

namespace adares::bench {

// Counts what its forward pass multiplies, padding included.
struct CountingConvImpl : torch::nn::Conv2dImpl {
  using Conv2dImpl::Conv2dImpl;
  torch::Tensor forward(const torch::Tensor& x);
  int64_t multiplications = 0;  // of one picture, of the last pass
};
TORCH_MODULE(CountingConv);

// y = relu(path(x) + w * shortcut(x)), where w is 1 or a parameter.
struct BlockImpl : torch::nn::Module {
  torch::Tensor forward(const torch::Tensor& x);
  torch::nn::Sequential path;
  torch::nn::Sequential shortcut{nullptr};
  torch::Tensor weight;  // undefined: 1
};
TORCH_MODULE(Block);

struct NetworkImpl : torch::nn::Module {
  torch::Tensor forward(const torch::Tensor& x);  // N x 3 x 32 x 32 to N x 10
  int64_t Multiplications() const;                // of one picture, of the last pass
  torch::nn::Sequential body;
  torch::nn::Linear head{nullptr};
};
TORCH_MODULE(Network);

// "cifar-20": He et al. 2016, section 4.2, with projections; "paper-18": the network published with
// AdaResNet, with a weight a block that starts at 0. Null for another name.
Network NetworkOf(const std::string& name);

}  // namespace adares::bench
