// Steps by numbers in memory, here with the CPU's loops, beside the optimizer's own steps.
#include "worker/trainer/device_update.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/trainer/drawn_gradients.h"
#include "worker/trainer/moving_mean.h"
#include "worker/trainer/optimizer.h"

namespace adares {
namespace {

using torch::Tensor;

constexpr int64_t kSteps = 6;

// A network, its optimizer and its mean.
struct Trial {
  explicit Trial(const TrialSpec& spec)
      : model(SmallNetwork(spec.model)),
        optimizer(spec, model),
        mean(spec.train.ema_decay, model) {}

  std::vector<Tensor> Results() const {
    std::vector<Tensor> all = model->parameters();
    const OptimizerState state = optimizer.State();
    for (const auto& [name, moment] : state.first_moments) all.push_back(moment);
    for (const auto& [name, moment] : state.second_moments) all.push_back(moment);
    for (const auto& [name, value] : mean.State().means) all.push_back(value);
    return all;
  }
  AdaResNet model;
  TrialOptimizer optimizer;
  MovingMean mean;
};

double RateOf(int64_t step) { return 0.01 / static_cast<double>(1 + step); }

// An epoch of steps by the optimizer itself.
void StepByStep(Trial& trial, int64_t epoch) {
  trial.optimizer.StartEpoch(epoch);
  for (int64_t step = 0; step < kSteps; ++step) {
    DrawGradients(trial.model->parameters(), static_cast<int>(epoch * kSteps + step), 0.1);
    trial.optimizer.Step(RateOf(step));
    trial.mean.Update();
  }
}

// The same by DeviceUpdate with all numbers of the epoch known before.
void StepAhead(Trial& trial, const TrialSpec& spec, int64_t epoch) {
  trial.optimizer.StartEpoch(epoch);
  std::vector<DeviceParameter> parameters = trial.optimizer.OnDevice();
  for (DeviceParameter& each : parameters) each.mean = trial.mean.MeanOf(each.parameter);
  std::vector<std::vector<ElementNumbers>> numbers;
  for (int64_t step = 0; step < kSteps; ++step) {
    numbers.push_back(trial.optimizer.NumbersAhead(step, RateOf(step)));
    for (ElementNumbers& each : numbers.back()) {
      each.mean_step = static_cast<float>(trial.mean.StepAhead(step));
    }
  }
  const Tensor table = NumbersTable(numbers);
  Tensor counter = torch::zeros({}, torch::kInt64);
  const DeviceUpdate update(trial.optimizer.rule(), spec.train.clip_norm, nullptr);
  for (int64_t step = 0; step < kSteps; ++step) {
    DrawGradients(trial.model->parameters(), static_cast<int>(epoch * kSteps + step), 0.1);
    update.Apply(parameters, table, counter);
    counter += 1;
    trial.optimizer.CountStep();
    trial.mean.CountUpdate();
  }
}

void ExpectSameResults(const TrialSpec& spec) {
  Trial one(spec);
  Trial other(spec);
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    StepByStep(one, epoch);
    StepAhead(other, spec, epoch);
  }
  const std::vector<Tensor> expected = one.Results();
  const std::vector<Tensor> results = other.Results();
  const std::vector<Tensor> start = Trial(spec).Results();
  ASSERT_EQ(results.size(), expected.size());
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_TRUE(torch::allclose(results[i], expected[i], 1e-5, 1e-7)) << i;
  }
  EXPECT_FALSE(torch::allclose(results[0], start[0], 1e-3, 1e-3));
  EXPECT_EQ(one.optimizer.State().steps, other.optimizer.State().steps);
  EXPECT_EQ(one.mean.State().updates, other.mean.State().updates);
}

TrialSpec Spec(OptimizerKind kind) {
  TrialSpec spec;
  spec.train.optimizer = kind;
  spec.train.weight_decay = 0.02;
  spec.model.skip.granularity = Granularity::kBlock;
  spec.model.skip.init.value = 0.5;
  spec.model.skip.lr_mult = 3;
  spec.model.skip.weight_decay = 0.1;
  spec.model.skip.decay_centre = 1;
  return spec;
}

const std::vector<OptimizerKind> kKinds = {OptimizerKind::kSgd, OptimizerKind::kNesterov,
                                           OptimizerKind::kAdam, OptimizerKind::kAdamW,
                                           OptimizerKind::kKerasAdam};

TEST(DeviceUpdateTest, AllOptimizersMoveAsStepByStep) {
  for (const OptimizerKind kind : kKinds) {
    SCOPED_TRACE(int(kind));
    ExpectSameResults(Spec(kind));
  }
  TrialSpec without_momentum = Spec(OptimizerKind::kSgd);
  without_momentum.train.momentum = 0;
  ExpectSameResults(without_momentum);
}

TEST(DeviceUpdateTest, ClippingAndMovingMeanAreTheSame) {
  for (const OptimizerKind kind : kKinds) {
    SCOPED_TRACE(int(kind));
    TrialSpec spec = Spec(kind);
    spec.train.clip_norm = 0.7;
    spec.train.ema_decay = 0.6;  // above the share of the first updates, below that of the last
    ExpectSameResults(spec);
  }
}

TEST(DeviceUpdateTest, SkipWeightsStayAndKeepTheirRange) {
  for (const OptimizerKind kind : kKinds) {
    SCOPED_TRACE(int(kind));
    TrialSpec spec = Spec(kind);
    spec.model.skip.frozen_epochs = 1;
    spec.model.skip.constraint = {SkipConstraint::Kind::kClamp, 0.495, 0.505};
    spec.train.ema_decay = 0.9;
    ExpectSameResults(spec);
  }
}

TEST(DeviceUpdateTest, EndlessGradientsAreNeitherShortenedNorHidden) {
  TrialSpec spec = Spec(OptimizerKind::kAdam);
  spec.model.skip.constraint = {SkipConstraint::Kind::kClamp, 0, 1};
  spec.train.clip_norm = 0.7;
  Trial trial(spec);
  trial.optimizer.StartEpoch(0);
  DrawGradients(trial.model->parameters(), 1, 0.1);
  trial.model->SkipParameters()[0].mutable_grad().fill_(std::numeric_limits<double>::quiet_NaN());
  const Tensor table = NumbersTable({trial.optimizer.NumbersAhead(0, 0.1)});
  DeviceUpdate(trial.optimizer.rule(), spec.train.clip_norm, nullptr)
      .Apply(trial.optimizer.OnDevice(), table, torch::zeros({}, torch::kInt64));
  EXPECT_TRUE(trial.model->SkipParameters()[0].isnan().item<bool>());
  EXPECT_TRUE(trial.model->SkipParameters()[1].isfinite().item<bool>());
}

}  // namespace
}  // namespace adares
