// relu(tfd + w * ipd). On the CPU it takes one pass forward and one backward instead of the three
// and four of LibTorch's operations. These passes wait for memory: composed of operations, the
// weights would make a ResNet-20 train a tenth slower than a plain one.
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

// The loops below are written for the compiler's vectoriser: no aliasing, no read that depends on a
// condition, sums in lanes.

float Relu(float z) { return z < 0 ? 0.0f : z; }  // NaN stays NaN, so that divergence is seen

void WeightedForward(const float* __restrict__ tfd, const float* __restrict__ ipd, float weight,
                     float* __restrict__ out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = Relu(tfd[i] + weight * ipd[i]);
}

void PlainForward(const float* __restrict__ tfd, const float* __restrict__ ipd,
                  float* __restrict__ out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = Relu(tfd[i] + ipd[i]);
}

void PlainBackward(const float* __restrict__ gradient, const float* __restrict__ out,
                   float* __restrict__ sum_gradient, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const float incoming = gradient[i];
    sum_gradient[i] = out[i] > 0 ? incoming : 0.0f;
  }
}

struct WeightedBuffers {
  const float* gradient;
  const float* out;
  const float* ipd;
  float* tfd_gradient;
  float* ipd_gradient;
};

// Returns this range's part of the weight's gradient: floats in lanes, doubles above them.
double WeightedBackward(const WeightedBuffers& buffers, float weight, int64_t begin, int64_t end) {
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
      const float incoming = gradient[i + lane];
      const float g = out[i + lane] > 0 ? incoming : 0.0f;
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

// Runs `range(begin, end)` over 0..count in parallel, chunk by chunk, and adds up what it returns.
template <typename Range>
double SumOverChunks(int64_t count, const Range& range) {
  const int64_t chunks = (count + kChunk - 1) / kChunk;
  std::vector<double> sums(static_cast<size_t>(chunks));
  at::parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      sums[static_cast<size_t>(i)] = range(i * kChunk, std::min(count, (i + 1) * kChunk));
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

// In the layout of `out`, so that all buffers run in step.
Tensor InLayoutOf(const Tensor& out, const Tensor& gradient) {
  if (gradient.strides() == out.strides()) return gradient;
  return torch::empty_like(out).copy_(gradient);
}

class WeightedSkipSum : public torch::autograd::Function<WeightedSkipSum> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& tfd, const Tensor& ipd,
                        const Tensor& weight) {
    const Tensor out = torch::empty_like(tfd);
    const float* const a = tfd.data_ptr<float>();
    const float* const b = ipd.data_ptr<float>();
    float* const y = out.data_ptr<float>();
    const float w = weight.item<float>();
    at::parallel_for(0, out.numel(), kChunk, [&](int64_t begin, int64_t end) {
      WeightedForward(a + begin, b + begin, w, y + begin, end - begin);
    });
    context->save_for_backward({ipd, weight, out});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& ipd = saved[0];
    const Tensor& weight = saved[1];
    const Tensor& out = saved[2];
    const Tensor gradient = InLayoutOf(out, gradients[0]);
    const Tensor tfd_gradient = torch::empty_like(out);
    const Tensor ipd_gradient = torch::empty_like(out);
    const WeightedBuffers buffers{gradient.data_ptr<float>(), out.data_ptr<float>(),
                                  ipd.data_ptr<float>(), tfd_gradient.data_ptr<float>(),
                                  ipd_gradient.data_ptr<float>()};
    const float w = weight.item<float>();
    const double total = SumOverChunks(out.numel(), [&](int64_t begin, int64_t end) {
      return WeightedBackward(buffers, w, begin, end);
    });
    return {tfd_gradient, ipd_gradient, torch::full_like(weight, total)};
  }
};

class PlainSkipSum : public torch::autograd::Function<PlainSkipSum> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& tfd, const Tensor& ipd) {
    const Tensor out = torch::empty_like(tfd);
    const float* const a = tfd.data_ptr<float>();
    const float* const b = ipd.data_ptr<float>();
    float* const y = out.data_ptr<float>();
    at::parallel_for(0, out.numel(), kChunk, [&](int64_t begin, int64_t end) {
      PlainForward(a + begin, b + begin, y + begin, end - begin);
    });
    context->save_for_backward({out});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const Tensor out = context->get_saved_variables()[0];
    const Tensor gradient = InLayoutOf(out, gradients[0]);
    const Tensor sum_gradient = torch::empty_like(out);
    const float* const g = gradient.data_ptr<float>();
    const float* const y = out.data_ptr<float>();
    float* const result = sum_gradient.data_ptr<float>();
    at::parallel_for(0, out.numel(), kChunk, [&](int64_t begin, int64_t end) {
      PlainBackward(g + begin, y + begin, result + begin, end - begin);
    });
    return {sum_gradient, sum_gradient};
  }
};

bool CanFuse(const Tensor& tfd, const Tensor& ipd) {
  return tfd.is_cpu() && tfd.scalar_type() == torch::kFloat32 &&
         ipd.scalar_type() == torch::kFloat32 && tfd.is_non_overlapping_and_dense() &&
         tfd.sizes() == ipd.sizes() && tfd.strides() == ipd.strides();
}

}  // namespace

Tensor SkipSum(const Tensor& tfd, const Tensor& ipd, const Tensor& weight) {
  if (!weight.defined()) {
    return CanFuse(tfd, ipd) ? PlainSkipSum::apply(tfd, ipd) : torch::relu(tfd + ipd);
  }
  return CanFuse(tfd, ipd) ? WeightedSkipSum::apply(tfd, ipd, weight)
                           : torch::relu(tfd + weight * ipd);
}

}  // namespace adares
