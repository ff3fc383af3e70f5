// The weights of the residual sums: initial values, sharing, what is reported of them, and names.
#include "worker/trainer/skip_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/trainer/skip_weight_values.h"

namespace adares {
namespace {

using Kind = SkipConstraint::Kind;
using testing::ElementsAre;
using testing::UnorderedElementsAre;
using torch::Tensor;

SkipSpec Spec(Granularity granularity, const SkipInit& init) {
  SkipSpec spec;
  spec.granularity = granularity;
  spec.init = init;
  return spec;
}

const SkipSite kIdentity{"layer1.0", "layer1", false, 16, 0};
const SkipSite kConvolutional{"layer2.0", "layer2", true, 32, 4};

TEST(SkipWeightsTest, InitIsInEffectiveUnits) {
  SkipSpec spec = Spec(Granularity::kBlock, {SkipInit::Kind::kConstant, 0.88, 0, 0});
  for (const SkipConstraint& constraint : std::vector<SkipConstraint>{{Kind::kNone, 0, 0},
                                                                      {Kind::kSigmoid, 0, 1},
                                                                      {Kind::kTanh, 0, 1.5},
                                                                      {Kind::kSoftplus, 0, 0},
                                                                      {Kind::kClamp, 0, 1}}) {
    spec.constraint = constraint;
    EXPECT_NEAR(ValueOf(SkipWeights(spec, 9, 0).At(kIdentity)), 0.88, 1e-6);
  }
}

TEST(SkipWeightsTest, OverrideCountsForBlocksOfItsType) {
  SkipSpec spec = Spec(Granularity::kBlock, {SkipInit::Kind::kConstant, 1, 0, 0});
  spec.init_identity = SkipInit{SkipInit::Kind::kConstant, 0, 0, 0};
  EXPECT_EQ(ValueOf(SkipWeights(spec, 9, 0).At(kIdentity)), 0);
  EXPECT_EQ(ValueOf(SkipWeights(spec, 9, 0).At(kConvolutional)), 1);
  spec.init_convolutional = SkipInit{SkipInit::Kind::kNormal, 0, 0.05, 0};
  const double drawn = ValueOf(SkipWeights(spec, 9, 0).At(kConvolutional));
  EXPECT_NE(drawn, 0);
  EXPECT_NEAR(drawn, 0, 0.3);
  EXPECT_EQ(ValueOf(SkipWeights(spec, 9, 0).At(kIdentity)), 0);
  spec.granularity = Granularity::kBlockType;
  EXPECT_EQ(ValueOf(SkipWeights(spec, 9, 0).At(kConvolutional)), drawn);
}

TEST(SkipWeightsTest, ChannelsAreDrawnOneByOne) {
  const SkipSpec spec = Spec(Granularity::kChannel, {SkipInit::Kind::kUniform, -1, 0, 3});
  SkipSite wide = kIdentity;
  wide.channels = 10000;
  const Tensor raw = SkipWeights(spec, 9, 5).At(wide).raw;
  EXPECT_EQ(raw.sizes(), torch::IntArrayRef({10000}));
  EXPECT_GE(raw.min().item<double>(), -1);
  EXPECT_LT(raw.min().item<double>(), -0.99);
  EXPECT_LE(raw.max().item<double>(), 3);
  EXPECT_GT(raw.max().item<double>(), 2.99);
  EXPECT_NEAR(raw.mean().item<double>(), 1, 0.05);
  EXPECT_TRUE(torch::equal(raw, SkipWeights(spec, 9, 5).At(wide).raw));
  EXPECT_FALSE(torch::equal(raw, SkipWeights(spec, 9, 6).At(wide).raw));
}

TEST(SkipWeightsTest, NormalDrawsHaveTheirMeanAndStandardDeviation) {
  const SkipSpec spec = Spec(Granularity::kChannel, {SkipInit::Kind::kNormal, 0.5, 0.05});
  SkipSite wide = kIdentity;
  wide.channels = 10000;
  const Tensor drawn = SkipWeights(spec, 9, 5).At(wide).raw.to(torch::kFloat64);
  EXPECT_NEAR(drawn.mean().item<double>(), 0.5, 0.002);
  EXPECT_NEAR(drawn.std().item<double>(), 0.05, 0.001);
  const Tensor inside = ((drawn - 0.5).abs() < 0.05).to(torch::kFloat64);
  EXPECT_NEAR(inside.mean().item<double>(), 0.6827, 0.015);
}

TEST(SkipWeightsTest, ValueIsTheMeanAndGradientTheSumOverChannels) {
  SkipWeight weight;
  weight.constraint = {Kind::kSigmoid, 0, 2};
  weight.raw = torch::tensor({0.0, 1.0}, torch::kFloat64).requires_grad_();
  const double expected = (1 + 2 / (1 + std::exp(-1.0))) / 2;
  EXPECT_NEAR(ValueOf(weight), expected, 1e-12);
  EXPECT_TRUE(std::isnan(GradientOf(weight)));
  (weight.raw * torch::tensor({3.0, 4.0}, torch::kFloat64)).sum().backward();
  EXPECT_EQ(GradientOf(weight), 7);
  EXPECT_EQ(ValueOf(SkipWeight{}), 1);
  EXPECT_TRUE(std::isnan(GradientOf(SkipWeight{})));
}

TEST(SkipWeightsTest, BothStartsWithTheInitOnTheSkipAndOneOnTheResidualSide) {
  SkipSpec spec = Spec(Granularity::kBlock, {SkipInit::Kind::kConstant, 0.25, 0, 0});
  spec.placement = SkipPlacement::kBoth;
  spec.constraint = {Kind::kSigmoid, 0, 2};
  const SkipWeight weight = SkipWeights(spec, 9, 0).At(kIdentity);
  const SumCoefficients coefficients = weight.Coefficients();
  EXPECT_NEAR(coefficients.s.item<double>(), 0.25, 1e-6);
  EXPECT_EQ(coefficients.r.item<double>(), 1);
  EXPECT_NEAR(ValueOf(weight), 0.25, 1e-6);
}

TEST(SkipWeightsTest, SphericalSharesHaveSquaresWhoseSumIsOne) {
  SkipSpec spec = Spec(Granularity::kChannel, {SkipInit::Kind::kUniform, -1, 0, 1});
  spec.placement = SkipPlacement::kSpherical;
  const SkipWeight weight = SkipWeights(spec, 9, 0).At(kIdentity);
  const SumCoefficients sum = weight.Coefficients();
  EXPECT_TRUE(torch::allclose(sum.s * sum.s + sum.r * sum.r, torch::ones({16})));
  EXPECT_GE(sum.r.min().item<double>(), 0);
  EXPECT_NEAR(ValueOf(weight), sum.s.mean().item<double>(), 1e-6);
  EXPECT_GT(sum.s.max().item<double>() - sum.s.min().item<double>(), 0.5);
}

TEST(SkipWeightsTest, SphericalInitIsTheSkipShare) {
  for (const double init : {-0.5, 0.0, std::sqrt(0.5), 1.0}) {
    SkipSpec spec = Spec(Granularity::kBlock, {SkipInit::Kind::kConstant, init, 0, 0});
    spec.placement = SkipPlacement::kSpherical;
    const SkipWeight weight = SkipWeights(spec, 9, 0).At(kIdentity);
    EXPECT_NEAR(ValueOf(weight), init, 1e-6);
    EXPECT_NEAR(weight.Coefficients().r.item<double>(), std::sqrt(1 - init * init), 1e-6);
  }
}

TEST(SkipWeightsTest, DepthPowerIsThePowerOfTheBlocks) {
  const SkipSpec spec = Spec(Granularity::kUnified, {SkipInit::Kind::kDepthPower, 2, 0, 0, 0.25});
  EXPECT_NEAR(ValueOf(SkipWeights(spec, 8, 0).At(kIdentity)), 2, 1e-7);
  EXPECT_NEAR(ValueOf(SkipWeights(spec, 9, 0).At(kIdentity)), 2.0597671, 1e-6);
  const SkipSpec root = Spec(Granularity::kBlock, {SkipInit::Kind::kDepthPower, 1, 0, 0, -0.5});
  const SkipSpec same = Spec(Granularity::kBlock, {SkipInit::Kind::kRootDepth, 1, 0, 0});
  EXPECT_FLOAT_EQ(static_cast<float>(ValueOf(SkipWeights(root, 9, 0).At(kIdentity))),
                  static_cast<float>(ValueOf(SkipWeights(same, 9, 0).At(kIdentity))));
}

TEST(SkipWeightsTest, RootDepthDividesByTheRootOfTheBlocks) {
  const SkipSpec spec = Spec(Granularity::kBlock, {SkipInit::Kind::kRootDepth, 0.6, 0, 0});
  EXPECT_NEAR(ValueOf(SkipWeights(spec, 9, 0).At(kIdentity)), 0.2, 1e-7);
  EXPECT_NEAR(ValueOf(SkipWeights(spec, 16, 0).At(kConvolutional)), 0.15, 1e-7);
}

TEST(SkipWeightsTest, DecayFallsEvenlyFromOneToTheLast) {
  const SkipSpec spec = Spec(Granularity::kBlock, {SkipInit::Kind::kDecay, 0.2, 0, 0});
  SkipWeights weights(spec, 9, 0);
  SkipSite last = kConvolutional;
  last.name = "layer3.2";
  last.place = 8;
  EXPECT_EQ(ValueOf(weights.At(kIdentity)), 1);
  EXPECT_NEAR(ValueOf(weights.At(kConvolutional)), 0.6, 1e-7);
  EXPECT_NEAR(ValueOf(weights.At(last)), 0.2, 1e-7);
}

// Names of what `spec` gives a network of two blocks.
struct Names {
  std::vector<std::string> parameters, buffers;
};
Names NamesOf(const SkipSpec& spec) {
  SkipWeights weights(spec, 9, 0);
  weights.At(kIdentity);
  weights.At(kConvolutional);
  torch::nn::Module network("network");
  weights.RegisterIn(network);
  Names names;
  for (const auto& item : network.named_parameters()) names.parameters.push_back(item.key());
  for (const auto& item : network.named_buffers()) names.buffers.push_back(item.key());
  EXPECT_EQ(weights.Parameters().size(), names.parameters.size());
  return names;
}

TEST(SkipWeightsTest, NamesSayWhichCoefficientTheyAreOf) {
  SkipSpec spec = Spec(Granularity::kUnified, {});
  EXPECT_THAT(NamesOf(spec).parameters, ElementsAre("skip_weights.all"));
  for (const SkipPlacement placement : {SkipPlacement::kConvex, SkipPlacement::kSpherical}) {
    spec.placement = placement;
    EXPECT_THAT(NamesOf(spec).parameters, ElementsAre("skip_weights.all"));
  }
  spec.placement = SkipPlacement::kResidual;
  EXPECT_THAT(NamesOf(spec).parameters, ElementsAre("residual_weights.all"));
  spec.placement = SkipPlacement::kBoth;
  spec.granularity = Granularity::kBlock;
  EXPECT_THAT(NamesOf(spec).parameters,
              UnorderedElementsAre("skip_weights.layer1.0", "skip_weights.layer2.0",
                                   "residual_weights.layer1.0", "residual_weights.layer2.0"));
  EXPECT_THAT(NamesOf(Spec(Granularity::kNone, {})).parameters, ElementsAre());
}

TEST(SkipWeightsTest, FrozenOnesAreBuffers) {
  SkipSpec spec = Spec(Granularity::kStage, {});
  spec.train = SkipTraining::kFrozen;
  EXPECT_THAT(NamesOf(spec).parameters, ElementsAre());
  EXPECT_THAT(NamesOf(spec).buffers,
              UnorderedElementsAre("skip_weights.layer1", "skip_weights.layer2"));
}

}  // namespace
}  // namespace adares
