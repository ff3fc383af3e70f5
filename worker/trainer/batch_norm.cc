// LibTorch's batch norm, and the step from its running variance to Keras'.
#include "worker/trainer/batch_norm.h"

namespace adares {

using torch::Tensor;

BatchNormImpl::BatchNormImpl(int64_t channels, const LayerStyle& style, bool affine)
    : eps_(style.norm_eps),
      momentum_(style.norm_momentum),
      biased_variance_(style.biased_variance) {
  if (affine) {
    weight = register_parameter("weight", torch::ones({channels}));
    bias = register_parameter("bias", torch::zeros({channels}));
  }
  running_mean = register_buffer("running_mean", torch::zeros({channels}));
  running_var = register_buffer("running_var", torch::ones({channels}));
  num_batches_tracked =
      register_buffer("num_batches_tracked", torch::zeros({}, torch::TensorOptions(torch::kLong)));
}

Tensor BatchNormImpl::Normalise(const Tensor& x) {
  return torch::batch_norm(x, weight, bias, running_mean, running_var, is_training(), momentum_,
                           eps_, at::globalContext().userEnabledCuDNN());
}

Tensor BatchNormImpl::forward(const Tensor& x) {
  if (!is_training()) return Normalise(x);
  const int64_t values = x.numel() / x.size(1);
  TORCH_CHECK(values > 1, "batch norm needs more than one value a channel to train on; its input ",
              x.sizes(), " has one");
  num_batches_tracked += 1;
  if (!biased_variance_) return Normalise(x);
  // With m the momentum, v the old value and u the unbiased variance of n values, LibTorch leaves
  // (1 - m) * v + m * u. The biased variance is u * (n - 1) / n, so that
  // (1 - m) * v + m * u * (n - 1) / n lies one n-th of the way back to (1 - m) * v.
  const Tensor kept = running_var * (1 - momentum_);
  const Tensor y = Normalise(x);
  // By data(): the backward pass keeps the variance, without need in training mode, and would take
  // a change of it for a mistake.
  running_var.data().lerp_(kept, 1 / static_cast<double>(values));
  return y;
}

}  // namespace adares
