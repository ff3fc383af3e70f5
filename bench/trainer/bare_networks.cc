// Two networks from torch::nn.
#include "bench/trainer/bare_networks.h"

#include <algorithm>
#include <cstdlib>

namespace adares::bench {
namespace {

namespace nn = torch::nn;

// What makes the convolutions of a family.
struct Style {
  bool keras = false;  // biases, `same` padding, Keras' batch norm, weighted shortcuts
};

nn::BatchNorm2d Norm(int64_t channels, const Style& style) {
  if (!style.keras) return nn::BatchNorm2d(channels);
  return nn::BatchNorm2d(nn::BatchNorm2dOptions(channels).eps(1e-3).momentum(0.01));
}

// `side` of the map that comes in, for `same` padding.
void AddConv(nn::Sequential& to, int64_t in, int64_t out, int64_t kernel, int64_t stride,
             int64_t side, const Style& style) {
  nn::Conv2dOptions options(in, out, kernel);
  options.stride(stride).bias(style.keras);
  if (style.keras) {
    const int64_t outputs = (side + stride - 1) / stride;
    const int64_t all = std::max<int64_t>(0, (outputs - 1) * stride + kernel - side);
    if (all % 2 == 0) {
      options.padding(all / 2);
    } else {
      to->push_back(nn::ConstantPad2d(
          nn::ConstantPad2dOptions({all / 2, all - all / 2, all / 2, all - all / 2}, 0)));
    }
  } else {
    options.padding(kernel / 2);
  }
  to->push_back(CountingConv(options));
  to->push_back(Norm(out, style));
}

Block BlockOf(int64_t in, int64_t out, int64_t stride, int64_t side, const Style& style) {
  Block block;
  AddConv(block->path, in, out, 3, stride, side, style);
  block->path->push_back(nn::ReLU());
  AddConv(block->path, out, out, 3, 1, (side + stride - 1) / stride, style);
  block->register_module("path", block->path);
  if (in != out || stride != 1) {
    block->shortcut = nn::Sequential();
    AddConv(block->shortcut, in, out, 1, stride, side, style);
    block->register_module("shortcut", block->shortcut);
  }
  if (style.keras) block->weight = block->register_parameter("weight", torch::zeros({}));
  return block;
}

Network Finished(Network network, int64_t features) {
  network->register_module("body", network->body);
  network->head = network->register_module("head", nn::Linear(features, 10));
  return network;
}

// `depth` is 6 n + 2, for n blocks in each of three stages.
Network CifarNetwork(int64_t depth) {
  Network network;
  AddConv(network->body, 3, 16, 3, 1, 32, {});
  network->body->push_back(nn::ReLU());
  int64_t in = 16;
  int64_t side = 32;
  for (const int64_t width : {16, 32, 64}) {
    for (int64_t i = 0; i < (depth - 2) / 6; ++i) {
      const int64_t stride = in == width ? 1 : 2;
      network->body->push_back(BlockOf(in, width, stride, side, {}));
      in = width;
      side /= stride;
    }
  }
  return Finished(network, 64);
}

Network PaperNetwork() {
  const Style keras{true};
  Network network;
  AddConv(network->body, 3, 64, 7, 2, 32, keras);
  network->body->push_back(nn::ReLU());
  // Zero is as good as the lowest number after ReLU.
  network->body->push_back(nn::ConstantPad2d(nn::ConstantPad2dOptions({0, 1, 0, 1}, 0)));
  network->body->push_back(nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(2)));
  int64_t in = 64;
  int64_t side = 8;
  for (const int64_t width : {64, 128, 256, 512}) {
    network->body->push_back(BlockOf(in, width, 2, side, keras));
    side = (side + 1) / 2;
    network->body->push_back(BlockOf(width, width, 1, side, keras));
    in = width;
  }
  return Finished(network, 512);
}

}  // namespace

torch::Tensor CountingConvImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = Conv2dImpl::forward(x);
  multiplications = y.numel() / y.size(0) * weight.numel() / weight.size(0);
  return y;
}

torch::Tensor BlockImpl::forward(const torch::Tensor& x) {
  const torch::Tensor ipd = shortcut.is_empty() ? x : shortcut->forward(x);
  return torch::relu(path->forward(x) + (weight.defined() ? weight * ipd : ipd));
}

torch::Tensor NetworkImpl::forward(const torch::Tensor& x) {
  return head->forward(body->forward(x).mean({2, 3}));
}

int64_t NetworkImpl::Multiplications() const {
  int64_t sum = head->weight.numel();
  for (const auto& module : modules(/*include_self=*/false)) {
    if (const auto* conv = module->as<CountingConvImpl>()) sum += conv->multiplications;
  }
  return sum;
}

Network NetworkOf(const std::string& name) {
  if (name == "paper-18") return PaperNetwork();
  const int depth = name.rfind("cifar-", 0) == 0 ? std::atoi(name.c_str() + 6) : 0;
  if (depth < 8 || depth % 6 != 2) return nullptr;
  return CifarNetwork(depth);
}

}  // namespace adares::bench
