// What a step does to skip weights: nothing while they are frozen, and otherwise what the fields of
// `model.skip` say.
#include "worker/trainer/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/trainer/skip_weight_values.h"

namespace adares {
namespace {

using torch::Tensor;

constexpr double kRate = 0.05;
constexpr OptimizerKind kOptimizers[] = {OptimizerKind::kSgd, OptimizerKind::kNesterov,
                                         OptimizerKind::kAdam, OptimizerKind::kAdamW,
                                         OptimizerKind::kKerasAdam};

TrialSpec Spec(const SkipSpec& skip, OptimizerKind optimizer = OptimizerKind::kSgd) {
  TrialSpec spec;
  spec.model.skip = skip;
  spec.train.optimizer = optimizer;
  spec.train.momentum = 0;
  return spec;
}

SkipSpec Skip(double init = 0.5) {
  SkipSpec skip;
  skip.granularity = Granularity::kBlock;
  skip.init.value = init;
  return skip;
}

// A small network with its optimizer.
class Trial {
 public:
  explicit Trial(const TrialSpec& spec) : model_(spec.model, 3, 10, 4), optimizer_(spec, model_) {}

  void StartEpoch(int64_t epochs_done) { optimizer_.StartEpoch(epochs_done); }

  void Step() {
    torch::manual_seed(8);
    const Tensor pictures = torch::randn({4, 3, 8, 8});
    optimizer_.ClearGradients();
    const Tensor logits = model_->forward(pictures);
    torch::nn::functional::cross_entropy(logits, torch::tensor({1, 2, 3, 4})).backward();
    optimizer_.Step(kRate);
  }

  void FirstStep() {
    StartEpoch(0);
    Step();
  }

  std::vector<double> Values() const {
    std::vector<double> values;
    for (const auto& site : model_->sites()) values.push_back(ValueOf(site.weight));
    return values;
  }
  std::vector<double> Gradients() const {
    std::vector<double> gradients;
    for (const auto& site : model_->sites()) gradients.push_back(GradientOf(site.weight));
    return gradients;
  }
  Tensor Kernel() const { return model_->named_parameters()["layer1.0.conv1.weight"].clone(); }

 private:
  AdaResNet model_;
  TrialOptimizer optimizer_;
};

TEST(TrialOptimizerTest, SkipWeightsMoveByTheirGradient) {
  Trial trial(Spec(Skip()));
  trial.FirstStep();
  const std::vector<double> gradients = trial.Gradients();
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(trial.Values()[i], 0.5 - kRate * gradients[i], 1e-7);
    EXPECT_GT(std::abs(gradients[i]), 1e-4);
  }
}

TEST(TrialOptimizerTest, LearningRateOfSkipWeightsIsAMultiple) {
  Trial base(Spec(Skip()));
  base.FirstStep();
  SkipSpec skip = Skip();
  skip.lr_mult = 10;
  Trial trial(Spec(skip));
  trial.FirstStep();
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(trial.Gradients()[i], base.Gradients()[i]);
    EXPECT_NEAR(trial.Values()[i], 0.5 - 10 * kRate * base.Gradients()[i], 1e-6);
  }
  EXPECT_TRUE(torch::equal(trial.Kernel(), base.Kernel())) << "of skip weights alone";
}

TEST(TrialOptimizerTest, DecayPullsToItsCentreAndIsNoGradientOfTheLoss) {
  Trial base(Spec(Skip()));
  base.FirstStep();
  SkipSpec skip = Skip();
  skip.weight_decay = 0.3;
  skip.decay_centre = 2;
  Trial trial(Spec(skip));
  trial.FirstStep();
  for (size_t i = 0; i < 3; ++i) {
    const double gradient = base.Gradients()[i];
    EXPECT_EQ(trial.Gradients()[i], gradient);
    EXPECT_NEAR(trial.Values()[i], 0.5 - kRate * (gradient + 0.3 * (0.5 - 2)), 1e-6);
  }
  EXPECT_TRUE(torch::equal(trial.Kernel(), base.Kernel()));
}

TEST(TrialOptimizerTest, ClampedWeightsAreProjectedAfterEachStep) {
  SkipSpec skip = Skip();
  skip.constraint = {SkipConstraint::Kind::kClamp, 0.4, 0.6};
  skip.lr_mult = 1e6;
  Trial trial(Spec(skip));
  trial.FirstStep();
  for (size_t i = 0; i < 3; ++i) {
    const double bound = trial.Gradients()[i] > 0 ? 0.4 : 0.6;
    EXPECT_EQ(trial.Values()[i], static_cast<double>(static_cast<float>(bound)));
  }
}

TEST(TrialOptimizerTest, FrozenWeightsStayBitForBit) {
  for (const OptimizerKind optimizer : kOptimizers) {
    for (const Granularity granularity : {Granularity::kBlock, Granularity::kChannel}) {
      SkipSpec skip = Skip(0.1);
      skip.granularity = granularity;
      skip.train = SkipTraining::kFrozen;
      Trial trial(Spec(skip, optimizer));
      const std::vector<double> start = trial.Values();
      const Tensor kernel = trial.Kernel();
      trial.StartEpoch(0);
      for (int i = 0; i < 3; ++i) trial.Step();
      EXPECT_EQ(trial.Values(), start);
      for (const double gradient : trial.Gradients()) EXPECT_TRUE(std::isnan(gradient));
      EXPECT_FALSE(torch::equal(trial.Kernel(), kernel));
    }
  }
}

TEST(TrialOptimizerTest, FrozenEpochsKeepTheWeightsAndTheirGradients) {
  for (const OptimizerKind optimizer : kOptimizers) {
    SkipSpec skip = Skip();
    skip.frozen_epochs = 2;
    skip.weight_decay = 0.1;
    skip.constraint = {SkipConstraint::Kind::kClamp, 0, 1};
    Trial trial(Spec(skip, optimizer));
    const std::vector<double> start = trial.Values();
    for (const int64_t epochs_done : {0, 1}) {
      trial.StartEpoch(epochs_done);
      trial.Step();
      EXPECT_EQ(trial.Values(), start);
      for (const double gradient : trial.Gradients()) EXPECT_NE(gradient, 0);
      for (const double gradient : trial.Gradients()) EXPECT_TRUE(std::isfinite(gradient));
    }
    trial.StartEpoch(2);
    trial.Step();
    for (size_t i = 0; i < 3; ++i) EXPECT_NE(trial.Values()[i], start[i]);
  }
}

TEST(TrialOptimizerTest, BothWeightsOfASumMove) {
  SkipSpec skip = Skip();
  skip.placement = SkipPlacement::kBoth;
  const TrialSpec spec = Spec(skip);
  AdaResNet model(spec.model, 3, 10, 4);
  TrialOptimizer optimizer(spec, model);
  optimizer.StartEpoch(0);
  torch::nn::functional::cross_entropy(model->forward(torch::randn({4, 3, 8, 8})),
                                       torch::tensor({1, 2, 3, 4}))
      .backward();
  optimizer.Step(kRate);
  const auto values = model->named_parameters();
  EXPECT_NE(values["skip_weights.layer1.0"].item<float>(), 0.5f);
  EXPECT_NE(values["residual_weights.layer1.0"].item<float>(), 1.0f);
}

}  // namespace
}  // namespace adares
