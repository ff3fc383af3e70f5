// The weighted sum of a block's two paths.
#include "worker/trainer/skip_sum.h"

namespace adares {

torch::Tensor SkipSum(const torch::Tensor& tfd, const torch::Tensor& ipd, const torch::Tensor& weight) {
  if (!weight.defined()) return torch::relu(tfd + ipd);
  return torch::relu(tfd + weight * ipd);
}

}  // namespace adares
