// The yardstick of the trainer's speed: a network on one fixed random batch in the shortest loop
// that LibTorch allows - forward, backward, optimizer step - with no data, no metrics, no protocol.
//
//   adares-bench-bare-loop THREADS NETWORK BATCH fp32|bf16 STEPS
//
// prints images per second, and multiplications of one picture's forward pass.
#include <ATen/autocast_mode.h>
#include <malloc.h>
#include <torch/torch.h>

#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/trainer/bare_networks.h"
#include "worker/trainer/libtorch_versions.h"

namespace {

using adares::bench::Network;

constexpr int kWarmUpSteps = 10;

struct Run {
  std::string network;
  int64_t batch = 0;
  bool bf16 = false;
  int steps = 0;
};

torch::Tensor Logits(Network& model, const torch::Tensor& images, bool bf16) {
  if (!bf16) return model->forward(images);
  adares::libtorch::SetAutocast(/*cpu=*/true, true);
  torch::Tensor logits = model->forward(images).to(torch::kFloat32);
  adares::libtorch::SetAutocast(/*cpu=*/true, false);
  at::autocast::clear_cache();
  return logits;
}

// What the trial of the comparison trains with.
std::unique_ptr<torch::optim::Optimizer> OptimizerOf(const std::string& network,
                                                     const std::vector<torch::Tensor>& parameters) {
  if (network == "paper-18") {
    return std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
  }
  return std::make_unique<torch::optim::SGD>(
      parameters, torch::optim::SGDOptions(0.01).momentum(0.9).weight_decay(1e-4));
}

double ImagesPerSecond(const Run& run, Network& model) {
  std::vector<torch::Tensor> parameters = model->parameters();
  for (torch::Tensor& parameter : parameters) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.detach().contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
  const auto optimizer = OptimizerOf(run.network, parameters);
  const torch::Tensor images =
      torch::randn({run.batch, 3, 32, 32}).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor labels = torch::randint(10, {run.batch}, torch::kInt64);
  auto start = std::chrono::steady_clock::now();
  for (int step = -kWarmUpSteps; step < run.steps; ++step) {
    if (step == 0) start = std::chrono::steady_clock::now();
    // zero_grad() would write zeros, to which the backward pass adds.
    for (torch::Tensor& parameter : parameters) parameter.mutable_grad().reset();
    torch::nn::functional::cross_entropy(Logits(model, images, run.bf16), labels).backward();
    optimizer->step();
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(run.batch) * run.steps / elapsed.count();
}

int Usage() {
  std::fprintf(
      stderr, "usage: adares-bench-bare-loop THREADS cifar-DEPTH|paper-18 BATCH fp32|bf16 STEPS\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  // As adares-trainer does; without it LibTorch gives its buffers back to the kernel at every step.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
  if (argc != 6) return Usage();
  const Run run{argv[2], std::atoi(argv[3]), std::string(argv[4]) == "bf16", std::atoi(argv[5])};
  torch::manual_seed(0);
  Network model = adares::bench::NetworkOf(run.network);
  if (model.is_empty() || run.batch < 1 || run.steps < 1) return Usage();
  at::set_num_threads(std::atoi(argv[1]));
  const double speed = ImagesPerSecond(run, model);
  std::printf("%.1f %lld\n", speed, static_cast<long long>(model->Multiplications()));
  return 0;
}
