// relu(tfd + w * ipd). On the CPU one pass forward and one pass backward, instead of the three and four
// that LibTorch's operations take: these passes wait for memory, and a weighted ResNet would train a
// tenth slower than a plain one.
#include "worker/trainer/skip_sum.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

namespace adares {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Elements of one task. Fixed, so that the order of the sum does not depend on the thread count.
constexpr int64_t kChunk = 1 << 15;
constexpr int64_t kLanes = 16;

void Forward(const float* __restrict__ tfd, const float* __restrict__ ipd, float weight,
             float* __restrict__ out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const float z = tfd[i] + weight * ipd[i];
    out[i] = z < 0 ? 0.0f : z;  // NaN stays NaN, so that divergence is seen
  }
}

struct BackwardBuffers {
  const float* gradient;
  const float* out;
  const float* ipd;
  float* tfd_gradient;
  float* ipd_gradient;
};

// Returns this range's part of the weight's gradient: floats in lanes, so that the compiler can use
// vectors, and doubles above them.
double Backward(const BackwardBuffers& buffers, float weight, int64_t begin, int64_t end) {
  const float* __restrict__ const gradient = buffers.gradient + begin;
  const float* __restrict__ const out = buffers.out + begin;
  const float* __restrict__ const ipd = buffers.ipd + begin;
  float* __restrict__ const tfd_gradient = buffers.tfd_gradient + begin;
  float* __restrict__ const ipd_gradient = buffers.ipd_gradient + begin;
  float lanes[kLanes] = {};
  const int64_t count = end - begin;
  const int64_t whole = count - count % kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const float g = out[i + lane] > 0 ? gradient[i + lane] : 0.0f;
      tfd_gradient[i + lane] = g;
      ipd_gradient[i + lane] = weight * g;
      lanes[lane] += g * ipd[i + lane];
    }
  }
  double total = 0;
  for (const float lane : lanes) total += static_cast<double>(lane);
  for (int64_t i = whole; i < count; ++i) {
    const float g = out[i] > 0 ? gradient[i] : 0.0f;
    tfd_gradient[i] = g;
    ipd_gradient[i] = weight * g;
    total += static_cast<double>(g * ipd[i]);
  }
  return total;
}

class FusedSkipSum : public torch::autograd::Function<FusedSkipSum> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& tfd, const Tensor& ipd,
                        const Tensor& weight) {
    const Tensor out = torch::empty_like(tfd);
    const float w = weight.item<float>();
    const float* const a = tfd.data_ptr<float>();
    const float* const b = ipd.data_ptr<float>();
    float* const c = out.data_ptr<float>();
    at::parallel_for(0, out.numel(), kChunk, [&](int64_t begin, int64_t end) {
      Forward(a + begin, b + begin, w, c + begin, end - begin);
    });
    context->save_for_backward({ipd, weight, out});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& ipd = saved[0];
    const Tensor& out = saved[2];
    // The same layout as `out`, so that all buffers run in step.
    const Tensor gradient = gradients[0].strides() == out.strides()
                                ? gradients[0]
                                : torch::empty_like(out).copy_(gradients[0]);
    const Tensor tfd_gradient = torch::empty_like(out);
    const Tensor ipd_gradient = torch::empty_like(out);
    const BackwardBuffers buffers{gradient.data_ptr<float>(), out.data_ptr<float>(),
                                  ipd.data_ptr<float>(), tfd_gradient.data_ptr<float>(),
                                  ipd_gradient.data_ptr<float>()};
    const float w = saved[1].item<float>();
    const int64_t count = out.numel();
    const int64_t chunks = (count + kChunk - 1) / kChunk;
    std::vector<double> sums(static_cast<size_t>(chunks));
    at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        sums[static_cast<size_t>(i)] =
            Backward(buffers, w, i * kChunk, std::min(count, (i + 1) * kChunk));
      }
    });
    double total = 0;
    for (const double sum : sums) total += sum;
    return {tfd_gradient, ipd_gradient, torch::full_like(saved[1], total)};
  }
};

bool CanFuse(const Tensor& tfd, const Tensor& ipd, const Tensor& weight) {
  return tfd.is_cpu() && tfd.scalar_type() == torch::kFloat32 &&
         ipd.scalar_type() == torch::kFloat32 && weight.scalar_type() == torch::kFloat32 &&
         tfd.is_non_overlapping_and_dense() && tfd.sizes() == ipd.sizes() &&
         tfd.strides() == ipd.strides();
}

}  // namespace

Tensor SkipSum(const Tensor& tfd, const Tensor& ipd, const Tensor& weight) {
  if (!weight.defined()) return torch::relu(tfd + ipd);
  if (CanFuse(tfd, ipd, weight)) return FusedSkipSum::apply(tfd, ipd, weight);
  return torch::relu(tfd + weight * ipd);
}

}  // namespace adares
