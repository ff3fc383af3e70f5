// relu(tfd + w * ipd): the fused CPU form against LibTorch's own operations and against hand-made
// and numeric gradients.
#include "worker/trainer/skip_sum.h"

#include <gtest/gtest.h>

#include <limits>
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

struct Result {
  Tensor out, tfd, ipd, weight;  // value and gradients
};

template <typename Sum>
Result Differentiate(const Sum& sum, const Tensor& upstream) {
  torch::manual_seed(1);
  const Tensor tfd = Leaf();
  const Tensor ipd = Leaf();
  const Tensor weight = Weight(0.7);
  const Tensor out = sum(tfd, ipd, weight);
  out.backward(upstream);
  return {out.detach(), tfd.grad(), ipd.grad(), weight.grad()};
}

class SkipSumTest : public testing::Test {
 protected:
  SkipSumTest() {
    torch::manual_seed(2);
    upstream_ = torch::randn(kShape);  // in another memory layout than the inputs
  }
  Tensor upstream_;
};

TEST_F(SkipSumTest, WeightedSumEqualsLibTorchOperations) {
  const Result ours = Differentiate(SkipSum, upstream_);
  const Result theirs =
      Differentiate([](const Tensor& tfd, const Tensor& ipd,
                       const Tensor& weight) { return torch::relu(tfd + weight * ipd); },
                    upstream_);
  EXPECT_TRUE(torch::equal(ours.out, theirs.out));
  EXPECT_TRUE(torch::equal(ours.tfd, theirs.tfd));
  EXPECT_TRUE(torch::equal(ours.ipd, theirs.ipd));
  EXPECT_NEAR(ours.weight.item<double>(), theirs.weight.item<double>(), 1e-2);
  EXPECT_GT(ours.weight.abs().item<double>(), 1);
}

TEST_F(SkipSumTest, PlainSumEqualsLibTorchOperations) {
  const auto plain = [](const Tensor& tfd, const Tensor& ipd, const Tensor&) {
    return SkipSum(tfd, ipd, {});
  };
  const auto theirs = [](const Tensor& tfd, const Tensor& ipd, const Tensor&) {
    return torch::relu(tfd + ipd);
  };
  const Result a = Differentiate(plain, upstream_);
  const Result b = Differentiate(theirs, upstream_);
  EXPECT_TRUE(torch::equal(a.out, b.out));
  EXPECT_TRUE(torch::equal(a.tfd, b.tfd));
  EXPECT_TRUE(torch::equal(a.ipd, b.ipd));
}

TEST_F(SkipSumTest, GradientOfTheWeightIsTheSumOfUpstreamTimesInput) {
  torch::manual_seed(1);
  const Tensor tfd = Leaf();
  const Tensor ipd = Leaf();
  const Tensor weight = Weight(-0.4);
  SkipSum(tfd, ipd, weight).backward(upstream_);
  // dL/dw = sum(dL/dy * [z > 0] * ipd), by hand in double precision.
  const Tensor z = tfd.detach() - 0.4 * ipd.detach();
  const Tensor by_hand = (upstream_ * (z > 0) * ipd.detach()).to(torch::kFloat64).sum();
  EXPECT_NEAR(weight.grad().item<double>(), by_hand.item<double>(), 1e-3);
}

TEST_F(SkipSumTest, GradientOfTheWeightEqualsFiniteDifferences) {
  torch::manual_seed(1);
  const std::vector<int64_t> shape{2, 3, 5, 5};
  const Tensor tfd = Leaf(torch::kFloat64, shape);
  const Tensor ipd = Leaf(torch::kFloat64, shape);
  const Tensor factor = torch::randn(shape, torch::kFloat64);
  const auto loss = [&](const Tensor& weight) {
    return (SkipSum(tfd, ipd, weight) * factor).sum();
  };
  const Tensor weight = Weight(0.3, torch::kFloat64);
  loss(weight).backward();
  constexpr double kStep = 1e-6;
  const double difference =
      (loss(Weight(0.3 + kStep, torch::kFloat64)) - loss(Weight(0.3 - kStep, torch::kFloat64)))
          .item<double>();
  EXPECT_NEAR(weight.grad().item<double>(), difference / (2 * kStep), 1e-6);
}

TEST_F(SkipSumTest, NotANumberStaysVisible) {
  Tensor tfd = torch::zeros({1, 1, 4, 8});
  tfd[0][0][2][3] = std::numeric_limits<float>::quiet_NaN();
  const Tensor ipd = torch::zeros({1, 1, 4, 8});
  EXPECT_TRUE(SkipSum(tfd, ipd, {}).isnan().any().item<bool>());
  EXPECT_TRUE(SkipSum(tfd, ipd, torch::full({}, 0.5)).isnan().any().item<bool>());
}

TEST_F(SkipSumTest, SumDoesNotDependOnTheThreadCount) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Tensor one = Differentiate(SkipSum, upstream_).weight;
  at::set_num_threads(3);
  const Tensor three = Differentiate(SkipSum, upstream_).weight;
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(one, three));
}

}  // namespace
}  // namespace adares
