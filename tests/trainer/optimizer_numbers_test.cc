// The optimizers' steps against LibTorch's, and against formulas in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "tests/trainer/drawn_gradients.h"
#include "worker/trainer/optimizer.h"

namespace adares {
namespace {

using torch::Tensor;
namespace optim = torch::optim;

constexpr double kDecay = 0.02;
constexpr int kSteps = 25;

TrialSpec Spec(OptimizerKind kind, double rate) {
  TrialSpec spec;
  spec.train.optimizer = kind;
  spec.train.lr = rate;
  spec.train.weight_decay = kDecay;
  spec.model.skip.granularity = Granularity::kBlock;
  spec.model.skip.init.value = 0.5;
  return spec;
}

// LibTorch's optimizer of `parameters`, with decay for kernels and matrices alone.
template <typename Optimizer, typename Options>
std::unique_ptr<optim::Optimizer> LibTorchs(const std::vector<Tensor>& parameters,
                                            const Options& options) {
  std::vector<Tensor> decaying;
  std::vector<Tensor> others;
  for (const Tensor& parameter : parameters) {
    (parameter.dim() >= 2 ? decaying : others).push_back(parameter);
  }
  const auto with_decay = [&](double decay) {
    auto own = std::make_unique<Options>(options);
    own->weight_decay(decay);
    return own;
  };
  std::vector<optim::OptimizerParamGroup> groups;
  groups.emplace_back(decaying, with_decay(kDecay));
  groups.emplace_back(others, with_decay(0));
  return std::make_unique<Optimizer>(groups, options);
}

using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>&)>;

// Both optimizers side by side, step by step.
void ExpectLibTorchsNumbers(const TrialSpec& spec, const MakeOptimizer& make) {
  AdaResNet model = SmallNetwork(spec.model);
  const std::vector<Tensor> parameters = model->parameters();
  const std::vector<Tensor> start = Copies(parameters);
  std::vector<Tensor> others = Copies(parameters);
  for (Tensor& other : others) other.requires_grad_();
  TrialOptimizer optimizer(spec, model);
  const auto reference = make(others);
  optimizer.StartEpoch(0);
  for (int step = 0; step < kSteps; ++step) {
    DrawGradients(parameters, step, 0.1);
    DrawGradients(others, step, 0.1);
    optimizer.Step(spec.train.lr);
    reference->step();
    ASSERT_LT(LargestDifference(parameters, others), 1e-6) << "at step " << step;
  }
  EXPECT_GT(LargestDifference(parameters, start), 0.01);
}

TEST(OptimizerNumbersTest, SgdIsLibTorchs) {
  for (const double momentum : {0.0, 0.9}) {
    TrialSpec spec = Spec(OptimizerKind::kSgd, 0.05);
    spec.train.momentum = momentum;
    ExpectLibTorchsNumbers(spec, [&](const std::vector<Tensor>& parameters) {
      return LibTorchs<optim::SGD>(parameters, optim::SGDOptions(0.05).momentum(momentum));
    });
  }
}

TEST(OptimizerNumbersTest, NesterovIsLibTorchs) {
  ExpectLibTorchsNumbers(Spec(OptimizerKind::kNesterov, 0.05),
                         [](const std::vector<Tensor>& parameters) {
                           return LibTorchs<optim::SGD>(
                               parameters, optim::SGDOptions(0.05).momentum(0.9).nesterov(true));
                         });
}

TEST(OptimizerNumbersTest, AdamIsLibTorchs) {
  ExpectLibTorchsNumbers(Spec(OptimizerKind::kAdam, 0.003),
                         [](const std::vector<Tensor>& parameters) {
                           return LibTorchs<optim::Adam>(parameters, optim::AdamOptions(0.003));
                         });
}

TEST(OptimizerNumbersTest, AdamWIsLibTorchs) {
  ExpectLibTorchsNumbers(Spec(OptimizerKind::kAdamW, 0.003),
                         [](const std::vector<Tensor>& parameters) {
                           return LibTorchs<optim::AdamW>(parameters, optim::AdamWOptions(0.003));
                         });
}

// Keras' update in double precision, with gradients so small that epsilon matters to the end.
TEST(OptimizerNumbersTest, KerasAdamFollowsItsFormulaOverManySteps) {
  TrialSpec spec = Spec(OptimizerKind::kKerasAdam, 0.001);
  spec.train.weight_decay = 0;
  AdaResNet model = SmallNetwork(spec.model);
  const std::vector<Tensor> parameters = model->parameters();
  const std::vector<Tensor> start = Copies(parameters);
  TrialOptimizer optimizer(spec, model);
  optimizer.StartEpoch(0);
  std::vector<Tensor> p, m, v;
  for (const Tensor& parameter : parameters) {
    p.push_back(parameter.detach().to(torch::kFloat64));
    m.push_back(torch::zeros_like(p.back()));
    v.push_back(torch::zeros_like(p.back()));
  }
  for (int t = 1; t <= 200; ++t) {
    DrawGradients(parameters, t, 2e-7);
    for (size_t i = 0; i < p.size(); ++i) {
      const Tensor g = parameters[i].grad().to(torch::kFloat64);
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      const double rate = 0.001 * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t));
      p[i] = p[i] - rate * m[i] / (v[i].sqrt() + 1e-7);
    }
    optimizer.Step(0.001);
  }
  EXPECT_LT(LargestDifference(parameters, p), 2e-6);
  EXPECT_GT(LargestDifference(parameters, start), 1e-3);
}

