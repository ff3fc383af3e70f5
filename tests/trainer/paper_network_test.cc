// The 18-layer network published with AdaResNet: its table of layers, its padding, its counts.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "worker/trainer/adaresnet.h"

namespace adares {
namespace {

using torch::Tensor;

ModelSpec Paper(Granularity granularity = Granularity::kBlock, double weight = 1) {
  ModelSpec spec;
  spec.family = Family::kPaper;
  spec.depth = 18;
  spec.skip = {granularity, {SkipInit::Kind::kConstant, weight, 0}};
  return spec;
}

TEST(PaperNetworkTest, TrainableParameters) {
  EXPECT_EQ(AdaResNet(Paper(), 3, 10, 0)->ParameterCount(), 11190738);
  EXPECT_EQ(AdaResNet(Paper(), 1, 10, 0)->ParameterCount(), 11184466);
}

TEST(PaperNetworkTest, TrainableParametersOfOtherWeights) {
  const auto count = [](const SkipSpec& skip) {
    ModelSpec spec = Paper();
    spec.skip = skip;
    return AdaResNet(spec, 3, 10, 0)->ParameterCount();
  };
  SkipSpec skip;
  const int64_t plain = count(skip);
  EXPECT_EQ(plain, 11190738 - 8);
  skip.granularity = Granularity::kBlock;
  skip.train = SkipTraining::kFrozen;
  EXPECT_EQ(count(skip), plain);
  skip.train = SkipTraining::kLearned;
  skip.placement = SkipPlacement::kBoth;
  EXPECT_EQ(count(skip), plain + 16);
  skip.placement = SkipPlacement::kConvex;
  EXPECT_EQ(count(skip), plain + 8);
  skip.granularity = Granularity::kChannel;
  EXPECT_EQ(count(skip), plain + 2 * (64 + 128 + 256 + 512));
}

TEST(PaperNetworkTest, MovingStatistics) {
  int64_t count = 0;
  for (const auto& buffer : AdaResNet(Paper(), 3, 10, 0)->named_buffers()) {
    if (buffer.key().find("running_") != std::string::npos) count += buffer.value().numel();
  }
  EXPECT_EQ(count, 9728);
}

// Kernel and bias together, and scale and shift together, per layer.
TEST(PaperNetworkTest, ParametersOfEachLayer) {
  const AdaResNet model(Paper(), 3, 10, 0);
  const auto values = model->named_parameters();
  const auto size = [&](const std::string& layer) {
    return values[layer + ".weight"].numel() + values[layer + ".bias"].numel();
  };
  EXPECT_EQ(size("conv1"), 9472);
  EXPECT_EQ(size("bn1"), 128);
  const std::vector<std::vector<int64_t>> stages{
      // c1 of the first block, each other 3x3, projection, norm
      {36928, 36928, 4160, 128},
      {73856, 147584, 8320, 256},
      {295168, 590080, 33024, 512},
      {1180160, 2359808, 131584, 1024}};
  for (size_t i = 0; i < stages.size(); ++i) {
    const std::string stage = "layer" + std::to_string(i + 1);
    EXPECT_EQ(size(stage + ".0.conv1"), stages[i][0]) << stage;
    EXPECT_EQ(size(stage + ".0.conv2"), stages[i][1]) << stage;
    EXPECT_EQ(size(stage + ".1.conv1"), stages[i][1]) << stage;
    EXPECT_EQ(size(stage + ".1.conv2"), stages[i][1]) << stage;
    EXPECT_EQ(size(stage + ".0.downsample.0"), stages[i][2]) << stage;
    EXPECT_EQ(size(stage + ".0.downsample.1"), stages[i][3]) << stage;
    EXPECT_EQ(size(stage + ".0.bn1"), stages[i][3]) << stage;
    EXPECT_EQ(size(stage + ".1.bn2"), stages[i][3]) << stage;
    EXPECT_FALSE(values.contains(stage + ".1.downsample.0.weight"));
  }
  EXPECT_EQ(size("fc"), 5130);
}

// Each block with its skip weight.
TEST(PaperNetworkTest, ParametersOfEachBlock) {
  const AdaResNet model(Paper(), 3, 10, 0);
  const auto below = [&](const std::string& name) {
    int64_t count = 0;
    for (const auto& item : model->named_parameters()) {
      if (item.key().rfind(name + ".", 0) == 0) count += item.value().numel();
    }
    return count;
  };
  EXPECT_EQ(below("conv1") + below("bn1"), 9600);
  const std::vector<std::vector<int64_t>> blocks{
      {78401, 74113}, {230529, 295681}, {919809, 1181185}, {3674625, 4721665}};
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (size_t j = 0; j < 2; ++j) {
      const std::string name = "layer" + std::to_string(i + 1) + "." + std::to_string(j);
      EXPECT_EQ(below(name) + 1, blocks[i][j]) << name;
    }
  }
  EXPECT_EQ(below("fc"), 5130);
}

// Rows before and after the picture that a stride-2 window of the network pads.
struct Padding {
  int64_t before, after;
};

// The network once more from LibTorch's functions, with the paddings of the layer table written
// out.
class ByHand {
 public:
  ByHand(AdaResNet model, double weight)
      : values_(model->named_parameters()), buffers_(model->named_buffers()), weight_(weight) {}

