// Each preset of a method is the formula of its paper. Coefficients, parameters and gradients are
// written here from the papers, not read from the presets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/presets.h"
#include "core/trial_spec_fields.h"
#include "worker/trainer/adaresnet.h"
#include "worker/trainer/optimizer.h"
#include "worker/trainer/skip_measurement.h"

namespace adares {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAreArray;
using torch::Tensor;
using Paths = ResidualBlockImpl::Paths;

// `cifar` of depth 14: three stages of two blocks, those of the second and the third stage begin
// with a convolutional one.
constexpr size_t kBlocks = 6;
constexpr std::array<int64_t, kBlocks> kChannels{16, 16, 32, 32, 64, 64};

using Numbers = std::array<double, kBlocks>;
constexpr Numbers All(double value) { return {value, value, value, value, value, value}; }

// Drawn or measured: that method has a test of its own.
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// What the parameter of each block is called.
using Names = std::array<const char*, kBlocks>;
constexpr Names kNone{};
constexpr Names kOne{"all", "all", "all", "all", "all", "all"};
constexpr Names kStages{"layer1", "layer1", "layer2", "layer2", "layer3", "layer3"};
constexpr Names kTypes{"identity", "identity",      "convolutional",
                       "identity", "convolutional", "identity"};
constexpr Names kEach{"layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1"};

// s and r of y = relu(s * ipd + r * tfd), from a parameter p.
enum class Form {
  kConstants,
  kSkip,      // p, 1
  kResidual,  // 1, p
  kGate,      // g, 1 - g with g = 1 / (1 + exp(-p))
};

struct Method {
  const char* name;
  Form form;
  Numbers s, r;  // at the start
  Names parameters = kNone;
  bool by_channel = false;
};

void PrintTo(const Method& method, std::ostream* out) { *out << method.name; }

const std::vector<Method> kMethods{
    {"resnet", Form::kConstants, All(1), All(1)},
    {"plain", Form::kConstants, All(0), All(1)},
    {"fixed2x", Form::kConstants, All(2), All(1)},
    {"halved", Form::kConstants, All(0.5), All(0.5)},
    {"norm_preserving", Form::kConstants, All(0.7071), All(std::sqrt(1 - 0.7071 * 0.7071))},
    {"ada_v1", Form::kSkip, All(0), All(1), kEach},
    {"ada_v2", Form::kSkip, {0, 0, kUnknown, 0, kUnknown, 0}, All(1), kEach},
    {"ada_unified", Form::kSkip, All(0), All(1), kOne},
    {"ada_stage", Form::kSkip, All(0), All(1), kStages},
    {"ada_blocktype", Form::kSkip, All(0), All(1), kTypes},
    {"ada_channel", Form::kSkip, All(0), All(1), kEach, true},
    {"ada_matched", Form::kSkip, All(kUnknown), All(1), kEach},
    {"admin", Form::kSkip, All(kUnknown), All(1), kEach, true},
    {"rezero", Form::kResidual, All(1), All(0), kEach},
    {"skipinit", Form::kResidual, All(1), All(1 / std::sqrt(6.0)), kEach},
    {"layerscale", Form::kResidual, All(1), All(0.1), kEach, true},
    {"layerscale_small", Form::kResidual, All(1), All(1e-5), kEach, true},
    {"zero_gamma", Form::kConstants, All(1), All(1)},
    {"weighted_residual", Form::kResidual, All(1), All(0), kEach},
    {"residual_gate", Form::kResidual, All(1), All(1), kEach},
    {"inception", Form::kConstants, All(1), All(0.2)},
    {"deepnorm_like", Form::kConstants, All(std::pow(12, 0.25)), All(1)},
    // From 1 at the first sum, as the authors' program has it.
    {"decayed", Form::kConstants, {1, 0.9, 0.8, 0.7, 0.6, 0.5}, All(1)},
    {"normformer", Form::kSkip, All(1), All(1), kEach, true},
    {"highway_scalar", Form::kGate, All(0.88), All(0.12), kEach},
    {"stochdepth", Form::kConstants, All(1), All(1)},
};

TrialSpec SpecOf(const std::string& method) {
  TrialSpec spec;
  spec.model.depth = 14;
  for (const auto& [path, text] : FindPreset(kMethodPath, method)->settings) {
    EXPECT_TRUE(FindTrialSpecField(path)->set(spec, {text, false}).ok()) << path;
  }
  return spec;
}

// In float64, with residual branches that are not 0, which would hide what they are multiplied by.
AdaResNet NetworkOf(const std::string& method) {
  AdaResNet model(SpecOf(method).model, 3, 10, 2);
  model->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  for (auto& item : model->named_parameters()) {
    if (item.key().ends_with("bn2.weight")) item.value().fill_(0.7);
  }
  return model;
}

Tensor Pictures() {
  torch::manual_seed(6);
  return torch::randn({4, 3, 16, 16}, torch::kFloat64);
}

// Shows `look` the paths and the sum of each block, in the order of the network.
using Look = std::function<void(size_t block, const Paths& paths, const Tensor& sum)>;
void LookAtBlocks(AdaResNet& model, const Look& look) {
  const torch::NoGradGuard no_grad;
  Tensor x = model->Stem(Pictures());
  for (size_t i = 0; i < kBlocks; ++i) {
    const Paths paths = model->blocks()[i]->PathsOf(x);
    x = model->blocks()[i]->Sum(paths);
    look(i, paths, x);
  }
}

std::string PrefixOf(const Method& method) {
  return method.form == Form::kResidual ? "residual_weights." : "skip_weights.";
}

struct Coefficients {
  Tensor s, r;
};
Coefficients CoefficientsOf(Form form, const Tensor& p) {
  const Tensor one = torch::ones_like(p);
  if (form == Form::kSkip) return {p, one};
  if (form == Form::kResidual) return {one, p};
  const Tensor gate = 1 / (1 + torch::exp(-p));
  return {gate, 1 - gate};
}

// dL/dp of each element of the sum, where the loss has the gradient `g` by that element.
Tensor GradientOf(Form form, const Tensor& p, const Tensor& g, const Paths& paths) {
  if (form == Form::kSkip) return g * paths.ipd;
  if (form == Form::kResidual) return g * paths.tfd;
  const Tensor e = torch::exp(-p);
  return g * (paths.ipd - paths.tfd) * e / ((1 + e) * (1 + e));
}

class MethodTest : public testing::TestWithParam<Method> {
 protected:
  // The parameter of the block, to be multiplied with pictures.
  Tensor ParameterOf(const AdaResNet& model, size_t block) const {
    const std::string name = PrefixOf(method_) + method_.parameters[block];
    return model->named_parameters()[name].detach().view({-1, 1, 1});
  }

