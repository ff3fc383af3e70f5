// Building blocks, stages and initial values of the networks.
#include "worker/trainer/adaresnet.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "worker/trainer/image_set.h"
#include "worker/trainer/skip_sum.h"

namespace adares {
namespace {

constexpr LayerStyle kCifarStyle{};
// Keras counts momentum as the share of the old value: 0.99 there is 0.01 here.
constexpr LayerStyle kPaperStyle{true, 1e-3, 0.01, true};
constexpr int64_t kPaperBlocks = 2;  // in each of its four stages

struct Margin {
  int64_t before = 0;
  int64_t after = 0;
};

// Padding with which `size` rows give ceil(size / stride), the odd row behind.
Margin SamePadding(int64_t size, int64_t kernel, int64_t stride) {
  const int64_t out = (size + stride - 1) / stride;
  const int64_t total = std::max<int64_t>((out - 1) * stride + kernel - size, 0);
  return {total / 2, total - total / 2};
}

torch::Tensor PadSame(const torch::Tensor& x, int64_t kernel, int64_t stride, double value) {
  const Margin rows = SamePadding(x.size(2), kernel, stride);
  const Margin columns = SamePadding(x.size(3), kernel, stride);
  return torch::constant_pad_nd(x, {columns.before, columns.after, rows.before, rows.after}, value);
}

torch::Tensor Convolve(torch::nn::Conv2d& conv, const torch::Tensor& x, const LayerStyle& style) {
  if (!style.same_padding) return conv->forward(x);
  const int64_t kernel = conv->weight.size(2);
  const int64_t stride = conv->options.stride()->at(0);
  const Margin rows = SamePadding(x.size(2), kernel, stride);
  const bool even = rows.before == rows.after && x.size(2) == x.size(3);
  // Even margins need no padded copy of the input.
  return torch::conv2d(even ? x : PadSame(x, kernel, stride, 0), conv->weight, conv->bias, stride,
                       even ? rows.before : 0);
}

struct ConvShape {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
};

torch::nn::Conv2d MakeConv(const ConvShape& shape, const LayerStyle& style) {
  const int64_t padding = style.same_padding ? 0 : shape.kernel / 2;
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(shape.in_channels, shape.out_channels, shape.kernel)
          .stride(shape.stride)
          .padding(padding)
          .bias(style.conv_bias));
}

torch::nn::BatchNorm2d MakeNorm(int64_t channels, const LayerStyle& style) {
  return torch::nn::BatchNorm2d(
      torch::nn::BatchNorm2dOptions(channels).eps(style.norm_eps).momentum(style.norm_momentum));
}

void FillNormal(torch::Tensor& values, double sd, Random& random) {
  float* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<float>(sd * random.Normal());
}

void FillUniform(torch::Tensor& values, double limit, Random& random) {
  float* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    data[i] = static_cast<float>(limit * (2 * random.Uniform() - 1));
  }
}

// Glorot: limit sqrt(6 / (fan in + fan out)). `taps` is the size of a kernel, 1 for a dense layer.
void FillGlorot(torch::Tensor& weight, int64_t taps, Random& random) {
  const int64_t fans = taps * (weight.size(0) + weight.size(1));
  FillUniform(weight, std::sqrt(6.0 / static_cast<double>(fans)), random);
}

}  // namespace

BasicBlockImpl::BasicBlockImpl(const BlockShape& shape, const LayerStyle& style,
                               SkipWeight skip_weight)
    : style_(style), skip_weight_(std::move(skip_weight)) {
  const int64_t width = shape.out_channels;
  conv1_ = register_module("conv1", MakeConv({shape.in_channels, width, 3, shape.stride}, style));
  bn1_ = register_module("bn1", MakeNorm(width, style));
  conv2_ = register_module("conv2", MakeConv({width, width, 3, 1}, style));
  bn2_ = register_module("bn2", MakeNorm(width, style));
  if (shape.projection) {
    downsample_ = register_module(
        "downsample",
        torch::nn::Sequential(MakeConv({shape.in_channels, width, 1, shape.stride}, style),
                              MakeNorm(width, style)));
  }
}

torch::Tensor BasicBlockImpl::forward(const torch::Tensor& x) {
  torch::Tensor tfd = torch::relu(bn1_->forward(Convolve(conv1_, x, style_)));
  tfd = bn2_->forward(Convolve(conv2_, tfd, style_));
  // A 1x1 kernel needs no padding in either style.
  const torch::Tensor ipd = downsample_.is_empty() ? x : downsample_->forward(x);
  return SkipSum(tfd, ipd, skip_weight_.Coefficients());
}

