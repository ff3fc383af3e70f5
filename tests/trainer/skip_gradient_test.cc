// Formulas and gradients of every placement and constraint against loops written out by hand and
// against central differences, in double.
#include "worker/trainer/skip_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <vector>

namespace adares {
namespace {

using Kind = SkipConstraint::Kind;
using torch::Tensor;

constexpr int64_t kChannels = 3;
const std::vector<int64_t> kShape{2, kChannels, 4, 5};

const std::vector<SkipConstraint> kConstraints{{Kind::kNone, 0, 0},     {Kind::kSigmoid, 0, 1},
                                               {Kind::kSigmoid, 0, 2},  {Kind::kTanh, 0, 1.5},
                                               {Kind::kSoftplus, 0, 0}, {Kind::kClamp, -1, 2}};

// The map and its derivative, from the standard library.
struct Mapped {
  double weight;
  double slope;
};
Mapped MapByHand(const SkipConstraint& constraint, double raw) {
  const double sigmoid = 1 / (1 + std::exp(-raw));
  const double high = constraint.high;
  switch (constraint.kind) {
    case Kind::kSigmoid:
      return {high * sigmoid, high * sigmoid * (1 - sigmoid)};
    case Kind::kTanh:
      return {high * std::tanh(raw), high * (1 - std::tanh(raw) * std::tanh(raw))};
    case Kind::kSoftplus:
      return {std::log(1 + std::exp(raw)), sigmoid};
    case Kind::kNone:
    case Kind::kClamp:
      break;
  }
  return {raw, 1};
}

// A loss of the sum of a block, sum(upstream * y), with everything it depends on.
struct Case {
  Case(SkipPlacement placement, const SkipConstraint& constraint, bool by_channel) {
    torch::manual_seed(7);
    const auto shape = by_channel ? std::vector<int64_t>{kChannels} : std::vector<int64_t>{};
    const auto leaf = [](const std::vector<int64_t>& size) {
      return torch::randn(size, torch::kFloat64).requires_grad_();
    };
    weight = {placement, constraint, leaf(shape), {}};
    if (placement == SkipPlacement::kBoth) weight.raw_residual = leaf(shape);
    tfd = leaf(kShape);
    ipd = leaf(kShape);
    upstream = torch::randn(kShape, torch::kFloat64);
  }

  Tensor Loss() const { return (upstream * SkipSum(tfd, ipd, weight.Coefficients())).sum(); }

