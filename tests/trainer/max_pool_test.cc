// The pool with gradients in a fixed order is LibTorch's, but for that order.
#include "worker/trainer/max_pool.h"

#include <gtest/gtest.h>

#include <vector>

namespace adares {
namespace {

using torch::Tensor;

struct Pooled {
  Tensor out;
  Tensor gradient;
};

template <typename Pool>
Pooled Pass(const Pool& pool, const Tensor& start) {
  Tensor x = start.clone().requires_grad_();
  const Tensor out = pool(x);
  torch::manual_seed(2);
  out.backward(torch::randn(out.sizes(), out.options()));
  return {out.detach(), x.grad()};
}

TEST(MaxPoolTest, InOrderItHasLibTorchsValuesAndGradients) {
  for (const std::vector<int64_t>& sides : {std::vector<int64_t>{18, 18}, {17, 34}, {3, 4}}) {
    torch::manual_seed(1);
    // Rounded, so that windows have equal largest values: the first of them counts.
    const Tensor x = (torch::randn({3, 5, sides[0], sides[1]}, torch::kFloat64) * 2).round();
    const Pooled in_order = Pass(MaxPoolInOrder, x);
    const Pooled expected = Pass([](const Tensor& y) { return MaxPool(y, 0); }, x);
    EXPECT_TRUE(torch::equal(in_order.out, expected.out));
    EXPECT_TRUE(torch::allclose(in_order.gradient, expected.gradient, 1e-14, 1e-14));
    EXPECT_GT(in_order.gradient.abs().sum().item<double>(), 0);
  }
}

TEST(MaxPoolTest, PaddingIsOfTheLowestValue) {
  torch::manual_seed(1);
  const Tensor x = torch::randn({2, 4, 16, 16}) - 5;
  const Tensor padded = torch::constant_pad_nd(x, {1, 1, 1, 1}, -1e30);
  EXPECT_TRUE(torch::equal(MaxPool(x, 1), MaxPoolInOrder(padded)));
  EXPECT_LT(MaxPool(x, 1).max().item<float>(), 0);
}

}  // namespace
}  // namespace adares
