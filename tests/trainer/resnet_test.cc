// Family `resnet` and the norms: parameters layer by layer, names, stems, and what ends a branch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "worker/trainer/adaresnet.h"

namespace adares {
namespace {

using torch::Tensor;

ModelSpec Resnet(int64_t depth, Stem stem = Stem::kImagenet) {
  ModelSpec spec;
  spec.family = Family::kResnet;
  spec.depth = depth;
  spec.stem = stem;
  return spec;
}

// He et al. 2016, table 1: kernels without biases, and two numbers a channel for each norm.
int64_t Parameters(const std::vector<int64_t>& blocks, bool bottleneck, int64_t stem_kernel,
                   int64_t classes) {
  int64_t count = 3 * 64 * stem_kernel * stem_kernel + 2 * 64;
  int64_t in = 64;
  int64_t width = 64;
  for (const int64_t stage_blocks : blocks) {
    const int64_t out = bottleneck ? 4 * width : width;
    for (int64_t i = 0; i < stage_blocks; ++i) {
      count += bottleneck ? in * width + 9 * width * width + width * out + 4 * width + 2 * out
                          : 9 * in * width + 9 * width * width + 4 * width;
      if (in != out) count += in * out + 2 * out;
      in = out;
    }
    width *= 2;
  }
  return count + in * classes + classes;
}

TEST(ResnetTest, ParameterCountsOfAllDepthsAndStems) {
  const std::vector<std::pair<int64_t, std::vector<int64_t>>> depths{
      {18, {2, 2, 2, 2}}, {34, {3, 4, 6, 3}}, {50, {3, 4, 6, 3}}, {101, {3, 4, 23, 3}}};
  for (const auto& [depth, blocks] : depths) {
    for (const Stem stem : {Stem::kCifar, Stem::kImagenet}) {
      EXPECT_EQ(AdaResNet(Resnet(depth, stem), 3, 10, 0)->ParameterCount(),
                Parameters(blocks, depth >= 50, stem == Stem::kCifar ? 3 : 7, 10))
          << depth;
    }
  }
  // As torchvision publishes them for 1000 classes.
  EXPECT_EQ(AdaResNet(Resnet(18), 3, 1000, 0)->ParameterCount(), 11689512);
  EXPECT_EQ(Parameters({2, 2, 2, 2}, false, 7, 10), 11181642);
  EXPECT_EQ(Parameters({3, 4, 6, 3}, true, 7, 10), 23528522);
  EXPECT_EQ(Parameters({3, 4, 6, 3}, true, 7, 1000), 25557032);
  EXPECT_EQ(Parameters({3, 4, 23, 3}, true, 7, 1000), 44549160);
}

TEST(ResnetTest, ClassesAreRowsOfTheDenseLayer) {
  ModelSpec spec;
  AdaResNet model(spec, 3, 100, 0);
  EXPECT_EQ(model->named_parameters()["fc.weight"].sizes(), torch::IntArrayRef({100, 64}));
  EXPECT_EQ(model->forward(torch::zeros({2, 3, 32, 32})).sizes(), torch::IntArrayRef({2, 100}));
}

TEST(ResnetTest, BottleneckNamesAndShapesAreTorchvisions) {
  const AdaResNet model(Resnet(50), 3, 10, 0);
  const auto values = model->named_parameters();
  const auto shape = [&](const std::string& name) { return values[name].sizes().vec(); };
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(shape("conv1.weight"), (Shape{64, 3, 7, 7}));
  EXPECT_EQ(shape("layer1.0.conv1.weight"), (Shape{64, 64, 1, 1}));
  EXPECT_EQ(shape("layer1.0.conv2.weight"), (Shape{64, 64, 3, 3}));
  EXPECT_EQ(shape("layer1.0.conv3.weight"), (Shape{256, 64, 1, 1}));
  EXPECT_EQ(shape("layer1.0.bn3.weight"), (Shape{256}));
  EXPECT_EQ(shape("layer1.0.downsample.0.weight"), (Shape{256, 64, 1, 1}));
  EXPECT_EQ(shape("layer1.0.downsample.1.bias"), (Shape{256}));
  EXPECT_EQ(shape("layer4.2.conv1.weight"), (Shape{512, 2048, 1, 1}));
  EXPECT_FALSE(values.contains("layer1.1.downsample.0.weight"));
  EXPECT_FALSE(values.contains("layer1.0.conv1.bias"));
  EXPECT_FALSE(
      AdaResNet(Resnet(18), 3, 10, 0)->named_parameters().contains("layer1.0.downsample.0.weight"));
}

TEST(ResnetTest, MapsAreHalvedWhereTheStagesSay) {
  const auto sides = [](const ModelSpec& spec) {
    AdaResNet model(spec, 3, 10, 0);
    const torch::NoGradGuard no_grad;
    model->eval();
    Tensor x = model->Stem(torch::zeros({1, 3, 32, 32}));
    std::vector<int64_t> result{x.size(2)};
    for (size_t i = 0; i < model->blocks().size(); ++i) {
      x = model->blocks()[i]->forward(x);
      if (model->sites()[i].name.substr(6) == ".0") result.push_back(x.size(2));
    }
    return result;
  };
  EXPECT_EQ(sides(Resnet(18)), (std::vector<int64_t>{8, 8, 4, 2, 1}));
  EXPECT_EQ(sides(Resnet(50, Stem::kCifar)), (std::vector<int64_t>{32, 32, 16, 8, 4}));
}

TEST(ResnetTest, BottleneckSitesOfEveryGranularity) {
  ModelSpec spec = Resnet(50);
  spec.skip.granularity = Granularity::kBlockType;
  const AdaResNet by_type(spec, 3, 10, 0);
  ASSERT_EQ(by_type->sites().size(), 16u);
  EXPECT_EQ(by_type->sites()[0].group, "convolutional") << "projects, without stride";
  EXPECT_EQ(by_type->sites()[1].group, "identity");
  spec.skip.granularity = Granularity::kStage;
  EXPECT_EQ(AdaResNet(spec, 3, 10, 0)->sites()[15].group, "layer4");
  const int64_t plain = Parameters({3, 4, 6, 3}, true, 7, 10);
  EXPECT_EQ(AdaResNet(spec, 3, 10, 0)->ParameterCount(), plain + 4);
  spec.skip.granularity = Granularity::kBlock;
  EXPECT_EQ(AdaResNet(spec, 3, 10, 0)->ParameterCount(), plain + 16);
  spec.skip.granularity = Granularity::kChannel;
  const int64_t channels = 3 * 256 + 4 * 512 + 6 * 1024 + 3 * 2048;
  EXPECT_EQ(AdaResNet(spec, 3, 10, 0)->ParameterCount(), plain + channels);
}

TEST(ResnetTest, InitialValuesAreTorchvisions) {
  const AdaResNet model(Resnet(50), 3, 10, 0);
  const auto values = model->named_parameters();
  const auto sd = [&](const std::string& name) { return values[name].std().item<double>(); };
  EXPECT_NEAR(sd("layer4.1.conv2.weight"), std::sqrt(2.0 / (9 * 512)), 1e-4);
  EXPECT_NEAR(sd("layer4.1.conv3.weight"), std::sqrt(2.0 / 2048), 1e-4);
  const double limit = 1 / std::sqrt(2048.0);
  EXPECT_LE(values["fc.weight"].abs().max().item<double>(), limit);
  EXPECT_NEAR(sd("fc.weight"), limit / std::sqrt(3.0), limit / 50);
}

TEST(NormTest, WithoutNormsConvolutionsHaveBiasesOfZero) {
  for (const int64_t depth : {18, 50}) {
    ModelSpec spec = Resnet(depth);
    spec.norm = Norm::kNone;
    AdaResNet model(spec, 3, 10, 0);
    int64_t biases = 0;
    for (const auto& item : model->named_parameters()) {
      EXPECT_EQ(item.key().find("bn"), std::string::npos) << item.key();
      EXPECT_EQ(item.key().find("downsample.1"), std::string::npos) << item.key();
      if (item.key().find(".bias") == std::string::npos || item.key() == "fc.bias") continue;
      EXPECT_EQ(item.value().count_nonzero().item<int64_t>(), 0);
      ++biases;
    }
    EXPECT_EQ(biases, depth == 18 ? 20 : 53);
    EXPECT_TRUE(model->buffers().empty());
    EXPECT_EQ(model->forward(torch::randn({1, 3, 32, 32})).size(1), 10);
  }
}

TEST(NormTest, LastNormOfZeroStartsBlocksAsTheirSkip) {
  for (const int64_t depth : {18, 50}) {
    ModelSpec spec = Resnet(depth);
    spec.last_norm = LastNorm::kZero;
    AdaResNet model(spec, 3, 10, 0);
    const auto values = model->named_parameters();
    const std::string last = depth == 18 ? "bn2" : "bn3";
    EXPECT_EQ(values["layer2.0." + last + ".weight"].count_nonzero().item<int64_t>(), 0);
    EXPECT_EQ(values["layer2.0.bn1.weight"].min().item<float>(), 1);
    EXPECT_EQ(values["layer2.0.downsample.1.weight"].min().item<float>(), 1);
    const int64_t channels = depth == 18 ? 64 : 256;
    const Tensor x = torch::rand({2, channels, 8, 8});
    EXPECT_TRUE(torch::equal(model->blocks()[1]->forward(x), x)) << "which is not negative";
  }
}

TEST(NormTest, LastNormWithoutAffineMapHasNoParameters) {
  ModelSpec spec = Resnet(18);
  const int64_t affine = AdaResNet(spec, 3, 10, 0)->ParameterCount();
  spec.last_norm = LastNorm::kNoAffine;
  const AdaResNet model(spec, 3, 10, 0);
  EXPECT_EQ(model->ParameterCount(), affine - 2 * 2 * (64 + 128 + 256 + 512));
  EXPECT_FALSE(model->named_parameters().contains("layer1.0.bn2.weight"));
  EXPECT_TRUE(model->named_parameters().contains("layer1.0.bn1.weight"));
  EXPECT_TRUE(model->named_buffers().contains("layer1.0.bn2.running_var"));
}

}  // namespace
}  // namespace adares
