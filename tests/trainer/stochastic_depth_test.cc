// Networks whose residual branches are left out: values against formulas, gradients against central
// differences in double.
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "worker/trainer/adaresnet.h"

namespace adares {
namespace {

using torch::Tensor;

const KeptBranches kFirstAlone{1, 0, 0};

// Three blocks, each with its own weight.
ModelSpec Spec(SkipPlacement placement, Granularity granularity = Granularity::kBlock) {
  ModelSpec spec;
  spec.branch_drop = 0.6;
  spec.skip.granularity = granularity;
  spec.skip.placement = placement;
  spec.skip.init.value = 0.7;
  return spec;
}

AdaResNet Exact(const ModelSpec& spec) {
  AdaResNet model(spec, 3, 10, 2);
  model->to(torch::kFloat64);
  return model;
}

Tensor Pictures() {
  torch::manual_seed(3);
  return torch::randn({4, 3, 8, 8}, torch::kFloat64);
}

// What the weights of a block are in the sum, from its raw parameters.
struct Sum {
  Tensor s, r;
};
Sum SumOf(const AdaResNetImpl::Site& site) {
  const Tensor raw = site.weight.raw.detach().view({-1, 1, 1}).clone();
  const Tensor one = torch::ones_like(raw);
  switch (site.weight.placement) {
    case SkipPlacement::kSkip:
      return {raw, one};
    case SkipPlacement::kResidual:
      return {one, raw};
    case SkipPlacement::kBoth:
      return {raw, site.weight.raw_residual.detach().view({-1, 1, 1})};
    case SkipPlacement::kConvex:
      return {raw, one - raw};
    case SkipPlacement::kSpherical:
      break;
  }
  return {raw.cos(), raw.sin()};
}

class StochasticDepthTest : public testing::TestWithParam<std::tuple<SkipPlacement, Granularity>> {
 protected:
  const ModelSpec spec_ = Spec(std::get<0>(GetParam()), std::get<1>(GetParam()));
};

INSTANTIATE_TEST_SUITE_P(
    All, StochasticDepthTest,
    testing::Combine(testing::Values(SkipPlacement::kSkip, SkipPlacement::kResidual,
                                     SkipPlacement::kBoth, SkipPlacement::kConvex,
                                     SkipPlacement::kSpherical),
                     testing::Values(Granularity::kBlock, Granularity::kChannel)));

TEST_P(StochasticDepthTest, ADroppedBranchLeavesTheWeightedSkipPath) {
  const torch::NoGradGuard no_grad;
  AdaResNet model = Exact(spec_);
  Tensor x = model->Stem(Pictures());
  for (size_t i = 0; i < 3; ++i) {
    ResidualBlock& block = model->blocks()[i];
    const Tensor expected = torch::relu(SumOf(model->sites()[i]).s * block->PathsOf(x).ipd);
    EXPECT_TRUE(torch::allclose(block->forward(x, false), expected, 1e-12, 1e-12)) << i;
    x = block->forward(x);
  }
}

TEST_P(StochasticDepthTest, EvaluationMultipliesTheBranchByItsSurvival) {
  const torch::NoGradGuard no_grad;
  AdaResNet model = Exact(spec_);
  model->eval();
  Tensor x = model->Stem(Pictures());
  for (size_t i = 0; i < 3; ++i) {
    ResidualBlock& block = model->blocks()[i];
    const ResidualBlockImpl::Paths paths = block->PathsOf(x);
    const Sum sum = SumOf(model->sites()[i]);
    const double survival = 1 - 0.2 * static_cast<double>(i + 1);
    const Tensor expected = torch::relu(sum.s * paths.ipd + survival * sum.r * paths.tfd);
    x = block->forward(x);
    EXPECT_TRUE(torch::allclose(x, expected, 1e-12, 1e-12)) << i;
  }
}

TEST_P(StochasticDepthTest, TrainingHasWholeBranchesWhereNoneIsDropped) {
  const torch::NoGradGuard no_grad;
  ModelSpec never = spec_;
  never.branch_drop = 0;
  const Tensor expected = Exact(never)->forward(Pictures());
  EXPECT_TRUE(torch::equal(Exact(spec_)->forward(Pictures()), expected));
  EXPECT_TRUE(torch::equal(Exact(spec_)->forward(Pictures(), {1, 1, 1}), expected));
}

TEST_P(StochasticDepthTest, GradientsOfASkippingNetworkEqualCentralDifferences) {
  AdaResNet model = Exact(spec_);
  const auto loss = [&] {
    return torch::nn::functional::cross_entropy(model->forward(Pictures(), kFirstAlone),
                                                torch::tensor({1, 2, 3, 4}));
  };
  loss().backward();
  const torch::NoGradGuard no_grad;
  for (const Tensor& parameter : model->SkipParameters()) {
    constexpr double kStep = 1e-6;
    Tensor last = parameter.view(-1)[parameter.numel() - 1];
    last += kStep;
    const double above = loss().item<double>();
    last -= 2 * kStep;
    const double below = loss().item<double>();
    last += kStep;
    const Tensor& gradient = parameter.grad();
    const double found =
        gradient.defined() ? gradient.view(-1)[parameter.numel() - 1].item<double>() : 0;
    EXPECT_NEAR(found, (above - below) / (2 * kStep), 1e-7);
  }
}

TEST(DroppedBranchTest, IsNotComputed) {
  AdaResNet model = Exact(Spec(SkipPlacement::kSkip));
  model->forward(Pictures(), kFirstAlone).sum().backward();
  const auto parameters = model->named_parameters();
  EXPECT_TRUE(parameters["layer1.0.conv2.weight"].grad().defined());
  EXPECT_FALSE(parameters["layer2.0.conv1.weight"].grad().defined());
  EXPECT_FALSE(parameters["layer3.0.bn2.weight"].grad().defined());
  EXPECT_TRUE(parameters["layer3.0.downsample.0.weight"].grad().defined());
  // The statistics of its norms stay as they were.
  const auto buffers = model->named_buffers();
  EXPECT_EQ(buffers["layer1.0.bn1.num_batches_tracked"].item<int64_t>(), 1);
  EXPECT_EQ(buffers["layer2.0.bn1.num_batches_tracked"].item<int64_t>(), 0);
  EXPECT_EQ(buffers["layer2.0.downsample.1.num_batches_tracked"].item<int64_t>(), 1);
}

TEST(DroppedBranchTest, WithoutWeightsTheInputPasses) {
  const torch::NoGradGuard no_grad;
  ModelSpec spec;
  spec.branch_drop = 0.6;
  AdaResNet model = Exact(spec);
  const Tensor x = model->Stem(Pictures());
  EXPECT_TRUE(torch::equal(model->blocks()[0]->forward(x, false), x)) << "x is not negative";
}

// In one pass on the CPU, and rounded once, as where the branch takes part.
TEST(DroppedBranchTest, ReducedPrecisionIsRoundedAtTheEnd) {
  torch::manual_seed(4);
  const Tensor ipd = torch::randn({2, 5, 3, 3}).to(torch::kBFloat16);
  const Tensor s = torch::tensor(0.3);
  const Tensor expected = torch::relu(ipd.to(torch::kFloat32) * 0.3f).to(torch::kBFloat16);
  EXPECT_TRUE(torch::equal(SkipAlone(ipd, s), expected));
}

}  // namespace
}  // namespace adares
