// The networks as wholes: sizes, names, what the skip weight does and how it is shared.
#include "worker/trainer/adaresnet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/trainer/skip_weight_values.h"

namespace adares {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::UnorderedElementsAre;
using torch::Tensor;

ModelSpec Cifar(int64_t depth, Granularity granularity, double weight = 1) {
  ModelSpec spec;
  spec.depth = depth;
  spec.skip = {granularity, {SkipInit::Kind::kConstant, weight, 0}};
  return spec;
}

Tensor Pictures(int64_t count, int64_t channels = 3, int64_t side = 32) {
  torch::manual_seed(5);
  return torch::randn({count, channels, side, side});
}

std::vector<std::string> ParameterNames(const AdaResNet& model) {
  std::vector<std::string> names;
  for (const auto& parameter : model->named_parameters()) names.push_back(parameter.key());
  return names;
}

// Weights of He et al.'s CIFAR networks with projections: counted here layer by layer.
int64_t CifarParameters(int64_t depth, int64_t channels) {
  const int64_t n = (depth - 2) / 6;
  const auto conv = [](int64_t in, int64_t out, int64_t kernel) {
    return in * out * kernel * kernel;
  };
  const auto norm = [](int64_t width) { return 2 * width; };
  int64_t count = conv(channels, 16, 3) + norm(16);
  int64_t in = 16;
  for (const int64_t width : {16, 32, 64}) {
    count += conv(in, width, 3) + (2 * n - 1) * conv(width, width, 3) + 2 * n * norm(width);
    if (in != width) count += conv(in, width, 1) + norm(width);
    in = width;
  }
  return count + 64 * 10 + 10;
}

TEST(AdaResNetTest, ParameterCountsOfAllDepths) {
  for (const int64_t depth : {8, 14, 20, 32, 44, 56, 110}) {
    for (const int64_t channels : {1, 3}) {
      const AdaResNet plain(Cifar(depth, Granularity::kNone), channels, 10, 0);
      EXPECT_EQ(plain->ParameterCount(), CifarParameters(depth, channels)) << depth;
      const AdaResNet weighted(Cifar(depth, Granularity::kBlock), channels, 10, 0);
      EXPECT_EQ(weighted->ParameterCount(), CifarParameters(depth, channels) + (depth - 2) / 2);
    }
  }
  // ResNet-20 and ResNet-56 with projections, as published elsewhere.
  EXPECT_EQ(CifarParameters(20, 3), 272474);
  EXPECT_EQ(CifarParameters(56, 3), 855770);
  EXPECT_EQ(CifarParameters(110, 3), 1730714);
}

TEST(AdaResNetTest, NamesAreTorchvisions) {
  const AdaResNet model(Cifar(8, Granularity::kBlockType), 3, 10, 0);
  EXPECT_THAT(
      ParameterNames(model),
      UnorderedElementsAre(
          "conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.weight",
          "layer1.0.bn1.bias", "layer1.0.conv2.weight", "layer1.0.bn2.weight", "layer1.0.bn2.bias",
          "layer2.0.conv1.weight", "layer2.0.bn1.weight", "layer2.0.bn1.bias",
          "layer2.0.conv2.weight", "layer2.0.bn2.weight", "layer2.0.bn2.bias",
          "layer2.0.downsample.0.weight", "layer2.0.downsample.1.weight",
          "layer2.0.downsample.1.bias", "layer3.0.conv1.weight", "layer3.0.bn1.weight",
          "layer3.0.bn1.bias", "layer3.0.conv2.weight", "layer3.0.bn2.weight", "layer3.0.bn2.bias",
          "layer3.0.downsample.0.weight", "layer3.0.downsample.1.weight",
          "layer3.0.downsample.1.bias", "fc.weight", "fc.bias", "skip_weights.identity",
          "skip_weights.convolutional"));
  EXPECT_THAT(ParameterNames(AdaResNet(Cifar(14, Granularity::kBlock), 3, 10, 0)),
              Contains("skip_weights.layer3.1"));
}

TEST(AdaResNetTest, SitesAndGroupsFollowTheGranularity) {
  const auto groups = [](Granularity granularity) {
    std::vector<std::string> result;
    const AdaResNet model(Cifar(14, granularity), 3, 10, 0);
    for (const AdaResNetImpl::Site& site : model->sites()) {
      result.push_back(site.name + " " + site.group);
    }
    return result;
  };
  EXPECT_THAT(groups(Granularity::kNone), ElementsAre("layer1.0 ", "layer1.1 ", "layer2.0 ",
                                                      "layer2.1 ", "layer3.0 ", "layer3.1 "));
  EXPECT_THAT(groups(Granularity::kUnified),
              ElementsAre("layer1.0 all", "layer1.1 all", "layer2.0 all", "layer2.1 all",
                          "layer3.0 all", "layer3.1 all"));
  EXPECT_THAT(groups(Granularity::kStage),
              ElementsAre("layer1.0 layer1", "layer1.1 layer1", "layer2.0 layer2",
                          "layer2.1 layer2", "layer3.0 layer3", "layer3.1 layer3"));
  EXPECT_THAT(groups(Granularity::kBlockType),
              ElementsAre("layer1.0 identity", "layer1.1 identity", "layer2.0 convolutional",
                          "layer2.1 identity", "layer3.0 convolutional", "layer3.1 identity"));
  EXPECT_THAT(groups(Granularity::kBlock),
              ElementsAre("layer1.0 layer1.0", "layer1.1 layer1.1", "layer2.0 layer2.0",
                          "layer2.1 layer2.1", "layer3.0 layer3.0", "layer3.1 layer3.1"));
  EXPECT_EQ(groups(Granularity::kChannel), groups(Granularity::kBlock));
}

// A block from LibTorch's functions and the block's own tensors, in training mode.
Tensor BlockByHand(const ResidualBlock& block, const Tensor& x, double weight, int64_t stride) {
  const auto values = block->named_parameters();
  const auto norm = [&](const Tensor& z, const std::string& name) {
    return torch::batch_norm(z, values[name + ".weight"], values[name + ".bias"], {}, {}, true, 0.1,
                             1e-5, false);
  };
  Tensor tfd = torch::conv2d(x, values["conv1.weight"], {}, stride, 1);
  tfd = torch::relu(norm(tfd, "bn1"));
  tfd = norm(torch::conv2d(tfd, values["conv2.weight"], {}, 1, 1), "bn2");
  Tensor ipd = x;
  if (values.contains("downsample.0.weight")) {
    ipd = norm(torch::conv2d(x, values["downsample.0.weight"], {}, stride), "downsample.1");
  }
  return torch::relu(tfd + weight * ipd);
}

SkipWeight OnSkip(double weight) {
  SkipWeight result;
  result.raw = torch::full({}, weight);
  return result;
}

TEST(ResidualBlockTest, WithoutWeightIsThePlainResidualBlock) {
  const Tensor x = torch::randn({4, 16, 8, 8});
  ResidualBlock identity(BlockShape{16, 16, 1, false}, LayerStyle{}, SkipWeight{});
  EXPECT_TRUE(torch::allclose(identity->forward(x), BlockByHand(identity, x, 1, 1), 1e-5, 1e-6));
  ResidualBlock projecting(BlockShape{16, 32, 2, true}, LayerStyle{}, SkipWeight{});
  EXPECT_TRUE(
      torch::allclose(projecting->forward(x), BlockByHand(projecting, x, 1, 2), 1e-5, 1e-6));
}

TEST(ResidualBlockTest, WeightScalesTheSkipPathOnly) {
  const Tensor x = torch::randn({4, 16, 8, 8});
  for (const double weight : {0.0, -0.5, 2.0}) {
    ResidualBlock identity(BlockShape{16, 16, 1, false}, LayerStyle{}, OnSkip(weight));
    EXPECT_TRUE(
        torch::allclose(identity->forward(x), BlockByHand(identity, x, weight, 1), 1e-5, 1e-6));
    ResidualBlock projecting(BlockShape{16, 32, 2, true}, LayerStyle{}, OnSkip(weight));
    EXPECT_TRUE(
        torch::allclose(projecting->forward(x), BlockByHand(projecting, x, weight, 2), 1e-5, 1e-6));
  }
}

TEST(AdaResNetTest, WeightsOfOneGiveTheLogitsOfThePlainNetwork) {
  const Tensor x = Pictures(3);
  AdaResNet plain(Cifar(14, Granularity::kNone), 3, 10, 9);
  const Tensor expected = plain->forward(x);
  for (const Granularity granularity : {Granularity::kUnified, Granularity::kBlock}) {
    AdaResNet weighted(Cifar(14, granularity), 3, 10, 9);
    EXPECT_TRUE(torch::equal(weighted->forward(x), expected));
  }
  AdaResNet other(Cifar(14, Granularity::kBlock, 0.9), 3, 10, 9);
  EXPECT_FALSE(torch::allclose(other->forward(x), expected));
}

// Gradients of the loss with respect to each site's weight.
std::vector<double> SiteGradients(Granularity granularity) {
  AdaResNet model(Cifar(14, granularity, 0.8), 3, 10, 9);
  const Tensor x = Pictures(4);
  torch::nn::functional::cross_entropy(model->forward(x), torch::tensor({1, 2, 3, 4})).backward();
  std::vector<double> gradients;
  for (const auto& site : model->sites()) gradients.push_back(GradientOf(site.weight));
  return gradients;
}

TEST(AdaResNetTest, GradientOfASharedWeightIsTheSumOverItsSites) {
  const std::vector<double> single = SiteGradients(Granularity::kBlock);
  double sum = 0;
  for (const double gradient : single) sum += gradient;
  ASSERT_NE(sum, 0);
  const double tolerance = 1e-5 + 1e-4 * std::abs(sum);
  for (const double gradient : SiteGradients(Granularity::kUnified)) {
    EXPECT_NEAR(gradient, sum, tolerance);
  }
  const std::vector<double> by_stage = SiteGradients(Granularity::kStage);
  EXPECT_NEAR(by_stage[0], single[0] + single[1], tolerance);
  EXPECT_NEAR(by_stage[5], single[4] + single[5], tolerance);
  const std::vector<double> by_type = SiteGradients(Granularity::kBlockType);
  EXPECT_NEAR(by_type[0], single[0] + single[1] + single[3] + single[5], tolerance);
  EXPECT_NEAR(by_type[2], single[2] + single[4], tolerance);
}

TEST(AdaResNetTest, SharedWeightIsOneParameterAndMovesAtAllSites) {
  AdaResNet model(Cifar(14, Granularity::kUnified), 3, 10, 0);
  EXPECT_THAT(ParameterNames(model), Contains("skip_weights.all").Times(1));
  const torch::NoGradGuard no_grad;
  model->named_parameters()["skip_weights.all"].fill_(0.25);
  for (const auto& site : model->sites()) EXPECT_EQ(ValueOf(site.weight), 0.25);
}

TEST(AdaResNetTest, SeedDecidesInitialValues) {
  ModelSpec spec = Cifar(8, Granularity::kBlock);
  spec.skip.init = {SkipInit::Kind::kNormal, 0.5, 0.1};
  const AdaResNet a(spec, 3, 10, 4);
  torch::manual_seed(12345);  // LibTorch's own generator has no say
  const AdaResNet b(spec, 3, 10, 4);
  const AdaResNet c(spec, 3, 10, 5);
  for (size_t i = 0; i < a->parameters().size(); ++i) {
    EXPECT_TRUE(torch::equal(a->parameters()[i], b->parameters()[i]));
  }
  EXPECT_FALSE(torch::equal(a->parameters()[0], c->parameters()[0]));
  const double first = ValueOf(a->sites()[0].weight);
  EXPECT_NE(first, ValueOf(c->sites()[0].weight));
  EXPECT_NE(first, ValueOf(a->sites()[1].weight));
  EXPECT_NEAR(first, 0.5, 0.5);
}

TEST(AdaResNetTest, GranularityDoesNotChangeTheOtherInitialValues) {
  const AdaResNet plain(Cifar(8, Granularity::kNone), 3, 10, 4);
  const AdaResNet weighted(Cifar(8, Granularity::kBlock), 3, 10, 4);
  const auto values = weighted->named_parameters();
  for (const auto& parameter : plain->named_parameters()) {
    EXPECT_TRUE(torch::equal(parameter.value(), values[parameter.key()])) << parameter.key();
  }
}

TEST(AdaResNetTest, KernelsStartWithHesVariance) {
  const AdaResNet model(Cifar(20, Granularity::kNone), 3, 10, 4);
  const Tensor kernel = model->named_parameters()["layer3.1.conv1.weight"];
  EXPECT_NEAR(kernel.std().item<double>(), std::sqrt(2.0 / (9 * 64)), 1e-3);
}

}  // namespace
}  // namespace adares
