// Gradients of whole networks by their skip weights: every granularity with every placement against
// central differences, in double.
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "worker/trainer/adaresnet.h"

namespace adares {
namespace {

using torch::Tensor;

class NetworkGradientTest : public testing::TestWithParam<std::tuple<Granularity, SkipPlacement>> {
};

TEST_P(NetworkGradientTest, EqualsCentralDifferences) {
  ModelSpec spec;
  spec.skip.granularity = std::get<0>(GetParam());
  spec.skip.placement = std::get<1>(GetParam());
  spec.skip.init.value = 0.7;
  AdaResNet model(spec, 3, 10, 2);
  model->to(torch::kFloat64);
  torch::manual_seed(3);
  const Tensor pictures = torch::randn({4, 3, 8, 8}, torch::kFloat64);
  const auto loss = [&] {
    return torch::nn::functional::cross_entropy(model->forward(pictures),
                                                torch::tensor({1, 2, 3, 4}));
  };
  loss().backward();
  const std::vector<Tensor> parameters = model->SkipParameters();
  ASSERT_FALSE(parameters.empty());
  const torch::NoGradGuard no_grad;
  for (const Tensor& parameter : parameters) {
    constexpr double kStep = 1e-6;
    Tensor last = parameter.view(-1)[parameter.numel() - 1];  // of the channels, one
    const double gradient = parameter.grad().view(-1)[parameter.numel() - 1].item<double>();
    last += kStep;
    const double above = loss().item<double>();
    last -= 2 * kStep;
    const double below = loss().item<double>();
    last += kStep;
    EXPECT_NEAR(gradient, (above - below) / (2 * kStep), 1e-7);
    EXPECT_NE(gradient, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, NetworkGradientTest,
    testing::Combine(testing::Values(Granularity::kUnified, Granularity::kStage,
                                     Granularity::kBlockType, Granularity::kBlock,
                                     Granularity::kChannel),
                     testing::Values(SkipPlacement::kSkip, SkipPlacement::kResidual,
                                     SkipPlacement::kBoth, SkipPlacement::kConvex,
                                     SkipPlacement::kSpherical)));

// What a network with frozen weights computes is what one with the same weights to learn computes.
TEST(FrozenNetworkTest, ComputesWhatTheLearningOneStartsWith) {
  for (const SkipPlacement placement :
       {SkipPlacement::kSkip, SkipPlacement::kResidual, SkipPlacement::kBoth,
        SkipPlacement::kConvex, SkipPlacement::kSpherical}) {
    ModelSpec spec;
    spec.skip.granularity = Granularity::kChannel;
    spec.skip.placement = placement;
    spec.skip.init = {SkipInit::Kind::kUniform, 0, 0, 1};
    torch::manual_seed(3);
    const Tensor pictures = torch::randn({2, 3, 8, 8});
    const Tensor learning = AdaResNet(spec, 3, 10, 2)->forward(pictures);
    spec.skip.train = SkipTraining::kFrozen;
    AdaResNet frozen(spec, 3, 10, 2);
    EXPECT_TRUE(frozen->SkipParameters().empty());
    EXPECT_TRUE(torch::equal(frozen->forward(pictures), learning));
  }
}

}  // namespace
}  // namespace adares
