// Sums of squares: the loops against LibTorch's operations in float64.
#include "worker/trainer/squares.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <vector>

namespace adares {
namespace {

using torch::Tensor;

// Odd sizes, so that neither vectors nor tasks come out even; large enough for several tasks.
const std::vector<int64_t> kShape{9, 7, 43, 41};

Tensor Picture(torch::Dtype type = torch::kFloat32) {
  return torch::randn(kShape, type).contiguous(torch::MemoryFormat::ChannelsLast);
}

double Expected(const Tensor& x) { return x.to(torch::kFloat64).square().sum().item<double>(); }

void ExpectClose(const Tensor& ours, double theirs, double share = 1e-9) {
  ASSERT_EQ(ours.scalar_type(), torch::kFloat64);
  ASSERT_EQ(ours.dim(), 0);
  EXPECT_NEAR(ours.item<double>(), theirs, share * theirs);
}

TEST(SquaresTest, OfEveryLayoutAndType) {
  torch::manual_seed(1);
  const Tensor x = Picture();
  ExpectClose(SquaresOf(x), Expected(x));
  ExpectClose(SquaresOf(x.contiguous()), Expected(x));
  const Tensor part = x.narrow(2, 1, 2).narrow(3, 0, 1);
  ExpectClose(SquaresOf(part), Expected(part), 1e-6);  // summed in float32
  const Tensor doubles = Picture(torch::kFloat64);
  ExpectClose(SquaresOf(doubles), Expected(doubles));
  ExpectClose(SquaresOf(x.to(torch::kBFloat16)), Expected(x.to(torch::kBFloat16)), 1e-5);
  ExpectClose(SquaresOf(torch::empty({0})), 0);
}

TEST(SquaresTest, OfALongSumOfSmallTerms) {
  const Tensor x = torch::full({3'000'001}, 1e-3f);
  ExpectClose(SquaresOf(x), 3'000'001 * static_cast<double>(1e-3f) * static_cast<double>(1e-3f),
              1e-12);
}

TEST(SquaresTest, OfDifferences) {
  torch::manual_seed(2);
  const Tensor a = Picture();
  const Tensor b = a + 1e-4 * Picture();
  ExpectClose(SquaresOfDifference(a, b), Expected(a.to(torch::kFloat64) - b.to(torch::kFloat64)));
  ExpectClose(SquaresOfDifference(a, b.contiguous()),
              Expected(a.to(torch::kFloat64) - b.to(torch::kFloat64)), 1e-6);
  EXPECT_EQ(SquaresOfDifference(a, a.clone()).item<double>(), 0);
}

TEST(SquaresTest, AreTheSameWithAnyNumberOfThreads) {
  torch::manual_seed(3);
  const Tensor x = Picture();
  at::set_num_threads(1);
  const double one = SquaresOf(x).item<double>();
  at::set_num_threads(3);
  EXPECT_EQ(SquaresOf(x).item<double>(), one);
  at::set_num_threads(1);
}

// 2 pictures of 3 channels with 2 pixels: every ipd is 2, every tfd 3.
TEST(SquaresTest, OfPathsCountTheWeights) {
  const Tensor ipd = torch::full({2, 3, 1, 2}, 2.0f).contiguous(torch::MemoryFormat::ChannelsLast);
  const Tensor tfd = torch::full({2, 3, 1, 2}, 3.0f).contiguous(torch::MemoryFormat::ChannelsLast);
  const PathSquares plain = SquaresOfPaths(tfd, ipd, {});
  ExpectClose(plain.skip, 12 * 4);
  ExpectClose(plain.residual, 12 * 9);
  const PathSquares one = SquaresOfPaths(tfd, ipd, {torch::tensor(-0.5f), {}});
  ExpectClose(one.skip, 12 * 4 * 0.25);
  ExpectClose(one.residual, 12 * 9);
  const PathSquares channels =
      SquaresOfPaths(tfd, ipd, {torch::tensor(0.0f), torch::tensor({1.0f, 2.0f, 0.0f})});
  EXPECT_EQ(channels.skip.item<double>(), 0);
  ExpectClose(channels.residual, 4 * 9 * (1 + 4), 1e-6);
}

TEST(SquaresTest, OfPathsTakeNoPartInTheGradient) {
  const Tensor s = torch::tensor(0.5f).requires_grad_();
  const Tensor x = torch::ones({1, 1, 2, 2}).requires_grad_();
  const PathSquares squares = SquaresOfPaths(x, x, {s, {}});
  EXPECT_FALSE(squares.skip.requires_grad());
  EXPECT_FALSE(squares.residual.requires_grad());
}

TEST(SquaresTest, ValuesKeepTheirOrder) {
  EXPECT_EQ(Values({torch::tensor(1.5), torch::tensor(2), torch::tensor(0.25f)}),
            (std::vector<double>{1.5, 2, 0.25}));
  EXPECT_TRUE(Values({}).empty());
}

}  // namespace
}  // namespace adares
