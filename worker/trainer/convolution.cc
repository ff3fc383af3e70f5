// Windows, padding, and the matrix product that a convolution is where one pixel comes out.
#include "worker/trainer/convolution.h"

namespace adares {
namespace {

using torch::Tensor;

bool IsOnePosition(const TapWindow& window) {
  return window.out == 1 && window.padding == Margin{};
}

Tensor FirstRows(const Tensor& x, int64_t dimension, int64_t count) {
  return x.size(dimension) == count ? x : x.narrow(dimension, 0, count);
}

// One row for each picture or filter, channels innermost: a view where channels are last in memory.
Tensor Flat(const Tensor& x) { return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1}); }

}  // namespace

ConvolutionImpl::ConvolutionImpl(const ConvShape& shape, const LayerStyle& style)
    : shape_(shape), same_padding_(style.same_padding) {
  weight = register_parameter(
      "weight", torch::zeros({shape.out_channels, shape.in_channels, shape.kernel, shape.kernel}));
  if (style.conv_bias) bias = register_parameter("bias", torch::zeros({shape.out_channels}));
}

ConvolutionSide ConvolutionImpl::Side(int64_t size) const {
  const int64_t half = shape_.kernel / 2;
  return {size, shape_.kernel, shape_.stride,
          same_padding_ ? SamePadding(size, shape_.kernel, shape_.stride) : Margin{half, half}};
}

TapWindow ConvolutionImpl::Window(int64_t size, const TapWindow& live) const {
  if (!full_.defined()) return AllTaps(Side(size));
  TORCH_CHECK(LiveTaps(Side(size)) == live, "a convolution has dropped taps that a map of ", size,
              " pixels needs; pictures must keep their size");
  return live;
}

Tensor ConvolutionImpl::forward(const Tensor& x) {
  rows_ = x.size(2);
  columns_ = x.size(3);
  const TapWindow rows = Window(rows_, live_rows_);
  const TapWindow columns = Window(columns_, live_columns_);
  if (IsOnePosition(rows) && IsOnePosition(columns)) {
    return Product(x, weight, rows.count, columns.count);
  }
  if (LeavesGradientUnwritten(x)) return Product(x, LivePart(weight), 1, 1);
  const Margin& above = rows.padding;
  const Margin& beside = columns.padding;
  if (above.before == above.after && beside.before == beside.after) {
    return torch::conv2d(x, weight, bias, shape_.stride, {above.before, beside.before});
  }
  // Uneven margins need a padded copy of the map.
  const Tensor padded =
      torch::constant_pad_nd(x, {beside.before, beside.after, above.before, above.after});
  return torch::conv2d(padded, weight, bias, shape_.stride);
}

// oneDNN (2.6) writes no gradient for the taps of a strided bf16 kernel that a single pixel does
// not meet: there is then what lay in memory before, at times NaN.
bool ConvolutionImpl::LeavesGradientUnwritten(const Tensor& x) const {
  return x.is_cpu() && x.scalar_type() == torch::kBFloat16 && rows_ == 1 && columns_ == 1 &&
         shape_.stride > 1 && !full_.defined();
}

Tensor ConvolutionImpl::Product(const Tensor& x, const Tensor& kernel, int64_t rows,
                                int64_t columns) const {
  const Tensor window = FirstRows(FirstRows(x, 2, rows), 3, columns);
  const Tensor out = torch::linear(Flat(window), Flat(kernel), bias);
  // As a map with channels last, as those beside it are.
  return out.view({out.size(0), 1, 1, out.size(1)}).permute({0, 3, 1, 2});
}

void ConvolutionImpl::DropDeadTaps() {
  if (full_.defined() || rows_ == 0) return;
  live_rows_ = LiveTaps(Side(rows_));
  live_columns_ = LiveTaps(Side(columns_));
  if (live_rows_.count == shape_.kernel && live_columns_.count == shape_.kernel) return;
  const torch::NoGradGuard no_grad;
  full_ = weight.detach();  // keeps the memory that `weight` leaves
  weight.mutable_grad().reset();
  weight.set_data(Live(full_).contiguous(full_.suggest_memory_format()));
}

Tensor ConvolutionImpl::Live(const Tensor& kernel) const {
  return kernel.narrow(2, live_rows_.first, live_rows_.count)
      .narrow(3, live_columns_.first, live_columns_.count);
}

Tensor ConvolutionImpl::FullKernel() const {
  if (!full_.defined()) return weight;
  const torch::NoGradGuard no_grad;
  Tensor kernel = full_.to(weight.options()).clone();
  Live(kernel).copy_(weight);
  return kernel;
}

void ConvolutionImpl::SetFullKernel(const Tensor& kernel) {
  const torch::NoGradGuard no_grad;
  if (!full_.defined()) {
    weight.copy_(kernel);
    return;
  }
  full_.copy_(kernel);
  weight.copy_(Live(kernel));
}

Tensor ConvolutionImpl::LivePart(const Tensor& kernel) const {
  if (full_.defined() || rows_ == 0) return kernel;
  const TapWindow rows = LiveTaps(Side(rows_));
  const TapWindow columns = LiveTaps(Side(columns_));
  if (rows.count == shape_.kernel && columns.count == shape_.kernel) return kernel;
  return kernel.narrow(2, rows.first, rows.count).narrow(3, columns.first, columns.count);
}

int64_t ConvolutionImpl::DroppedCount() const {
  return full_.defined() ? full_.numel() - weight.numel() : 0;
}

}  // namespace adares
