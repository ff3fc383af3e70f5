// relu(s * ipd + r * tfd): the fused CPU forms against LibTorch's own operations and against
// hand-made and numeric gradients.
#include "worker/trainer/skip_sum.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace adares {
namespace {

using torch::Tensor;

// Odd sizes, so that neither vectors nor tasks come out even; large enough for several tasks.
const std::vector<int64_t> kShape{5, 7, 33, 31};

Tensor Leaf(torch::Dtype type = torch::kFloat32, const std::vector<int64_t>& shape = kShape) {
  return torch::randn(shape, type)
      .contiguous(torch::MemoryFormat::ChannelsLast)
      .detach()
      .requires_grad_();
}

Tensor Weight(double value, torch::Dtype type = torch::kFloat32) {
  return torch::full({}, value, type).requires_grad_();
}

enum class Shape { kNone, kScalar, kChannels };

Tensor WeightOf(Shape shape, double value) {
  if (shape == Shape::kNone) return {};
  if (shape == Shape::kScalar) return Weight(value);
  return (torch::randn({kShape[1]}) * 0.5 + value).requires_grad_();
}

struct Result {
  Tensor out, tfd, ipd, s, r;  // value and gradients
};

template <typename Sum>
Result Differentiate(const Sum& sum, const Tensor& upstream, Shape s_shape, Shape r_shape) {
  torch::manual_seed(1);
  const Tensor tfd = Leaf();
  const Tensor ipd = Leaf();
  const Tensor s = WeightOf(s_shape, 0.7);
  const Tensor r = WeightOf(r_shape, -0.4);
  const Tensor out = sum(tfd, ipd, SumCoefficients{s, r});
  out.backward(upstream);
  const auto gradient = [](const Tensor& weight) {
    return weight.defined() ? weight.grad() : weight;
  };
  return {out.detach(), tfd.grad(), ipd.grad(), gradient(s), gradient(r)};
}

void ExpectNear(const Tensor& ours, const Tensor& theirs) {
  ASSERT_EQ(ours.defined(), theirs.defined());
  if (!ours.defined()) return;
  EXPECT_EQ(ours.sizes(), theirs.sizes());
  EXPECT_TRUE(torch::allclose(ours, theirs, 1e-4, 1e-2)) << ours << theirs;
  EXPECT_GT(ours.abs().max().item<double>(), 1);
}

class SkipSumTest : public testing::TestWithParam<std::tuple<Shape, Shape>> {
 protected:
  SkipSumTest() {
    torch::manual_seed(2);
    upstream_ = torch::randn(kShape);  // in another memory layout than the inputs
  }
  Tensor upstream_;
};

TEST_P(SkipSumTest, EqualsLibTorchOperations) {
  const auto [s, r] = GetParam();
  const Result ours = Differentiate(SkipSum, upstream_, s, r);
  const Result theirs = Differentiate(SkipSumByOperations, upstream_, s, r);
  EXPECT_TRUE(torch::equal(ours.out, theirs.out));
  EXPECT_TRUE(torch::equal(ours.tfd, theirs.tfd));
  EXPECT_TRUE(torch::equal(ours.ipd, theirs.ipd));
  ExpectNear(ours.s, theirs.s);
  ExpectNear(ours.r, theirs.r);
}

TEST_P(SkipSumTest, NotANumberStaysVisible) {
  const auto [s, r] = GetParam();
  Tensor tfd = torch::zeros(kShape).contiguous(torch::MemoryFormat::ChannelsLast);
  tfd[0][0][2][3] = std::numeric_limits<float>::quiet_NaN();
  const SumCoefficients coefficients{WeightOf(s, 0.5), WeightOf(r, 0.5)};
  const Tensor out = SkipSum(tfd, torch::zeros_like(tfd), coefficients);
  EXPECT_TRUE(out.isnan().any().item<bool>());
}

std::string NameOf(const testing::TestParamInfo<std::tuple<Shape, Shape>>& test) {
  const char* const names[] = {"None", "Scalar", "Channels"};
  const auto [s, r] = test.param;
  return std::string("S") + names[static_cast<int>(s)] + "R" + names[static_cast<int>(r)];
}

INSTANTIATE_TEST_SUITE_P(
    All, SkipSumTest,
    testing::Combine(testing::Values(Shape::kNone, Shape::kScalar, Shape::kChannels),
                     testing::Values(Shape::kNone, Shape::kScalar, Shape::kChannels)),
    NameOf);

TEST(SkipSumWeightTest, GradientIsTheSumOfUpstreamTimesInput) {
  torch::manual_seed(1);
  const Tensor upstream = torch::randn(kShape);
  const Tensor tfd = Leaf();
  const Tensor ipd = Leaf();
  const Tensor weight = Weight(-0.4);
  SkipSum(tfd, ipd, {weight, {}}).backward(upstream);
  // dL/dw = sum(dL/dy * [z > 0] * ipd), by hand in double precision.
  const Tensor z = tfd.detach() - 0.4 * ipd.detach();
  const Tensor by_hand = (upstream * (z > 0) * ipd.detach()).to(torch::kFloat64).sum();
  EXPECT_NEAR(weight.grad().item<double>(), by_hand.item<double>(), 1e-3);
}

// Of the fused forms; LibTorch's sums do depend on it.
TEST(SkipSumWeightTest, SumsDoNotDependOnTheThreadCount) {
  torch::manual_seed(2);
  const Tensor upstream = torch::randn(kShape);
  const auto with_threads = [&](int count, Shape s, Shape r) {
    at::set_num_threads(count);
    return Differentiate(SkipSum, upstream, s, r);
  };
  const int threads = at::get_num_threads();
  for (const auto& [s, r] :
       std::vector<std::pair<Shape, Shape>>{{Shape::kScalar, Shape::kNone},
                                            {Shape::kNone, Shape::kScalar},
                                            {Shape::kScalar, Shape::kScalar},
                                            {Shape::kChannels, Shape::kNone},
                                            {Shape::kNone, Shape::kChannels}}) {
    const Result one = with_threads(1, s, r);
    const Result three = with_threads(3, s, r);
    EXPECT_TRUE(torch::equal(one.ipd, three.ipd));
    EXPECT_TRUE(s == Shape::kNone || torch::equal(one.s, three.s));
    EXPECT_TRUE(r == Shape::kNone || torch::equal(one.r, three.r));
  }
  at::set_num_threads(threads);
}

TEST(SkipSumWeightTest, ChannelsInTheOtherLayoutEqualLibTorchOperations) {
  torch::manual_seed(1);
  const Tensor tfd = torch::randn({2, 3, 5, 5});
  const Tensor ipd = torch::randn({2, 3, 5, 5});
  const SumCoefficients coefficients{torch::randn({3}), {}};
  EXPECT_TRUE(
      torch::equal(SkipSum(tfd, ipd, coefficients), SkipSumByOperations(tfd, ipd, coefficients)));
}

}  // namespace
}  // namespace adares
