// A gradient goes to where the maximum was found; windows that share the place are added tap by
// tap.
#include "worker/trainer/max_pool.h"

#include <limits>

namespace adares {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kSide = 3;
constexpr int64_t kStride = 2;

// The places of one tap along a side, for all windows.
Tensor TapOf(const Tensor& x, int64_t dimension, int64_t tap, int64_t windows) {
  return x.slice(dimension, tap, tap + kStride * (windows - 1) + 1, kStride);
}

class PoolInOrder : public torch::autograd::Function<PoolInOrder> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x) {
    const auto [out, places] = torch::max_pool2d_with_indices(x, kSide, kStride);
    context->save_for_backward({places, x});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& places = saved[0];
    const Tensor& gradient = gradients[0];
    const Tensor sum = torch::zeros_like(saved[1]);
    const int64_t columns = sum.size(3);
    const Tensor all =
        torch::arange(sum.size(2) * columns, places.options()).view({sum.size(2), columns});
    const Tensor nothing = torch::zeros({}, gradient.options());
    for (int64_t row = 0; row < kSide; ++row) {
      for (int64_t column = 0; column < kSide; ++column) {
        const auto tap = [&](const Tensor& map, int64_t rows) {
          return TapOf(TapOf(map, rows, row, places.size(2)), rows + 1, column, places.size(3));
        };
        tap(sum, 2).add_(torch::where(places == tap(all, 0), gradient, nothing));
      }
    }
    return {sum};
  }
};

}  // namespace

Tensor MaxPoolInOrder(const Tensor& x) { return PoolInOrder::apply(x); }

Tensor MaxPool(const Tensor& x, int64_t padding) {
  if (!x.is_cuda() || !at::globalContext().deterministicAlgorithms()) {
    return torch::max_pool2d(x, kSide, kStride, padding);
  }
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  return MaxPoolInOrder(torch::constant_pad_nd(x, {padding, padding, padding, padding}, kLowest));
}

}  // namespace adares
