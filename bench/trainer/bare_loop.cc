// The yardstick of the trainer's speed: a ResNet on one fixed random batch in the shortest loop
// that LibTorch allows - forward, backward, SGD step - with no data, no metrics, no protocol. The
// network is written here again from torch::nn alone, so that it does not share what it is to
// measure.
//
//   adares-bench-bare-loop THREADS DEPTH BATCH STEPS     prints images per second
#include <malloc.h>
#include <torch/torch.h>

#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

namespace nn = torch::nn;

constexpr int kWarmUpSteps = 10;

nn::Conv2d Conv(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  return nn::Conv2d(
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

struct BlockImpl : nn::Module {
  BlockImpl(int64_t in, int64_t out, int64_t stride)
      : path(register_module(
            "path", nn::Sequential(Conv(in, out, 3, stride), nn::BatchNorm2d(out), nn::ReLU(),
                                   Conv(out, out, 3, 1), nn::BatchNorm2d(out)))) {
    if (in != out) {
      shortcut = register_module("shortcut",
                                 nn::Sequential(Conv(in, out, 1, stride), nn::BatchNorm2d(out)));
    }
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return torch::relu(path->forward(x) + (shortcut.is_empty() ? x : shortcut->forward(x)));
  }
  nn::Sequential path;
  nn::Sequential shortcut{nullptr};
};
TORCH_MODULE(Block);

struct ResNetImpl : nn::Module {
  // `depth` is 6 n + 2, for n blocks in each of three stages.
  explicit ResNetImpl(int64_t depth)
      : body(register_module("body",
                             nn::Sequential(Conv(3, 16, 3, 1), nn::BatchNorm2d(16), nn::ReLU()))),
        head(register_module("head", nn::Linear(64, 10))) {
    int64_t in = 16;
    for (const int64_t width : {16, 32, 64}) {
      for (int64_t i = 0; i < (depth - 2) / 6; ++i) {
        body->push_back(Block(in, width, in == width ? 1 : 2));
        in = width;
      }
    }
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return head->forward(body->forward(x).mean({2, 3}));
  }
  nn::Sequential body;
  nn::Linear head;
};
TORCH_MODULE(ResNet);

double ImagesPerSecond(int64_t depth, int64_t batch, int steps) {
  torch::manual_seed(0);
  ResNet model(depth);
  std::vector<torch::Tensor> parameters = model->parameters();
  for (torch::Tensor& parameter : parameters) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.detach().contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
  torch::optim::SGD optimizer(parameters,
                              torch::optim::SGDOptions(0.01).momentum(0.9).weight_decay(1e-4));
  const torch::Tensor images =
      torch::randn({batch, 3, 32, 32}).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor labels = torch::randint(10, {batch}, torch::kInt64);
  auto start = std::chrono::steady_clock::now();
  for (int step = -kWarmUpSteps; step < steps; ++step) {
    if (step == 0) start = std::chrono::steady_clock::now();
    // zero_grad() would write zeros, to which the backward pass adds.
    for (torch::Tensor& parameter : parameters) parameter.mutable_grad().reset();
    nn::functional::cross_entropy(model->forward(images), labels).backward();
    optimizer.step();
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(batch) * steps / elapsed.count();
}

}  // namespace

int main(int argc, char** argv) {
  // As adares-trainer does; without it LibTorch gives its buffers back to the kernel at every step.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
  if (argc != 5) {
    std::fprintf(stderr, "usage: adares-bench-bare-loop THREADS DEPTH BATCH STEPS\n");
    return 2;
  }
  at::set_num_threads(std::atoi(argv[1]));
  std::printf("%.1f\n",
              ImagesPerSecond(std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4])));
  return 0;
}
