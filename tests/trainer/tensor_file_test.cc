// Networks in files: their state comes back bit by bit, and only into a network that it fits.
#include "worker/trainer/tensor_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/skip_weight_values.h"
#include "worker/trainer/adaresnet.h"

namespace adares {
namespace {

using fixtures::ReadTextFile;
using safetensors::Metadata;
using testing::AllOf;
using testing::HasSubstr;
using torch::Tensor;

AdaResNet Network(int64_t depth, int64_t seed, int64_t channels = 3) {
  ModelSpec spec;
  spec.depth = depth;
  spec.skip = {Granularity::kBlock, {SkipInit::Kind::kNormal, 0.5, 0.1}};
  return AdaResNet(spec, channels, 10, seed);
}

// A step's worth of batch norm, so that the buffers have values of their own.
AdaResNet UsedNetwork(int64_t depth, int64_t seed) {
  AdaResNet model = Network(depth, seed);
  torch::manual_seed(seed);
  model->forward(torch::randn({4, 3, 32, 32}));
  return model;
}

void MakeChannelsLast(AdaResNet& model) {
  const torch::NoGradGuard no_grad;
  for (Tensor& parameter : model->parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
}

// Bit by bit, whatever the memory formats.
void ExpectEqualStates(const AdaResNet& a, const AdaResNet& b) {
  const auto expect_equal = [](const std::string& name, const Tensor& x, const Tensor& y) {
    const Tensor left = x.detach().contiguous();
    const Tensor right = y.detach().contiguous();
    ASSERT_EQ(left.nbytes(), right.nbytes()) << name;
    EXPECT_EQ(std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()), 0) << name;
  };
  for (const auto& item : a->named_parameters()) {
    expect_equal(item.key(), item.value(), b->named_parameters()[item.key()]);
  }
  for (const auto& item : a->named_buffers()) {
    expect_equal(item.key(), item.value(), b->named_buffers()[item.key()]);
  }
}

class TensorFileTest : public testing::Test {
 protected:
  std::string LoadError(AdaResNet& model) const {
    const auto loaded = LoadModule(*model, path_);
    if (loaded.ok()) return "no error";
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kFailedPrecondition);
    return std::string(loaded.status().message());
  }

  fixtures::TempFolder folder_;
  const std::string path_ = folder_ / "model.safetensors";
};

TEST_F(TensorFileTest, StateComesBackBitByBit) {
  const AdaResNet saved = UsedNetwork(8, 1);
  ASSERT_TRUE(SaveModule(*saved, {{"format", "pt"}}, path_).ok());
  AdaResNet loaded = Network(8, 2);
  const auto metadata = LoadModule(*loaded, path_);
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(*metadata, (Metadata{{"format", "pt"}}));
  ExpectEqualStates(saved, loaded);
  EXPECT_EQ(loaded->named_buffers()["bn1.num_batches_tracked"].item<int64_t>(), 1);
  EXPECT_EQ(ValueOf(loaded->sites()[0].weight), ValueOf(saved->sites()[0].weight));
}

TEST_F(TensorFileTest, MemoryFormatIsTheNetworksOwn) {
  AdaResNet saved = UsedNetwork(8, 1);
  ASSERT_TRUE(SaveModule(*saved, {}, path_).ok());
  const std::string row_major = ReadTextFile(path_);
  MakeChannelsLast(saved);
  ASSERT_TRUE(SaveModule(*saved, {}, path_).ok());
  EXPECT_EQ(ReadTextFile(path_), row_major) << "files are row-major";
  AdaResNet loaded = Network(8, 2);
  MakeChannelsLast(loaded);
  ASSERT_TRUE(LoadModule(*loaded, path_).ok());
  ExpectEqualStates(saved, loaded);
  const Tensor kernel = loaded->named_parameters()["layer1.0.conv1.weight"];
  EXPECT_TRUE(kernel.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_FALSE(kernel.is_contiguous());
  EXPECT_TRUE(kernel.requires_grad());
}

TEST_F(TensorFileTest, NamesAndTypesAreTorchvisions) {
  ASSERT_TRUE(SaveModule(*UsedNetwork(8, 1), {}, path_).ok());
  const auto file = safetensors::ReadFile(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  std::map<std::string, std::string> types;
  for (const auto& tensor : file->tensors()) {
    types[tensor.name] =
        std::string(Name(tensor.dtype)) + " " + std::to_string(tensor.shape.size());
  }
  EXPECT_EQ(types["layer2.0.downsample.0.weight"], "F32 4");
  EXPECT_EQ(types["layer3.0.bn2.running_var"], "F32 1");
  EXPECT_EQ(types["bn1.num_batches_tracked"], "I64 0");
  EXPECT_EQ(types["skip_weights.layer1.0"], "F32 0");
  EXPECT_EQ(types["fc.weight"], "F32 2");
}

TEST_F(TensorFileTest, AnotherDepthIsRefusedWithTheNames) {
  ASSERT_TRUE(SaveModule(*UsedNetwork(8, 1), {}, path_).ok());
  AdaResNet deeper = Network(14, 2);
  EXPECT_THAT(LoadError(deeper),
              AllOf(HasSubstr(path_), HasSubstr("it lacks \"layer1.1.bn1.bias\""),
                    HasSubstr("more"), HasSubstr("the network that it was saved from")));
  ExpectEqualStates(deeper, Network(14, 2));
  ASSERT_TRUE(SaveModule(*deeper, {}, path_).ok());
  AdaResNet shallower = Network(8, 3);
  EXPECT_THAT(LoadError(shallower), HasSubstr("the network does not have \"layer1.1.bn1.bias\""));
}

TEST_F(TensorFileTest, AnotherShapeOrTypeIsRefused) {
  ASSERT_TRUE(SaveModule(*UsedNetwork(8, 1), {}, path_).ok());
  AdaResNet gray = Network(8, 1, 1);
  EXPECT_THAT(LoadError(gray), HasSubstr("it differs in \"conv1.weight\" (F32 [16, 3, 3, 3], the "
                                         "network has F32 [16, 1, 3, 3])"));
  AdaResNet precise = Network(8, 1);
  precise->to(torch::kFloat64);
  EXPECT_THAT(LoadError(precise), HasSubstr("\"bn1.bias\" (F32 [16], the network has F64 [16])"));
}

TEST_F(TensorFileTest, WhatSafetensorsLacksIsNotWritten) {
  torch::nn::Module module;
  module.register_buffer("phase", torch::zeros({2}, torch::kComplexFloat));
  EXPECT_THAT(std::string(SaveModule(module, {}, path_).message()),
              AllOf(HasSubstr("\"phase\""), HasSubstr("convert it first")));
  EXPECT_EQ(ReadTextFile(path_), "");
}

TEST_F(TensorFileTest, BytesOfTruthAreReadAsZeroOrNot) {
  const uint8_t bytes[] = {0, 1, 2};
  ASSERT_TRUE(
      safetensors::WriteFile(path_, {{"mask", safetensors::DType::kBool, {3}, bytes}}, {}).ok());
  torch::nn::Module module;
  module.register_buffer("mask", torch::zeros({3}, torch::kBool));
  ASSERT_TRUE(LoadModule(module, path_).ok());
  EXPECT_TRUE(torch::equal(module.named_buffers()["mask"], torch::tensor({false, true, true})));
}

}  // namespace
}  // namespace adares
