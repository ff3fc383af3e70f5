// Keras' ResNet50 on 32 pixels: its table of layers, and where it differs from torchvision's.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "worker/trainer/adaresnet.h"

namespace adares {
namespace {

using torch::Tensor;

ModelSpec Keras() {
  ModelSpec spec;
  spec.family = Family::kPaper;
  spec.depth = 50;
  return spec;
}

int64_t ParametersBelow(const AdaResNet& model, const std::string& prefix) {
  int64_t count = 0;
  for (const auto& item : model->named_parameters()) {
    if (item.key().rfind(prefix, 0) == 0) count += item.value().numel();
  }
  return count;
}

TEST(KerasResnet50Test, ParametersOfEachBlockAndStage) {
  const AdaResNet model(Keras(), 3, 10, 0);
  EXPECT_EQ(ParametersBelow(model, "conv1.") + ParametersBelow(model, "bn1."), 9600);
  struct Row {
    int64_t blocks, first, other, stage;
  };
  const std::vector<Row> rows{{3, 75648, 70784, 217216},
                              {4, 380672, 280832, 1223168},
                              {6, 1515008, 1118720, 7108608},
                              {3, 6044672, 4465664, 14976000}};
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string stage = "layer" + std::to_string(i + 1) + ".";
    EXPECT_EQ(ParametersBelow(model, stage + "0."), rows[i].first) << stage;
    for (int64_t block = 1; block < rows[i].blocks; ++block) {
      EXPECT_EQ(ParametersBelow(model, stage + std::to_string(block) + "."), rows[i].other);
    }
    EXPECT_EQ(ParametersBelow(model, stage), rows[i].stage) << stage;
  }
  EXPECT_EQ(ParametersBelow(model, "fc."), 20490);
  EXPECT_EQ(model->ParameterCount(), 23555082);
  int64_t moving = 0;
  for (const auto& item : model->named_buffers()) {
    if (item.key().find("running_") != std::string::npos) moving += item.value().numel();
  }
  EXPECT_EQ(moving, 53120);
}

TEST(KerasResnet50Test, MapsAfterTheStemAndEachStage) {
  AdaResNet model(Keras(), 3, 10, 0);
  const torch::NoGradGuard no_grad;
  model->eval();
  Tensor x = model->Stem(torch::zeros({1, 3, 32, 32}));
  EXPECT_EQ(x.sizes(), torch::IntArrayRef({1, 64, 8, 8}));
  std::vector<std::vector<int64_t>> shapes;
  for (size_t i = 0; i < model->blocks().size(); ++i) {
    x = model->blocks()[i]->forward(x);
    if (i == 2 || i == 6 || i == 12 || i == 15) shapes.push_back(x.sizes().vec());
  }
  EXPECT_EQ(shapes, (std::vector<std::vector<int64_t>>{
                        {1, 256, 8, 8}, {1, 512, 4, 4}, {1, 1024, 2, 2}, {1, 2048, 1, 1}}));
}

// Padding written out, as Keras' program has it.
TEST(KerasResnet50Test, StemPadsByZerosAndThenTakesWhatFits) {
  AdaResNet model(Keras(), 3, 10, 0);
  const torch::NoGradGuard no_grad;
  const auto values = model->named_parameters();
  values["conv1.bias"].fill_(0.2);
  values["bn1.bias"].fill_(-0.1);
  model->eval();
  const Tensor x = torch::randn({2, 3, 32, 32});
  Tensor y = torch::conv2d(torch::constant_pad_nd(x, {3, 3, 3, 3}), values["conv1.weight"],
                           values["conv1.bias"], 2);
  EXPECT_EQ(y.size(2), 16);
  y = torch::relu(y / std::sqrt(1 + 1.001e-5) - 0.1);  // running mean 0 and variance 1
  y = torch::max_pool2d(torch::constant_pad_nd(y, {1, 1, 1, 1}, 0), 3, 2);
  EXPECT_TRUE(torch::allclose(model->Stem(x), y, 1e-5, 1e-5));
}

TEST(KerasResnet50Test, StrideStandsInTheFirstConvolution) {
  AdaResNet model(Keras(), 3, 10, 0);
  const torch::NoGradGuard no_grad;
  model->eval();
  ResidualBlock& block = model->blocks()[3];
  const Tensor x = torch::rand({1, 256, 8, 8});
  Tensor changed = x.clone();
  changed.slice(2, 1, 8, 2).add_(1);  // rows that a 1x1 with stride 2 skips
  EXPECT_TRUE(torch::equal(block->forward(x), block->forward(changed)));
}

TEST(KerasResnet50Test, NormalisationAndInitialValuesAreKeras) {
  const AdaResNet model(Keras(), 3, 10, 0);
  for (const auto& module : model->modules()) {
    const auto* norm = module->as<BatchNormImpl>();
    if (norm == nullptr) continue;
    EXPECT_EQ(norm->eps(), 1.001e-5);
    EXPECT_EQ(norm->momentum(), 0.01);
  }
  const auto values = model->named_parameters();
  const double limit = std::sqrt(6.0 / (9 * (512 + 512)));
  EXPECT_LE(values["layer4.1.conv2.weight"].abs().max().item<double>(), limit);
  EXPECT_NEAR(values["layer4.1.conv2.weight"].std().item<double>(), limit / std::sqrt(3.0), 1e-4);
  EXPECT_EQ(values["layer4.1.conv3.bias"].count_nonzero().item<int64_t>(), 0);
  EXPECT_EQ(values["fc.bias"].count_nonzero().item<int64_t>(), 0);
}

}  // namespace
}  // namespace adares
