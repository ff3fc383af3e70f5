// Training without the taps that only ever see padding is training with them.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/skip_weight_values.h"
#include "tests/trainer/update_by_operations.h"
#include "worker/trainer/adaresnet.h"
#include "worker/trainer/optimizer.h"
#include "worker/trainer/tensor_file.h"

namespace adares {
namespace {

using torch::Tensor;

TrialSpec Paper(OptimizerKind optimizer) {
  TrialSpec spec;
  spec.model.family = Family::kPaper;
  spec.model.depth = 18;
  spec.model.skip = {Granularity::kBlock, {SkipInit::Kind::kConstant, 1, 0}};
  spec.train.optimizer = optimizer;
  spec.train.lr = 1e-3;
  return spec;
}

Tensor Pictures(int64_t step, torch::Dtype type) {
  torch::manual_seed(step);
  return torch::randn({8, 3, 32, 32}, type);
}

void Learn(AdaResNet& model, int64_t step, torch::Dtype type) {
  const Tensor labels = torch::tensor({0, 1, 2, 3, 4, 5, 6, 7});
  torch::nn::functional::cross_entropy(model->forward(Pictures(step, type)), labels).backward();
}

std::map<std::string, Tensor> Kernels(const AdaResNet& model) {
  std::map<std::string, Tensor> kernels;
  for (const auto& item : model->named_modules("", false)) {
    const auto* convolution = item.value()->as<ConvolutionImpl>();
    if (convolution == nullptr) continue;
    kernels[item.key()] = convolution->FullKernel().detach().clone();
  }
  return kernels;
}

// Which taps of the published network are live on 32 pixels; design of the network, not the code's.
Tensor LiveMask(const std::string& layer, const Tensor& kernel) {
  Tensor mask = torch::ones({kernel.size(2), kernel.size(3)}, torch::kBool);
  if (kernel.size(2) != 3) return mask;
  const bool third = layer.rfind("layer3", 0) == 0;
  const bool fourth = layer.rfind("layer4", 0) == 0;
  if (!third && !fourth) return mask;
  mask.fill_(false);
  if (layer == "layer3.0.conv1") {
    mask.narrow(0, 0, 2).narrow(1, 0, 2).fill_(true);
  } else {
    mask[1][1] = true;
  }
  return mask;
}

Tensor Taps(const Tensor& kernel, const Tensor& mask) {
  return kernel.permute({2, 3, 0, 1}).index({mask});
}

// Adam over all parameters of a network in double, so that its division by small roots does not
// blow rounding up.
class AdamInDouble {
 public:
  explicit AdamInDouble(const AdaResNet& model) {
    for (const Tensor& parameter : model->parameters()) {
      updates_.push_back({parameter.detach(),
                          {},
                          torch::zeros_like(parameter),
                          torch::zeros_like(parameter),
                          {.rate = 1e-3, .epsilon = 1e-7}});
    }
  }

  void Step(const AdaResNet& model) {
    const std::vector<Tensor> parameters = model->parameters();
    for (size_t i = 0; i < parameters.size(); ++i) {
      updates_[i].gradient = parameters[i].grad().clone();
      parameters[i].mutable_grad().zero_();
    }
    UpdateByOperations(UpdateRule::kAdam, updates_);
  }

