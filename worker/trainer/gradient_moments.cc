// A loop on the CPU, where the parameters are a handful; elsewhere one row of all of them.
#include "worker/trainer/gradient_moments.h"

#include "worker/trainer/gradient_snr.h"

namespace adares {
namespace {

using torch::Tensor;

constexpr double kNew = 1 - kGradientDecay;

bool TakesLoop(const Tensor& gradient) {
  return !gradient.defined() || (gradient.is_cpu() && gradient.scalar_type() == torch::kFloat32 &&
                                 gradient.is_contiguous());
}

Tensor Row(const Tensor& parameter) {
  const Tensor& gradient = parameter.grad();
  return (gradient.defined() ? gradient : torch::zeros_like(parameter)).reshape({-1});
}

}  // namespace

GradientMoments::GradientMoments(const AdaResNet& model) : parameters_(model->SkipParameters()) {
  int64_t size = 0;
  for (const Tensor& parameter : parameters_) size += parameter.numel();
  const auto options = (parameters_.empty() ? torch::TensorOptions() : parameters_[0].options())
                           .dtype(torch::kFloat64)
                           .requires_grad(false);
  state_ = {torch::zeros({size}, options), torch::zeros({size}, options)};
}

void GradientMoments::Add() {
  if (parameters_.empty()) return;
  const torch::NoGradGuard no_grad;
  if (!state_.mean.is_cpu()) {
    std::vector<Tensor> rows;
    for (const Tensor& parameter : parameters_) rows.push_back(Row(parameter));
    const Tensor row = torch::cat(rows).to(torch::kFloat64);
    state_.mean.mul_(kGradientDecay).add_(row, kNew);
    state_.square.mul_(kGradientDecay).addcmul_(row, row, kNew);
    return;
  }
  double* mean = state_.mean.data_ptr<double>();
  double* square = state_.square.data_ptr<double>();
  for (const Tensor& parameter : parameters_) {
    Tensor gradient = parameter.grad();
    if (!TakesLoop(gradient)) gradient = gradient.to(torch::kFloat32).contiguous();
    const float* const data = gradient.defined() ? gradient.data_ptr<float>() : nullptr;
    for (int64_t i = 0; i < parameter.numel(); ++i) {
      const double g = data == nullptr ? 0 : static_cast<double>(data[i]);
      *mean = kGradientDecay * *mean + kNew * g;
      *square = kGradientDecay * *square + kNew * g * g;
      ++mean;
      ++square;
    }
  }
}

std::vector<double> GradientMoments::Snr(int64_t steps) const {
  const Tensor means = state_.mean.cpu();
  const Tensor squares = state_.square.cpu();
  const double* mean = means.data_ptr<double>();
  const double* square = squares.data_ptr<double>();
  std::vector<double> snr;
  for (const Tensor& parameter : parameters_) {
    double mean_squares = 0;
    double mean_square = 0;
    for (int64_t i = 0; i < parameter.numel(); ++i) {
      mean_squares += *mean * *mean;
      mean_square += *square;
      ++mean;
      ++square;
    }
    snr.push_back(GradientSnr(mean_squares, mean_square, steps));
  }
  return snr;
}

absl::Status GradientMoments::Restore(const GradientMomentsState& state) {
  if (state.mean.sizes() != state_.mean.sizes() || state.square.sizes() != state_.square.sizes()) {
    return absl::FailedPreconditionError(
        "the moments of gradients are of another trial: they have another size");
  }
  const torch::NoGradGuard no_grad;
  state_.mean.copy_(state.mean);
  state_.square.copy_(state.square);
  return absl::OkStatus();
}

}  // namespace adares
