// What optimizer and moving mean remember can be taken out and put into others, which then go on
// alike; and the mean itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/trainer/drawn_gradients.h"
#include "tests/trainer/skip_weight_values.h"
#include "worker/trainer/moving_mean.h"
#include "worker/trainer/optimizer.h"

namespace adares {
namespace {

using testing::HasSubstr;
using torch::Tensor;

TrialSpec Spec(OptimizerKind kind) {
  TrialSpec spec;
  spec.train.optimizer = kind;
  spec.model.skip.granularity = Granularity::kChannel;
  spec.model.skip.frozen_epochs = 1;
  return spec;
}

std::map<std::string, Tensor> CopiesByName(const std::map<std::string, Tensor>& tensors) {
  std::map<std::string, Tensor> copies;
  for (const auto& [name, tensor] : tensors) copies[name] = tensor.clone();
  return copies;
}

void CopyParameters(const AdaResNet& from, const AdaResNet& to) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> targets = to->parameters();
  for (size_t i = 0; i < targets.size(); ++i) targets[i].copy_(from->parameters()[i]);
}

TEST(OptimizerStateTest, RestoredOptimizerGoesOnBitForBit) {
  for (const OptimizerKind kind : {OptimizerKind::kSgd, OptimizerKind::kNesterov,
                                   OptimizerKind::kAdam, OptimizerKind::kKerasAdam}) {
    const TrialSpec spec = Spec(kind);
    AdaResNet model = SmallNetwork(spec.model);
    TrialOptimizer optimizer(spec, model);
    for (int step = 0; step < 4; ++step) {
      optimizer.StartEpoch(step / 2);  // skip weights have two steps of the four
      DrawGradients(model->parameters(), step, 0.1);
      optimizer.Step(0.01);
    }
    OptimizerState state = optimizer.State();
    EXPECT_EQ(state.steps.at("fc.weight"), 4);
    EXPECT_EQ(state.steps.at("skip_weights.layer1.0"), 2);
    state.first_moments = CopiesByName(state.first_moments);
    state.second_moments = CopiesByName(state.second_moments);

    AdaResNet other = SmallNetwork(spec.model);
    CopyParameters(model, other);
    TrialOptimizer resumed(spec, other);
    ASSERT_TRUE(resumed.Restore(state).ok());
    resumed.StartEpoch(1);
    for (const AdaResNet& network : {model, other}) DrawGradients(network->parameters(), 9, 0.1);
    optimizer.Step(0.01);
    resumed.Step(0.01);
    for (size_t i = 0; i < model->parameters().size(); ++i) {
      EXPECT_TRUE(torch::equal(model->parameters()[i], other->parameters()[i]));
    }
  }
}

TEST(OptimizerStateTest, StateHoldsWhatTheRuleNeedsAndNoMore) {
  const auto sizes = [](const TrialSpec& spec) {
    const AdaResNet model = SmallNetwork(spec.model);
    const OptimizerState state = TrialOptimizer(spec, model).State();
    return std::pair(state.first_moments.size(), state.second_moments.size());
  };
  const size_t all = SmallNetwork(Spec(OptimizerKind::kSgd).model)->parameters().size();
  TrialSpec plain = Spec(OptimizerKind::kSgd);
  plain.train.momentum = 0;
  EXPECT_EQ(sizes(plain), std::pair(size_t{0}, size_t{0}));
  EXPECT_EQ(sizes(Spec(OptimizerKind::kSgd)), std::pair(all, size_t{0}));
  EXPECT_EQ(sizes(Spec(OptimizerKind::kAdamW)), std::pair(all, all));
}

TEST(OptimizerStateTest, StateOfAnotherTrialIsRefusedByName) {
  const TrialSpec spec = Spec(OptimizerKind::kAdam);
  const AdaResNet model = SmallNetwork(spec.model);
  TrialOptimizer optimizer(spec, model);
  const auto message = [&](const OptimizerState& state) {
    return std::string(optimizer.Restore(state).message());
  };
  OptimizerState state = optimizer.State();
  state.first_moments.erase("fc.bias");
  EXPECT_THAT(message(state), HasSubstr("fc.bias has no moments"));
  state = optimizer.State();
  state.second_moments["fc.bias"] = torch::zeros({11});
  EXPECT_THAT(message(state), HasSubstr("fc.bias have another shape or type"));
  state = optimizer.State();
  state.second_moments["fc.bias"] = state.second_moments["fc.bias"].to(torch::kFloat64);
  EXPECT_THAT(message(state), HasSubstr("fc.bias have another shape or type"));
  state = optimizer.State();
  state.second_moments["fc.other"] = torch::zeros({1});
  EXPECT_THAT(message(state), HasSubstr("fc.other are not expected"));
  state = optimizer.State();
  state.steps["fc.other"] = 1;
  EXPECT_THAT(message(state), HasSubstr("no parameter fc.other"));
  state.steps.erase("fc.other");
  state.steps.erase("fc.bias");
  EXPECT_THAT(message(state), HasSubstr("fc.bias has no count"));
}

// Twenty steps by hand; the share of the old mean rises from 2 / 11 to the limit.
TEST(MovingMeanTest, FollowsTheParametersWithARisingShareOfTheOldMean) {
  AdaResNet model = SmallNetwork({});
  Tensor bias = model->named_parameters()["fc.bias"].detach();
  bias.fill_(3);
  MovingMean mean(0.6, model);
  double expected = 3;
  for (int n = 1; n <= 20; ++n) {
    bias.fill_(n * n);
    mean.Update();
    const double share = std::min(0.6, (1.0 + n) / (10.0 + n));
    expected = share * expected + (1 - share) * n * n;
    EXPECT_NEAR(mean.State().means.at("fc.bias")[0].item<double>(), expected, 1e-4);
  }
  EXPECT_EQ(mean.State().updates, 20);
  EXPECT_EQ(bias[0].item<float>(), 400);
}

TEST(MovingMeanTest, StandsInForTheParametersForAWhile) {
  TrialSpec spec = Spec(OptimizerKind::kSgd);
  AdaResNet model = SmallNetwork(spec.model);
  MovingMean mean(0.9, model);
  const std::vector<Tensor> before = Copies(model->parameters());
  for (Tensor parameter : model->parameters()) parameter.detach().add_(1);
  mean.Update();  // 2/11 of the start and 9/11 of what is 1 more
  {
    const MovingMean::InPlace in_place(mean);
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_TRUE(torch::allclose(model->parameters()[i], before[i] + 9.0 / 11, 1e-5, 1e-5));
    }
    EXPECT_NEAR(ValueOf(model->sites()[0].weight), 1 + 9.0 / 11, 1e-6);
  }
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(torch::equal(model->parameters()[i], before[i] + 1));
  }
  EXPECT_EQ(ValueOf(model->sites()[0].weight), 2);
}