  const Method& method_ = GetParam();
};

TEST_P(MethodTest, StartsWithTheCoefficientsOfItsPaper) {
  AdaResNet model = NetworkOf(method_.name);
  LookAtBlocks(model, [this](size_t i, const Paths& paths, const Tensor& sum) {
    if (std::isnan(method_.s[i])) return;
    const Tensor expected = torch::relu(method_.s[i] * paths.ipd + method_.r[i] * paths.tfd);
    EXPECT_TRUE(torch::allclose(sum, expected, 1e-7, 5e-7)) << "block " << i;
  });
}

TEST_P(MethodTest, HasTheParametersOfItsPaperAndNoOthers) {
  using Shapes = std::map<std::string, std::vector<int64_t>>;
  Shapes expected;
  for (size_t i = 0; i < kBlocks && method_.form != Form::kConstants; ++i) {
    const std::vector<int64_t> shape =
        method_.by_channel ? std::vector{kChannels[i]} : std::vector<int64_t>{};
    expected[PrefixOf(method_) + method_.parameters[i]] = shape;
  }
  const AdaResNet model = NetworkOf(method_.name);
  Shapes found;
  for (const auto& item : model->named_parameters()) {
    if (item.key().find("_weights.") != std::string::npos) {
      found[item.key()] = item.value().sizes().vec();
    }
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(model->SkipParameters().size(), expected.size());
}

std::string NameOf(const testing::TestParamInfo<Method>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(All, MethodTest, testing::ValuesIn(kMethods), NameOf);

std::vector<Method> LearnedMethods() {
  std::vector<Method> learned;
  for (const Method& method : kMethods) {
    if (method.form != Form::kConstants) learned.push_back(method);
  }
  return learned;
}

// With parameters that the start does not determine, so that their place in the sum shows.
class LearnedMethodTest : public MethodTest {
 protected:
  LearnedMethodTest() : model_(NetworkOf(method_.name)) {
    const torch::NoGradGuard no_grad;
    torch::manual_seed(9);
    for (Tensor& parameter : model_->SkipParameters()) {
      parameter.copy_(torch::randn(parameter.sizes(), torch::kFloat64));
    }
  }

  AdaResNet model_;
};

TEST_P(LearnedMethodTest, ParametersStandWhereItsPaperHasThem) {
  LookAtBlocks(model_, [this](size_t i, const Paths& paths, const Tensor& sum) {
    const Coefficients at = CoefficientsOf(method_.form, ParameterOf(model_, i));
    const Tensor expected = torch::relu(at.s * paths.ipd + at.r * paths.tfd);
    EXPECT_TRUE(torch::allclose(sum, expected, 1e-12, 1e-12)) << "block " << i;
  });
}

TEST_P(LearnedMethodTest, GradientsAreThoseOfTheFormula) {
  std::map<std::string, Tensor> expected;
  Tensor loss = torch::zeros({}, torch::kFloat64);
  LookAtBlocks(model_, [&](size_t i, const Paths& paths, const Tensor& sum) {
    const Tensor upstream = torch::randn_like(sum);
    {
      const torch::AutoGradMode with_gradients(true);
      loss = loss + (upstream * model_->blocks()[i]->Sum(paths)).sum();
    }
    const Tensor p = ParameterOf(model_, i);
    const Coefficients at = CoefficientsOf(method_.form, p);
    const Tensor g = upstream * (at.s * paths.ipd + at.r * paths.tfd > 0);
    Tensor gradient = GradientOf(method_.form, p, g, paths).sum({0, 2, 3});
    if (!method_.by_channel) gradient = gradient.sum();
    Tensor& total = expected[PrefixOf(method_) + method_.parameters[i]];
    total = total.defined() ? total + gradient : gradient;
  });
  loss.backward();
  for (const auto& [name, gradient] : expected) {
    const Tensor found = model_->named_parameters()[name].grad();
    ASSERT_TRUE(found.defined()) << name;
    EXPECT_TRUE(torch::allclose(found, gradient, 1e-10, 1e-10)) << name;
    EXPECT_TRUE((found != 0).all().item<bool>()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, LearnedMethodTest, testing::ValuesIn(LearnedMethods()), NameOf);

TEST(MethodFormulaTest, EveryPresetHasARow) {
  std::vector<std::string> presets, rows;
  for (const Preset& preset : MethodPresets()) presets.push_back(preset.name);
  for (const Method& method : kMethods) rows.push_back(method.name);
  EXPECT_THAT(rows, UnorderedElementsAreArray(presets));
}

TEST(MethodFormulaTest, GranularitiesHaveAsManyNumbersAsBlocksShare) {
  const std::map<std::string, int64_t> counts{
      {"ada_unified", 1}, {"ada_stage", 3}, {"ada_blocktype", 2},
      {"ada_v1", 6},      {"ada_v2", 6},    {"ada_channel", 2 * (16 + 32 + 64)}};
  const int64_t plain = NetworkOf("resnet")->ParameterCount();
  for (const auto& [method, count] : counts) {
    EXPECT_EQ(NetworkOf(method)->ParameterCount() - plain, count) << method;
  }
}

// Of a thousand seeds and both convolutional blocks.
TEST(MethodFormulaTest, AdaV2DrawsConvolutionalBlocksFromItsNormal) {
  const SkipSpec spec = SpecOf("ada_v2").model.skip;
  const std::vector<SkipSite> sites{{"layer2.0", "layer2", true, 32, 2},
                                    {"layer3.0", "layer3", true, 64, 4}};
  std::vector<Tensor> drawn;
  for (int64_t seed = 0; seed < 1000; ++seed) {
    SkipWeights weights(spec, kBlocks, seed);
    for (const SkipSite& site : sites) drawn.push_back(weights.At(site).raw.detach());
  }
  const Tensor all = torch::stack(drawn).to(torch::kFloat64);
  EXPECT_NEAR(all.mean().item<double>(), 0, 0.004);
  EXPECT_NEAR(all.std().item<double>(), 0.05, 0.003);
  const AdaResNet network(SpecOf("ada_v2").model, 3, 10, /*seed=*/0);
  EXPECT_TRUE(torch::equal(network->sites()[2].weight.raw, drawn[0]));
  EXPECT_TRUE(torch::equal(network->sites()[4].weight.raw, drawn[1]));
}

double MeanSquare(const Tensor& x) { return x.square().mean().item<double>(); }
double Variance(const Tensor& x) { return (x - x.mean()).square().mean().item<double>(); }

TEST(MethodFormulaTest, AdaMatchedMakesBothPathsEquallyStrong) {
  AdaResNet model = NetworkOf("ada_matched");
  ASSERT_TRUE(InitialiseSkipWeights(model, {Pictures()}).ok());
  LookAtBlocks(model, [&](size_t i, const Paths& paths, const Tensor&) {
    const Tensor& w = model->sites()[i].weight.raw;
    EXPECT_NEAR(MeanSquare(w * paths.ipd) / MeanSquare(paths.tfd), 1, 1e-9) << i;
  });
}

// docs/decisions/0014: with ipd of variance 1, as in the paper, w^2 is the sum alone.
TEST(MethodFormulaTest, AdminGivesTheSkipPathTheVarianceOfTheBranchesBefore) {
  AdaResNet model = NetworkOf("admin");
  ASSERT_TRUE(InitialiseSkipWeights(model, {Pictures()}).ok());
  double sum = 0;
  LookAtBlocks(model, [&](size_t i, const Paths& paths, const Tensor&) {
    const Tensor& w = model->sites()[i].weight.raw;
    EXPECT_TRUE((w == w[0]).all().item<bool>()) << i;
    if (i == 0) sum = Variance(paths.ipd);
    const double size = w[0].item<double>();
    EXPECT_NEAR(size * size * Variance(paths.ipd) / sum, 1, 1e-9) << i;
    sum += Variance(paths.tfd);
  });
}

TEST(MethodFormulaTest, SkipinitHasNoNorms) {
  std::vector<std::string> names;
  AdaResNet model = NetworkOf("skipinit");
  for (const auto& item : model->named_parameters()) names.push_back(item.key());
  for (const auto& item : model->named_buffers()) names.push_back(item.key());
  EXPECT_THAT(names, Each(Not(HasSubstr("bn"))));
  EXPECT_THAT(names, Each(Not(HasSubstr("downsample.1"))));
}

TEST(MethodFormulaTest, ZeroGammaClosesTheLastScaleOfABranchAlone) {
  const AdaResNet model(SpecOf("zero_gamma").model, 3, 10, 2);
  int last = 0, others = 0;
  for (const auto& item : model->named_parameters()) {
    const bool is_last = item.key().ends_with("bn2.weight");
    const bool is_scale = is_last || item.key().ends_with("bn1.weight") ||
                          item.key().ends_with("downsample.1.weight");
    if (!is_scale) continue;
    ++(is_last ? last : others);
    EXPECT_TRUE((item.value() == (is_last ? 0 : 1)).all().item<bool>()) << item.key();
  }
  EXPECT_EQ(last, 6);
  EXPECT_EQ(others, 1 + 6 + 2) << "of the stem, of the blocks, of two projections";
}

TEST(MethodFormulaTest, WeightedResidualKeepsItsWeightsBetweenMinusOneAndOne) {
  const TrialSpec spec = SpecOf("weighted_residual");
  const AdaResNet model(spec.model, 3, 10, 2);
  TrialOptimizer optimizer(spec, model);
  optimizer.StartEpoch(0);
  const std::vector<Tensor> weights = model->SkipParameters();
  for (size_t i = 0; i < kBlocks; ++i) {
    Tensor weight = weights[i];
    weight.mutable_grad() = torch::full({}, i % 2 == 0 ? 1.0 : -1.0);
  }
  optimizer.Step(/*learning_rate=*/1e6);
  for (size_t i = 0; i < kBlocks; ++i) {
    EXPECT_EQ(weights[i].item<double>(), i % 2 == 0 ? -1 : 1) << i;
  }
}

// DeepNorm of N layers, for the 8 blocks of the paper's network: 16^(1/4).
TEST(MethodFormulaTest, DeepnormLikeCountsTheBlocksOfItsNetwork) {
  ModelSpec spec = SpecOf("deepnorm_like").model;
  spec.family = Family::kPaper;
  spec.depth = 18;
  const AdaResNet model(spec, 3, 10, 2);
  ASSERT_EQ(model->sites().size(), 8u);
  for (const AdaResNetImpl::Site& site : model->sites()) {
    EXPECT_NEAR(site.weight.Coefficients().s.item<double>(), 2, 1e-6);
  }
}

// A bias of -2 on the transform gate, to two digits.
TEST(MethodFormulaTest, HighwayScalarStartsFromTheLogitOfItsGate) {
  const AdaResNet model = NetworkOf("highway_scalar");
  for (const Tensor& raw : model->SkipParameters()) {
    EXPECT_NEAR(raw.item<double>(), std::log(0.88 / 0.12), 1e-6);
  }
}

TEST(MethodFormulaTest, StochasticDepthDropsBranchesInTrainingAndShrinksThemInEvaluation) {
  AdaResNet model = NetworkOf("stochdepth");
  LookAtBlocks(model, [&](size_t i, const Paths& paths, const Tensor&) {
    model->blocks()[i]->eval();
    const double survival = 1 - 0.5 * static_cast<double>(i + 1) / 6;
    const Tensor expected = torch::relu(paths.ipd + survival * paths.tfd);
    EXPECT_TRUE(torch::allclose(model->blocks()[i]->Sum(paths), expected, 1e-12, 1e-12)) << i;
  });
  model->train();
  const torch::NoGradGuard no_grad;
  const Tensor x = model->Stem(Pictures());
  const Paths paths = model->blocks()[0]->PathsOf(x);
  EXPECT_TRUE(torch::equal(model->blocks()[0]->forward(x, /*keeps_branch=*/true),
                           torch::relu(paths.ipd + paths.tfd)));
  EXPECT_TRUE(
      torch::equal(model->blocks()[0]->forward(x, /*keeps_branch=*/false), torch::relu(paths.ipd)));
}

}  // namespace
}  // namespace adares
