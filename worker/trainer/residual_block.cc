// Layers of blocks and their order.
#include "worker/trainer/residual_block.h"

#include <string>
#include <utility>

namespace adares {
namespace {

using torch::Tensor;

std::vector<ConvShape> ConvolutionsOf(const BlockShape& shape, const LayerStyle& style) {
  const int64_t out = shape.out_channels;
  if (!shape.bottleneck) return {{shape.in_channels, out, 3, shape.stride}, {out, out, 3, 1}};
  const int64_t width = out / 4;
  const int64_t first = style.stride_in_first ? shape.stride : 1;
  return {{shape.in_channels, width, 1, first},
          {width, width, 3, shape.stride / first},
          {width, out, 1, 1}};
}

BatchNorm LastNormOf(int64_t channels, const LayerStyle& style) {
  BatchNorm norm(channels, style, style.last_norm != LastNorm::kNoAffine);
  const torch::NoGradGuard no_grad;
  if (style.last_norm == LastNorm::kZero) norm->weight.zero_();
  return norm;
}

torch::nn::Sequential ProjectionOf(const BlockShape& shape, const LayerStyle& style) {
  torch::nn::Sequential projection(
      Convolution(ConvShape{shape.in_channels, shape.out_channels, 1, shape.stride}, style));
  if (style.has_norm) projection->push_back(BatchNorm(shape.out_channels, style));
  return projection;
}

}  // namespace

Tensor Normalised(BatchNorm& norm, const Tensor& x) {
  return norm.is_empty() ? x : norm->forward(x);
}

ResidualBlockImpl::ResidualBlockImpl(const BlockShape& shape, const LayerStyle& style,
                                     SkipWeight skip_weight, double survival)
    : skip_weight_(std::move(skip_weight)), survival_(survival) {
  const std::vector<ConvShape> shapes = ConvolutionsOf(shape, style);
  for (size_t i = 0; i < shapes.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    convolutions_.push_back(register_module("conv" + number, Convolution(shapes[i], style)));
    norms_.emplace_back(nullptr);
    if (!style.has_norm) continue;
    const int64_t channels = shapes[i].out_channels;
    norms_.back() =
        register_module("bn" + number, i + 1 == shapes.size() ? LastNormOf(channels, style)
                                                              : BatchNorm(channels, style));
  }
  if (shape.projection) downsample_ = register_module("downsample", ProjectionOf(shape, style));
}

Tensor ResidualBlockImpl::forward(const Tensor& x, bool keeps_branch) {
  if (!keeps_branch) return SkipAlone(SkipPathOf(x), skip_weight_.Coefficients().s);
  const Paths paths = PathsOf(x);
  if (squares_ != nullptr) {
    *squares_ = SquaresOfPaths(paths.tfd, paths.ipd, skip_weight_.Coefficients());
  }
  return Sum(paths);
}

ResidualBlockImpl::Paths ResidualBlockImpl::PathsOf(const Tensor& x) {
  Tensor tfd = x;
  for (size_t i = 0; i < convolutions_.size(); ++i) {
    if (i > 0) tfd = torch::relu(tfd);
    tfd = Normalised(norms_[i], convolutions_[i]->forward(tfd));
  }
  return {tfd, SkipPathOf(x)};
}

Tensor ResidualBlockImpl::SkipPathOf(const Tensor& x) {
  return downsample_.is_empty() ? x : downsample_->forward(x);
}

Tensor ResidualBlockImpl::Sum(const Paths& paths) const {
  SumCoefficients coefficients = skip_weight_.Coefficients();
  if (!is_training() && survival_ < 1) {
    const auto type = torch::promote_types(paths.tfd.scalar_type(), torch::kFloat32);
    const Tensor one = torch::ones({}, paths.tfd.options().dtype(type));
    coefficients.r = survival_ * (coefficients.r.defined() ? coefficients.r : one);
  }
  return SkipSum(paths.tfd, paths.ipd, coefficients);
}

}  // namespace adares