 private:
  std::vector<ParameterUpdate> updates_;
};

TEST(DeadTapsTest, StepsWithAndWithoutThemAreTheSame) {
  const TrialSpec spec = Paper(OptimizerKind::kAdam);
  AdaResNet with(spec.model, 3, 10, 3);
  AdaResNet without(spec.model, 3, 10, 3);
  with->to(torch::kFloat64);
  without->to(torch::kFloat64);
  const std::map<std::string, Tensor> initial = Kernels(with);
  without->DropDeadTaps(32, 32);
  ASSERT_TRUE(without->is_training());
  AdamInDouble adam_with(with);
  AdamInDouble adam_without(without);
  for (int64_t step = 0; step < 3; ++step) {
    Learn(with, step, torch::kFloat64);
    Learn(without, step, torch::kFloat64);
    adam_with.Step(with);
    adam_without.Step(without);
  }
  const std::map<std::string, Tensor> expected = Kernels(with);
  int64_t dead_weights = 0;
  for (const auto& [layer, kernel] : Kernels(without)) {
    const Tensor live = LiveMask(layer, kernel);
    EXPECT_TRUE(torch::equal(Taps(kernel, ~live), Taps(initial.at(layer), ~live))) << layer;
    EXPECT_TRUE(torch::equal(Taps(expected.at(layer), ~live), Taps(initial.at(layer), ~live)));
    // Three steps of 1e-3 each; what moved by them agrees to a millionth.
    const Tensor moved = Taps(kernel, live) - Taps(initial.at(layer), live);
    EXPECT_GT(moved.abs().max().item<double>(), 1e-3) << layer;
    const Tensor difference = Taps(kernel, live) - Taps(expected.at(layer), live);
    EXPECT_LT(difference.abs().max().item<double>(), 1e-9) << layer;
    dead_weights += Taps(kernel, ~live).numel();
  }
  EXPECT_EQ(dead_weights, 9076736);
  for (size_t i = 0; i < with->sites().size(); ++i) {
    EXPECT_NEAR(ValueOf(without->sites()[i].weight), ValueOf(with->sites()[i].weight), 1e-9);
  }
}

TEST(DeadTapsTest, GradientsInFloatAgreeToRounding) {
  const TrialSpec spec = Paper(OptimizerKind::kSgd);
  AdaResNet with(spec.model, 3, 10, 3);
  AdaResNet without(spec.model, 3, 10, 3);
  without->DropDeadTaps(32, 32);
  Learn(with, 0, torch::kFloat32);
  Learn(without, 0, torch::kFloat32);
  const auto parameters = without->named_parameters();
  for (const auto& item : with->named_parameters()) {
    Tensor expected = item.value().grad();
    const Tensor own = parameters[item.key()].grad();
    if (expected.dim() == 4) {
      const std::string layer = item.key().substr(0, item.key().rfind('.'));
      const Tensor live = LiveMask(layer, expected);
      EXPECT_EQ(Taps(expected, ~live).count_nonzero().item<int64_t>(), 0) << layer;
      expected = Taps(expected, live);
      const Tensor all = torch::ones({own.size(2), own.size(3)}, torch::kBool);
      ASSERT_EQ(Taps(own, all).sizes(), expected.sizes()) << layer;
      // Sums of some thousand products in another order, through some twenty layers.
      const double scale = expected.norm().item<double>();
      EXPECT_LT((Taps(own, all) - expected).norm().item<double>(), 1e-3 * scale) << layer;
    }
  }
}

TEST(DeadTapsTest, TheOptimizerHasLessToDoAndTheCountStays) {
  AdaResNet model(Paper(OptimizerKind::kAdam).model, 3, 10, 3);
  model->DropDeadTaps(32, 32);
  int64_t held = 0;
  for (const Tensor& parameter : model->parameters()) held += parameter.numel();
  EXPECT_EQ(held, 11190738 - 9076736);
  EXPECT_EQ(model->ParameterCount(), 11190738);
  ModelSpec deep = Paper(OptimizerKind::kAdam).model;
  deep.depth = 50;
  AdaResNet keras(deep, 3, 10, 3);
  const int64_t all = keras->ParameterCount();
  keras->DropDeadTaps(32, 32);
  held = 0;
  for (const Tensor& parameter : keras->parameters()) held += parameter.numel();
  EXPECT_EQ(held, all - 6291456);
}

TEST(DeadTapsTest, NetworksWithoutDeadTapsStayAsTheyAre) {
  AdaResNet model(ModelSpec{}, 3, 10, 3);
  AdaResNet other(ModelSpec{}, 3, 10, 3);
  model->DropDeadTaps(32, 32);
  const Tensor x = Pictures(1, torch::kFloat32);
  EXPECT_TRUE(torch::equal(model->forward(x), other->forward(x)));
  EXPECT_EQ(model->named_parameters()["layer3.0.conv1.weight"].size(2), 3);
}

TEST(DeadTapsTest, PicturesOfAnotherSizeAreRefused) {
  AdaResNet model(Paper(OptimizerKind::kAdam).model, 3, 10, 3);
  model->DropDeadTaps(32, 32);
  model->eval();
  const torch::NoGradGuard no_grad;
  EXPECT_ANY_THROW(model->forward(torch::zeros({1, 3, 64, 64})));
}

TEST(DeadTapsTest, FilesHoldWholeKernelsBothWays) {
  const ModelSpec spec = Paper(OptimizerKind::kAdam).model;
  const fixtures::TempFolder folder;
  const std::string path = folder / "model.safetensors";
  AdaResNet without(spec, 3, 10, 3);
  without->DropDeadTaps(32, 32);
  {
    const torch::NoGradGuard no_grad;
    for (Tensor& parameter : without->parameters()) parameter.add_(0.25);
  }
  ASSERT_TRUE(SaveModule(*without, {}, path).ok());
  AdaResNet whole(spec, 3, 10, 4);
  ASSERT_TRUE(LoadModule(*whole, path).ok());
  EXPECT_EQ(whole->named_parameters()["layer4.1.conv1.weight"].size(2), 3);
  AdaResNet dropped(spec, 3, 10, 5);
  dropped->DropDeadTaps(32, 32);
  ASSERT_TRUE(LoadModule(*dropped, path).ok());
  const std::map<std::string, Tensor> saved = Kernels(without);
  for (const auto& [layer, kernel] : Kernels(whole)) {
    EXPECT_TRUE(torch::equal(kernel, saved.at(layer))) << layer;
    EXPECT_TRUE(torch::equal(Kernels(dropped).at(layer), saved.at(layer))) << layer;
  }
  const auto values = dropped->named_parameters();
  for (const auto& item : without->named_parameters()) {
    EXPECT_TRUE(torch::equal(values[item.key()], item.value())) << item.key();
  }
}

}  // namespace
}  // namespace adares