TEST(MovingMeanTest, BeginsAnewFromTheParametersAsTheyAre) {
  AdaResNet model = SmallNetwork({});
  MovingMean mean(0.9, model);
  mean.Update();
  for (Tensor parameter : model->parameters()) parameter.detach().add_(1);
  mean.Begin();
  EXPECT_EQ(mean.State().updates, 0);
  EXPECT_TRUE(torch::equal(mean.State().means.at("fc.bias"),
                           model->named_parameters()["fc.bias"].detach()));
}

TEST(MovingMeanTest, RestoredMeanGoesOn) {
  AdaResNet model = SmallNetwork({});
  MovingMean mean(0.9, model);
  for (Tensor parameter : model->parameters()) parameter.detach().add_(1);
  mean.Update();
  MovingMean other(0.9, SmallNetwork({}));
  ASSERT_TRUE(other.Restore(mean.State()).ok());
  EXPECT_EQ(other.State().updates, 1);
  EXPECT_TRUE(torch::equal(other.State().means.at("fc.bias"), mean.State().means.at("fc.bias")));
  MovingMean none(0, model);
  EXPECT_FALSE(none.Restore(mean.State()).ok());
  EXPECT_FALSE(mean.Restore(none.State()).ok());
  EXPECT_TRUE(none.State().means.empty());
}

}  // namespace
}  // namespace adares