  SkipWeight weight;
  Tensor tfd, ipd, upstream;
};

struct ByHand {
  double loss = 0;
  std::vector<double> raw, raw_residual;
};

double At(const Tensor& values, int64_t channel) {
  return values.view(-1)[values.dim() == 0 ? 0 : channel].item<double>();
}

struct Sum {
  double s, r;
};
Sum SumByHand(SkipPlacement placement, double weight, double residual) {
  switch (placement) {
    case SkipPlacement::kSkip:
      return {weight, 1};
    case SkipPlacement::kResidual:
      return {1, weight};
    case SkipPlacement::kBoth:
      return {weight, residual};
    case SkipPlacement::kConvex:
      return {weight, 1 - weight};
    case SkipPlacement::kSpherical:
      break;
  }
  return {std::cos(weight), std::sin(weight)};  // `weight` is the angle
}

// y = max(0, s * ipd + r * tfd), dL/ds = sum(upstream * [z > 0] * ipd), dL/dr the same with tfd,
// and the chain rule through placement and constraint.
ByHand Differentiate(const Case& c) {
  const SkipWeight& weight = c.weight;
  const size_t count = static_cast<size_t>(weight.raw.numel());
  ByHand result{0, std::vector<double>(count), std::vector<double>(count)};
  const bool both = weight.placement == SkipPlacement::kBoth;
  for (int64_t i = 0; i < c.tfd.numel(); ++i) {
    const int64_t channel = i / (kShape[2] * kShape[3]) % kChannels;
    const Mapped own = MapByHand(weight.constraint, At(weight.raw, channel));
    const Mapped residual =
        both ? MapByHand(weight.constraint, At(weight.raw_residual, channel)) : Mapped{1, 0};
    const Sum sum = SumByHand(weight.placement, own.weight, residual.weight);
    const double ipd = c.ipd.view(-1)[i].item<double>();
    const double tfd = c.tfd.view(-1)[i].item<double>();
    const double upstream = c.upstream.view(-1)[i].item<double>();
    const double z = sum.s * ipd + sum.r * tfd;
    if (z <= 0) continue;
    result.loss += upstream * z;
    const size_t index = count == 1 ? 0 : static_cast<size_t>(channel);
    const bool on_residual = weight.placement == SkipPlacement::kResidual;
    double by_weight = on_residual ? tfd : ipd;
    if (weight.placement == SkipPlacement::kConvex) by_weight = ipd - tfd;
    if (weight.placement == SkipPlacement::kSpherical) by_weight = sum.s * tfd - sum.r * ipd;
    result.raw[index] += upstream * by_weight * own.slope;
    if (both) result.raw_residual[index] += upstream * tfd * residual.slope;
  }
  return result;
}

// dL/d(parameter) by central differences, element by element.
std::vector<double> Differences(const Case& c, Tensor parameter) {
  constexpr double kStep = 1e-6;
  const torch::NoGradGuard no_grad;
  std::vector<double> result;
  Tensor flat = parameter.view(-1);
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const double value = flat[i].item<double>();
    flat[i] = value + kStep;
    const double above = c.Loss().item<double>();
    flat[i] = value - kStep;
    const double below = c.Loss().item<double>();
    flat[i] = value;
    result.push_back((above - below) / (2 * kStep));
  }
  return result;
}

class GradientTest
    : public testing::TestWithParam<std::tuple<SkipPlacement, SkipConstraint, bool>> {};

TEST_P(GradientTest, EqualsTheFormulaAndCentralDifferences) {
  const auto& [placement, constraint, by_channel] = GetParam();
  const Case c(placement, constraint, by_channel);
  const Tensor loss = c.Loss();
  loss.backward();
  const ByHand by_hand = Differentiate(c);
  EXPECT_NEAR(loss.item<double>(), by_hand.loss, 1e-12);
  const auto check = [&](const Tensor& parameter, const std::vector<double>& expected) {
    const std::vector<double> differences = Differences(c, parameter);
    ASSERT_EQ(differences.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      const double gradient = parameter.grad().view(-1)[static_cast<int64_t>(i)].item<double>();
      EXPECT_NEAR(gradient, expected[i], 1e-12);
      EXPECT_NEAR(gradient, differences[i], 1e-7);
      EXPECT_NE(gradient, 0);
    }
  };
  check(c.weight.raw, by_hand.raw);
  if (placement == SkipPlacement::kBoth) check(c.weight.raw_residual, by_hand.raw_residual);
}

INSTANTIATE_TEST_SUITE_P(
    All, GradientTest,
    testing::Combine(testing::Values(SkipPlacement::kSkip, SkipPlacement::kResidual,
                                     SkipPlacement::kBoth, SkipPlacement::kConvex),
                     testing::ValuesIn(kConstraints), testing::Bool()));

INSTANTIATE_TEST_SUITE_P(Spherical, GradientTest,
                         testing::Combine(testing::Values(SkipPlacement::kSpherical),
                                          testing::Values(SkipConstraint{}), testing::Bool()));

TEST(SphericalTest, TheWeightIsTheCosineOfAnAngleFromZeroToPi) {
  SkipSpec spec;
  spec.placement = SkipPlacement::kSpherical;
  for (const double weight : {-1.0, -0.3, 0.0, 0.5, 0.88, 1.0}) {
    const double angle = RawParameter(spec, weight);
    EXPECT_NEAR(std::cos(angle), weight, 1e-15);
    EXPECT_GE(std::sin(angle), 0) << "the branch begins with its own sign";
  }
  EXPECT_DOUBLE_EQ(RawParameter(spec, std::sqrt(0.5)), std::acos(-1.0) / 4) << "equal shares";
  EXPECT_EQ(RawParameter(spec, 1.7), 0) << "a normal's draw from outside";
}

TEST(SkipConstraintTest, RawValueIsTheInverseOfTheMap) {
  for (const SkipConstraint& constraint : kConstraints) {
    for (const double weight : {1e-5, 0.3, 0.5, 0.88, 0.999}) {
      const double raw = RawValue(constraint, weight);
      EXPECT_NEAR(MapByHand(constraint, raw).weight, weight, 1e-12);
      const Tensor mapped = ConstrainedWeight(constraint, torch::tensor(raw, torch::kFloat64));
      EXPECT_NEAR(mapped.item<double>(), weight, 1e-12);
    }
  }
  EXPECT_EQ(RawValue({Kind::kSigmoid, 0, 2}, 1), 0);
  EXPECT_EQ(RawValue({Kind::kTanh, 0, 1}, 0), 0);
  EXPECT_NEAR(RawValue({Kind::kSoftplus, 0, 0}, 1000), 1000, 1e-9);
  EXPECT_EQ(RawValue({Kind::kClamp, 0, 1}, 1.5), 1) << "a normal's draw from outside";
}

}  // namespace
}  // namespace adares