// How far the first step takes a parameter whose gradient is 1e-6, in learning rates.
double FirstStepOf(OptimizerKind kind) {
  const TrialSpec spec = Spec(kind, 0.01);
  AdaResNet model = SmallNetwork(spec.model);
  TrialOptimizer optimizer(spec, model);
  optimizer.StartEpoch(0);
  Tensor bias = model->named_parameters()["fc.bias"];
  bias.detach().zero_();
  bias.mutable_grad() = torch::full_like(bias.detach(), 1e-6);
  optimizer.Step(0.01);
  return -bias[0].item<double>() / 0.01;
}

// m = 1e-7 and v = 1e-15. Keras: sqrt(0.001) / 0.1 * 1e-7 / (sqrt(1e-15) + 1e-7). Kingma and Ba's
// algorithm 1: 1e-6 / (1e-6 + 1e-8).
TEST(OptimizerNumbersTest, KerasAdamAddsEpsilonBeforeTheCorrection) {
  EXPECT_NEAR(FirstStepOf(OptimizerKind::kKerasAdam), 0.2402532, 1e-6);
  EXPECT_NEAR(FirstStepOf(OptimizerKind::kAdam), 0.9900990, 1e-6);
}

// Gradients of 0 leave the decay alone: beside the gradient it is a share of the distance, in the
// gradient it is a step of the whole rate.
TEST(OptimizerNumbersTest, AdamWPullsSkipWeightsBesideTheGradient) {
  for (const OptimizerKind kind : {OptimizerKind::kAdamW, OptimizerKind::kAdam}) {
    TrialSpec spec = Spec(kind, 0.01);
    spec.model.skip.weight_decay = 0.4;
    spec.model.skip.decay_centre = 2;
    spec.model.skip.lr_mult = 3;
    AdaResNet model = SmallNetwork(spec.model);
    TrialOptimizer optimizer(spec, model);
    optimizer.StartEpoch(0);
    DrawGradients(model->parameters(), 0, 0);
    optimizer.Step(0.01);
    const double moved = kind == OptimizerKind::kAdamW ? 3 * 0.01 * 0.4 * (2 - 0.5) : 3 * 0.01;
    for (const Tensor& weight : model->SkipParameters()) {
      EXPECT_NEAR(weight.item<double>(), 0.5 + moved, 1e-6);
    }
  }
}

// One step of plain SGD, with and without a limit.
TEST(OptimizerNumbersTest, ClippedGradientsAreShortenedTogetherForTheStepAlone) {
  TrialSpec spec = Spec(OptimizerKind::kSgd, 1);
  spec.train.momentum = 0;
  spec.train.weight_decay = 0;
  for (const double longest : {0.25, 1e6}) {
    spec.train.clip_norm = longest;
    AdaResNet model = SmallNetwork(spec.model);
    const std::vector<Tensor> parameters = model->parameters();
    const std::vector<Tensor> start = Copies(parameters);
    TrialOptimizer optimizer(spec, model);
    optimizer.StartEpoch(0);
    DrawGradients(parameters, 0, 0.1);
    double square = 0;
    for (const Tensor& parameter : parameters) {
      square += parameter.grad().to(torch::kFloat64).square().sum().item<double>();
    }
    const double share = std::min(longest / std::sqrt(square), 1.0);
    std::vector<Tensor> expected;
    const std::vector<Tensor> skips = model->SkipParameters();
    for (size_t i = 0; i < parameters.size(); ++i) {
      expected.push_back(start[i] - share * parameters[i].grad());
    }
    const Tensor gradient = skips[0].grad().clone();
    optimizer.Step(1);
    EXPECT_LT(LargestDifference(parameters, expected), 1e-6);
    EXPECT_TRUE(torch::equal(skips[0].grad(), gradient)) << "what is reported is the loss's";
  }
}

// A frozen weight takes no step that its gradient could make too long.
TEST(OptimizerNumbersTest, GradientsOfFrozenWeightsShortenNoOthers) {
  TrialSpec spec = Spec(OptimizerKind::kSgd, 1);
  spec.train.momentum = 0;
  spec.train.weight_decay = 0;
  spec.train.clip_norm = 1e3;
  spec.model.skip.frozen_epochs = 1;
  AdaResNet model = SmallNetwork(spec.model);
  TrialOptimizer optimizer(spec, model);
  optimizer.StartEpoch(0);
  DrawGradients(model->parameters(), 0, 0.1);
  model->SkipParameters()[0].mutable_grad().fill_(1e9);
  const Tensor bias = model->named_parameters()["fc.bias"];
  const Tensor expected = (bias - bias.grad()).detach();
  optimizer.Step(1);
  EXPECT_TRUE(torch::allclose(bias, expected));
}

}  // namespace
}  // namespace adares