  // `pads`: stem, max-pool, and the first convolution of each stage.
  Tensor Logits(const Tensor& x, const std::vector<Padding>& pads) const {
    Tensor y = torch::relu(Norm(Conv(Pad(x, pads[0], 0), "conv1", 2, 0), "bn1"));
    y = torch::max_pool2d(Pad(y, pads[1], -std::numeric_limits<double>::infinity()), 3, 2);
    sizes_ = {y.size(2)};
    for (size_t stage = 1; stage <= 4; ++stage) {
      const std::string name = "layer" + std::to_string(stage);
      y = Block(y, name + ".0", pads[stage + 1]);
      y = Block(y, name + ".1", {1, 1});
      sizes_.push_back(y.size(2));
    }
    return torch::linear(y.mean({2, 3}), values_["fc.weight"], values_["fc.bias"]);
  }

  // Rows after the pool and after each stage of the last call.
  const std::vector<int64_t>& sizes() const { return sizes_; }

 private:
  static Tensor Pad(const Tensor& x, Padding pad, double value) {
    return torch::constant_pad_nd(x, {pad.before, pad.after, pad.before, pad.after}, value);
  }
  Tensor Conv(const Tensor& x, const std::string& name, int64_t stride, int64_t padding) const {
    return torch::conv2d(x, values_[name + ".weight"], values_[name + ".bias"], stride, padding);
  }
  Tensor Norm(const Tensor& x, const std::string& name) const {
    return torch::batch_norm(x, values_[name + ".weight"], values_[name + ".bias"],
                             buffers_[name + ".running_mean"], buffers_[name + ".running_var"],
                             false, 0.01, 1e-3, false);
  }
  Tensor Block(const Tensor& x, const std::string& name, Padding first) const {
    const bool projects = values_.contains(name + ".downsample.0.weight");
    Tensor tfd = Conv(Pad(x, first, 0), name + ".conv1", projects ? 2 : 1, 0);
    tfd = torch::relu(Norm(tfd, name + ".bn1"));
    tfd = Norm(Conv(tfd, name + ".conv2", 1, 1), name + ".bn2");
    const Tensor ipd =
        projects ? Norm(Conv(x, name + ".downsample.0", 2, 0), name + ".downsample.1") : x;
    return torch::relu(tfd + weight_ * ipd);
  }

  torch::OrderedDict<std::string, Tensor> values_;
  torch::OrderedDict<std::string, Tensor> buffers_;
  double weight_;
  mutable std::vector<int64_t> sizes_;
};

void ExpectNetworkByHand(int64_t channels, int64_t side, const std::vector<Padding>& pads,
                         const std::vector<int64_t>& sizes) {
  AdaResNet model(Paper(Granularity::kUnified, 0.6), channels, 10, 2);
  const torch::NoGradGuard no_grad;
  for (Tensor& parameter : model->parameters()) {
    if (parameter.dim() == 1) parameter.add_(torch::randn_like(parameter) * 0.1);  // biases too
  }
  model->eval();
  const Tensor x = torch::randn({2, channels, side, side});
  const ByHand by_hand(model, 0.6);
  const Tensor expected = by_hand.Logits(x, pads);
  EXPECT_EQ(by_hand.sizes(), sizes);
  EXPECT_TRUE(torch::allclose(model->forward(x), expected, 1e-4, 1e-5));
}

TEST(PaperNetworkTest, PaddingAt32Pixels) {
  ExpectNetworkByHand(3, 32, {{2, 3}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {1, 1}}, {8, 4, 2, 1, 1});
}

TEST(PaperNetworkTest, PaddingAt28Pixels) {
  ExpectNetworkByHand(1, 28, {{2, 3}, {0, 1}, {1, 1}, {0, 1}, {0, 1}, {1, 1}}, {7, 4, 2, 1, 1});
}

TEST(PaperNetworkTest, StartsWithGlorotsKernelsAndZeroBiases) {
  const AdaResNet model(Paper(), 3, 10, 2);
  const auto values = model->named_parameters();
  const double limit = std::sqrt(6.0 / (9 * (256 + 512)));
  const Tensor kernel = values["layer4.0.conv1.weight"];
  EXPECT_LE(kernel.abs().max().item<double>(), limit);
  EXPECT_NEAR(kernel.std().item<double>(), limit / std::sqrt(3.0), limit / 100);
  EXPECT_EQ(values["layer4.0.conv1.bias"].abs().max().item<double>(), 0);
  EXPECT_EQ(values["fc.bias"].abs().max().item<double>(), 0);
}

TEST(PaperNetworkTest, NormalisationIsKeras) {
  const AdaResNet model(Paper(), 3, 10, 2);
  for (const auto& module : model->modules()) {
    const auto* norm = module->as<BatchNormImpl>();
    if (norm == nullptr) continue;
    EXPECT_EQ(norm->eps(), 1e-3);
    EXPECT_EQ(norm->momentum(), 0.01);
  }
}

}  // namespace
}  // namespace adares