AdaResNetImpl::AdaResNetImpl(const ModelSpec& spec, int64_t input_channels, int64_t seed)
    : spec_(spec),
      style_(spec.family == Family::kPaper ? kPaperStyle : kCifarStyle),
      skip_weights_(spec.skip, seed) {
  const bool paper = spec.family == Family::kPaper;
  const int64_t first_width = paper ? 64 : 16;
  const int64_t stages = paper ? 4 : 3;
  const int64_t blocks = paper ? kPaperBlocks : (spec.depth - 2) / 6;
  BuildStem(input_channels, first_width);
  int64_t width = first_width;
  for (int64_t stage = 1; stage <= stages; ++stage) {
    const int64_t out = first_width << (stage - 1);
    // The paper's network halves the picture in its first stage too.
    const bool shrinks = paper || stage > 1;
    BuildStage(stage, blocks, {width, out, shrinks ? 2 : 1, shrinks});
    width = out;
  }
  fc_ = register_module("fc", torch::nn::Linear(width, kClasses));
  skip_weights_.RegisterIn(*this);
  Initialise(Random(static_cast<uint64_t>(seed), RandomStream::kWeights));
}

void AdaResNetImpl::BuildStem(int64_t input_channels, int64_t width) {
  const bool paper = spec_.family == Family::kPaper;
  const ConvShape shape{input_channels, width, paper ? 7 : 3, paper ? 2 : 1};
  conv1_ = register_module("conv1", MakeConv(shape, style_));
  bn1_ = register_module("bn1", MakeNorm(width, style_));
}

void AdaResNetImpl::BuildStage(int64_t index, int64_t blocks, BlockShape first) {
  const std::string stage = "layer" + std::to_string(index);
  torch::nn::Sequential members;
  std::vector<BasicBlock> stage_blocks;
  for (int64_t i = 0; i < blocks; ++i) {
    const BlockShape shape =
        i == 0 ? first : BlockShape{first.out_channels, first.out_channels, 1, false};
    const SkipSite site{stage + "." + std::to_string(i), stage, shape.projection,
                        shape.out_channels};
    sites_.push_back({site.name, skip_weights_.GroupOf(site), skip_weights_.At(site)});
    stage_blocks.emplace_back(shape, style_, sites_.back().weight);
    members->push_back(stage_blocks.back());
  }
  register_module(stage, members);
  stages_.push_back(std::move(stage_blocks));
}

void AdaResNetImpl::Initialise(Random random) {
  const torch::NoGradGuard no_grad;
  const bool paper = spec_.family == Family::kPaper;
  for (const std::shared_ptr<torch::nn::Module>& module : modules(/*include_self=*/false)) {
    auto* conv = module->as<torch::nn::Conv2dImpl>();
    if (conv == nullptr) continue;
    const int64_t taps = conv->weight.size(2) * conv->weight.size(3);
    if (paper) {
      FillGlorot(conv->weight, taps, random);
      conv->bias.zero_();
    } else {
      const int64_t fan_out = taps * conv->weight.size(0);
      FillNormal(conv->weight, std::sqrt(2.0 / static_cast<double>(fan_out)), random);
    }
  }
  if (paper) {
    FillGlorot(fc_->weight, 1, random);
    fc_->bias.zero_();
  } else {
    const double limit = 1 / std::sqrt(static_cast<double>(fc_->weight.size(1)));
    FillUniform(fc_->weight, limit, random);
    FillUniform(fc_->bias, limit, random);
  }
}

torch::Tensor AdaResNetImpl::forward(torch::Tensor x) {
  x = torch::relu(bn1_->forward(Convolve(conv1_, x, style_)));
  if (spec_.family == Family::kPaper) {
    constexpr double kLowest = -std::numeric_limits<double>::infinity();
    x = torch::max_pool2d(PadSame(x, 3, 2, kLowest), 3, 2);
  }
  for (std::vector<BasicBlock>& stage : stages_) {
    for (BasicBlock& block : stage) x = block->forward(x);
  }
  return fc_->forward(x.mean({2, 3}));
}

int64_t AdaResNetImpl::ParameterCount() const {
  int64_t count = 0;
  for (const torch::Tensor& parameter : parameters()) count += parameter.numel();
  return count;
}

}  // namespace adares
