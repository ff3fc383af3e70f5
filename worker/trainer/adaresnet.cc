// Stem, stages and initial values of the networks.
#include "worker/trainer/adaresnet.h"

#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "core/network_table.h"
#include "worker/trainer/max_pool.h"

namespace adares {
namespace {

using torch::Tensor;

void FillNormal(Tensor& values, double sd, Random& random) {
  float* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<float>(sd * random.Normal());
}

void FillUniform(Tensor& values, double limit, Random& random) {
  float* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    data[i] = static_cast<float>(limit * (2 * random.Uniform() - 1));
  }
}

// Glorot: limit sqrt(6 / (fan in + fan out)). `taps` is the size of a kernel, 1 for a dense layer.
void FillGlorot(Tensor& weight, int64_t taps, Random& random) {
  const int64_t fans = taps * (weight.size(0) + weight.size(1));
  FillUniform(weight, std::sqrt(6.0 / static_cast<double>(fans)), random);
}

Tensor Pooled(const Tensor& x, StemPool pool) {
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  switch (pool) {
    case StemPool::kSame: {
      const Margin rows = SamePadding(x.size(2), 3, 2);
      const Margin columns = SamePadding(x.size(3), 3, 2);
      return MaxPool(torch::constant_pad_nd(
                         x, {columns.before, columns.after, rows.before, rows.after}, kLowest),
                     0);
    }
    case StemPool::kZeros:
      return MaxPool(torch::constant_pad_nd(x, {1, 1, 1, 1}), 0);
    case StemPool::kLowest:
      return MaxPool(x, 1);
    case StemPool::kNone:
      break;
  }
  return x;
}

}  // namespace

AdaResNetImpl::AdaResNetImpl(const ModelSpec& spec, int64_t input_channels, int64_t classes,
                             int64_t seed)
    : plan_(PlanOf(spec)),
      branch_drop_(spec.branch_drop),
      block_count_(BlockCount(spec)),
      skip_weights_(spec.skip, block_count_, seed) {
  const ConvShape stem{input_channels, plan_.stem_channels, plan_.stem_kernel, plan_.stem_stride};
  conv1_ = register_module("conv1", Convolution(stem, plan_.style));
  if (plan_.style.has_norm) {
    bn1_ = register_module("bn1", BatchNorm(plan_.stem_channels, plan_.style));
  }
  for (size_t i = 0; i < plan_.stages.size(); ++i) {
    BuildStage("layer" + std::to_string(i + 1), plan_.stages[i]);
  }
  const int64_t features = plan_.stages.back().first.out_channels;
  fc_ = register_module("fc", torch::nn::Linear(features, classes));
  skip_weights_.RegisterIn(*this);
  Initialise(Random(static_cast<uint64_t>(seed), RandomStream::kWeights));
}

void AdaResNetImpl::BuildStage(const std::string& name, const StagePlan& stage) {
  torch::nn::Sequential members;
  for (int64_t i = 0; i < stage.blocks; ++i) {
    const BlockShape shape = stage.Shape(i);
    const SkipSite site{name + "." + std::to_string(i), name, shape.projection, shape.out_channels,
                        static_cast<int64_t>(blocks_.size())};
    sites_.push_back({site.name, skip_weights_.GroupOf(site), skip_weights_.At(site)});
    blocks_.emplace_back(shape, plan_.style, sites_.back().weight,
                         SurvivalOf(branch_drop_, site.place, block_count_));
    members->push_back(blocks_.back());
  }
  register_module(name, members);
}

void AdaResNetImpl::Initialise(Random random) {
  const torch::NoGradGuard no_grad;
  for (const std::shared_ptr<torch::nn::Module>& module : modules(/*include_self=*/false)) {
    auto* conv = module->as<ConvolutionImpl>();
    if (conv == nullptr) continue;  // biases are 0 from the start
    const int64_t taps = conv->weight.size(2) * conv->weight.size(3);
    if (plan_.glorot) {
      FillGlorot(conv->weight, taps, random);
    } else {
      const int64_t fan_out = taps * conv->weight.size(0);
      FillNormal(conv->weight, std::sqrt(2.0 / static_cast<double>(fan_out)), random);
    }
  }
  if (plan_.glorot) {
    FillGlorot(fc_->weight, 1, random);
    fc_->bias.zero_();
  } else {
    const double limit = 1 / std::sqrt(static_cast<double>(fc_->weight.size(1)));
    FillUniform(fc_->weight, limit, random);
    FillUniform(fc_->bias, limit, random);
  }
}

Tensor AdaResNetImpl::Stem(const Tensor& x) {
  return Pooled(torch::relu(Normalised(bn1_, conv1_->forward(x))), plan_.pool);
}

Tensor AdaResNetImpl::forward(const Tensor& x, const KeptBranches& kept) {
  Tensor y = Stem(x);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    y = blocks_[i]->forward(y, kept.empty() || kept[i] != 0);
  }
  return fc_->forward(y.mean({2, 3}));
}

void AdaResNetImpl::DropDeadTaps(int64_t height, int64_t width) {
  const torch::NoGradGuard no_grad;
  const bool training = is_training();
  eval();
  // Shows each convolution the size of its map.
  forward(torch::zeros({1, conv1_->weight.size(1), height, width}, conv1_->weight.options()));
  train(training);
  for (const std::shared_ptr<torch::nn::Module>& module : modules(/*include_self=*/false)) {
    if (auto* conv = module->as<ConvolutionImpl>()) conv->DropDeadTaps();
  }
}

int64_t AdaResNetImpl::ParameterCount() const {
  int64_t count = 0;
  for (const Tensor& parameter : parameters()) count += parameter.numel();
  for (const std::shared_ptr<torch::nn::Module>& module : modules(/*include_self=*/false)) {
    if (const auto* conv = module->as<ConvolutionImpl>()) count += conv->DroppedCount();
  }
  return count;
}

}  // namespace adares
