// relu(s * ipd + r * tfd). On the CPU it takes one pass forward and one backward instead of the
// three and four of LibTorch's operations. These passes wait for memory: composed of operations,
// the weights would make a ResNet-20 train a tenth slower than a plain one.
#include "worker/trainer/skip_sum.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "worker/trainer/skip_sum_loops.h"

namespace adares {
namespace {

using skip_sum_loops::BackwardBuffers;
using skip_sum_loops::ForwardBuffers;
using skip_sum_loops::Range;
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Elements of one task. Fixed, so that the order of the sum does not depend on the thread count.
constexpr int64_t kChunk = 1 << 15;

// Runs `task(range)` over 0..count in parallel, chunk by chunk, and returns what each chunk gave.
template <typename Task>
auto OverChunks(int64_t count, int64_t chunk, const Task& task) {
  const int64_t chunks = (count + chunk - 1) / chunk;
  std::vector<decltype(task(Range{}))> results(static_cast<size_t>(chunks));
  at::parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      results[static_cast<size_t>(i)] = task(Range{i * chunk, std::min(count, (i + 1) * chunk)});
    }
  });
  return results;
}

// The same for a task without result.
template <typename Task>
void RunOverChunks(int64_t count, int64_t chunk, const Task& task) {
  const int64_t chunks = (count + chunk - 1) / chunk;
  at::parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
    task(Range{first * chunk, std::min(count, last * chunk)});
  });
}

template <typename Element>
ForwardBuffers<Element> BuffersOf(const Tensor& first, const Tensor& second, const Tensor& out) {
  return {first.data_ptr<Element>(), second.data_ptr<Element>(), out.data_ptr<Element>()};
}

// The tensors of a backward pass, in the layout of `out`, so that all buffers run in step.
struct Backward {
  Backward(Tensor result, const Tensor& incoming)
      : out(std::move(result)),
        gradient(incoming.strides() == out.strides() ? incoming
                                                     : torch::empty_like(out).copy_(incoming)),
        first_gradient(torch::empty_like(out)) {}

  template <typename Element>
  BackwardBuffers<Element> Buffers(const Tensor& first, const Tensor& second) {
    if (second.defined()) second_gradient = torch::empty_like(out);
    const auto data = [](const Tensor& tensor) {
      return tensor.defined() ? tensor.data_ptr<Element>() : nullptr;
    };
    return {data(gradient),       data(out), data(first), data(second), data(first_gradient),
            data(second_gradient)};
  }

  Tensor out, gradient, first_gradient, second_gradient;
};

template <typename Element>
class PlainSum : public torch::autograd::Function<PlainSum<Element>> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& first, const Tensor& second) {
    const Tensor out = torch::empty_like(first);
    const ForwardBuffers<Element> buffers = BuffersOf<Element>(first, second, out);
    RunOverChunks(out.numel(), kChunk,
                  [&](Range range) { skip_sum_loops::PlainForward(buffers, range); });
    context->save_for_backward({out});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    Backward pass(saved[0], gradients[0]);
    const BackwardBuffers<Element> buffers = pass.template Buffers<Element>({}, {});
    RunOverChunks(pass.out.numel(), kChunk,
                  [&](Range range) { skip_sum_loops::PlainBackward(buffers, range); });
    return {pass.first_gradient, pass.first_gradient};
  }
};

template <typename Element>
class OneWeightSum : public torch::autograd::Function<OneWeightSum<Element>> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& plain, const Tensor& weighted,
                        const Tensor& weight) {
    const Tensor out = torch::empty_like(plain);
    const ForwardBuffers<Element> buffers = BuffersOf<Element>(plain, weighted, out);
    const float w = weight.item<float>();
    RunOverChunks(out.numel(), kChunk,
                  [&](Range range) { skip_sum_loops::OneForward(buffers, w, range); });
    context->save_for_backward({weighted, weight, out});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& weight = saved[1];
    Backward pass(saved[2], gradients[0]);
    const BackwardBuffers<Element> buffers = pass.template Buffers<Element>({}, saved[0]);
    const float w = weight.item<float>();
    double total = 0;
    for (const double sum : OverChunks(pass.out.numel(), kChunk, [&](Range range) {
           return skip_sum_loops::OneBackward(buffers, w, range);
         })) {
      total += sum;
    }
    return {pass.first_gradient, pass.second_gradient, torch::full_like(weight, total)};
  }
};

template <typename Element>
class TwoWeightSum : public torch::autograd::Function<TwoWeightSum<Element>> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& tfd, const Tensor& ipd,
                        const Tensor& r, const Tensor& s) {
    const Tensor out = torch::empty_like(tfd);
    const ForwardBuffers<Element> buffers = BuffersOf<Element>(tfd, ipd, out);
    const skip_sum_loops::Weights weights{r.item<float>(), s.item<float>()};
    RunOverChunks(out.numel(), kChunk,
                  [&](Range range) { skip_sum_loops::TwoForward(buffers, weights, range); });
    context->save_for_backward({tfd, ipd, r, s, out});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& r = saved[2];
    const Tensor& s = saved[3];
    Backward pass(saved[4], gradients[0]);
    const BackwardBuffers<Element> buffers = pass.template Buffers<Element>(saved[0], saved[1]);
    const skip_sum_loops::Weights weights{r.item<float>(), s.item<float>()};
    std::pair<double, double> total;
    for (const auto& [of_r, of_s] : OverChunks(pass.out.numel(), kChunk, [&](Range range) {
           return skip_sum_loops::TwoBackward(buffers, weights, range);
         })) {
      total.first += of_r;
      total.second += of_s;
    }
    return {pass.first_gradient, pass.second_gradient, torch::full_like(r, total.first),
            torch::full_like(s, total.second)};
  }
};

template <typename Element>
class ChannelWeightSum : public torch::autograd::Function<ChannelWeightSum<Element>> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& plain, const Tensor& weighted,
                        const Tensor& weight) {
    const Tensor out = torch::empty_like(plain);
    const ForwardBuffers<Element> buffers = BuffersOf<Element>(plain, weighted, out);
    const skip_sum_loops::ChannelWeights weights{weight.data_ptr<float>(), weight.numel()};
    RunOverChunks(Pixels(out), ChunkPixels(weight),
                  [&](Range pixels) { skip_sum_loops::ChannelForward(buffers, weights, pixels); });
    context->save_for_backward({weighted, weight, out});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& weight = saved[1];
    Backward pass(saved[2], gradients[0]);
    const BackwardBuffers<Element> buffers = pass.template Buffers<Element>({}, saved[0]);
    const skip_sum_loops::ChannelWeights weights{weight.data_ptr<float>(), weight.numel()};
    const auto size = static_cast<size_t>(weight.numel());
    std::vector<double> total(size);
    for (const std::vector<float>& sums :
         OverChunks(Pixels(pass.out), ChunkPixels(weight), [&](Range pixels) {
           std::vector<float> part(size);
           skip_sum_loops::ChannelBackward(buffers, weights, pixels, part.data());
           return part;
         })) {
      for (size_t c = 0; c < size; ++c) total[c] += static_cast<double>(sums[c]);
    }
    return {pass.first_gradient, pass.second_gradient,
            torch::tensor(total, torch::kFloat64).to(weight.scalar_type())};
  }

 private:
  static int64_t Pixels(const Tensor& out) { return out.numel() / out.size(1); }
  static int64_t ChunkPixels(const Tensor& weight) {
    return std::max<int64_t>(kChunk / weight.numel(), 1);
  }
};

bool CanFuse(const Tensor& tfd, const Tensor& ipd) {
  const auto type = tfd.scalar_type();
  return (type == torch::kFloat32 || type == torch::kBFloat16) && type == ipd.scalar_type() &&
         tfd.is_cpu() && ipd.is_cpu() && tfd.is_non_overlapping_and_dense() &&
         tfd.sizes() == ipd.sizes() && tfd.strides() == ipd.strides();
}

bool IsScalar(const Tensor& weight) { return weight.dim() == 0; }

bool IsReduced(const Tensor& tensor) {
  return tensor.scalar_type() == torch::kBFloat16 || tensor.scalar_type() == torch::kHalf;
}

// One addition of two bf16 numbers is rounded once by itself, so that it has the bits of the longer
// way through float32.
bool IsUnweightedOnDevice(const Tensor& tfd, const Tensor& ipd,
                          const SumCoefficients& coefficients) {
  return !coefficients.s.defined() && !coefficients.r.defined() && !tfd.is_cpu() &&
         tfd.scalar_type() == ipd.scalar_type();
}

Tensor Scaled(const Tensor& term, const Tensor& weight) {
  if (!weight.defined()) return term;
  return (IsScalar(weight) ? weight : weight.view({1, -1, 1, 1})) * term;
}

}  // namespace

Tensor SkipSumByOperations(const Tensor& tfd, const Tensor& ipd,
                           const SumCoefficients& coefficients) {
  return torch::relu(Scaled(tfd, coefficients.r) + Scaled(ipd, coefficients.s));
}

Tensor SkipAlone(const Tensor& ipd, const Tensor& s) {
  if (!IsReduced(ipd)) return torch::relu(Scaled(ipd, s));
  return torch::relu(Scaled(ipd.to(torch::kFloat32), s)).to(ipd.scalar_type());
}

namespace {

// In one pass forward and one backward; not defined where there is none for these coefficients.
template <typename Element>
Tensor FusedSum(const Tensor& tfd, const Tensor& ipd, const SumCoefficients& coefficients) {
  const auto& [s, r] = coefficients;
  if (!s.defined() && !r.defined()) return PlainSum<Element>::apply(tfd, ipd);
  if (s.defined() && r.defined()) {
    return IsScalar(s) && IsScalar(r) ? TwoWeightSum<Element>::apply(tfd, ipd, r, s) : Tensor();
  }
  const Tensor& weight = s.defined() ? s : r;
  const Tensor& plain = s.defined() ? tfd : ipd;
  const Tensor& weighted = s.defined() ? ipd : tfd;
  if (IsScalar(weight)) return OneWeightSum<Element>::apply(plain, weighted, weight);
  if (!tfd.is_contiguous(torch::MemoryFormat::ChannelsLast)) return {};
  return ChannelWeightSum<Element>::apply(plain, weighted, weight);
}

}  // namespace

Tensor SkipSum(const Tensor& tfd, const Tensor& ipd, const SumCoefficients& coefficients) {
  if (IsUnweightedOnDevice(tfd, ipd, coefficients)) return torch::relu(tfd + ipd);
  if (CanFuse(tfd, ipd)) {
    const Tensor sum = tfd.scalar_type() == torch::kFloat32
                           ? FusedSum<float>(tfd, ipd, coefficients)
                           : FusedSum<c10::BFloat16>(tfd, ipd, coefficients);
    if (sum.defined()) return sum;
  }
  if (!IsReduced(tfd) && !IsReduced(ipd)) return SkipSumByOperations(tfd, ipd, coefficients);
  // A weight's gradient is a sum over a million terms, and a weight moves by less than bf16 can
  // tell: both take part as they are, and the pictures are rounded once, at the end.
  return SkipSum(tfd.to(torch::kFloat32), ipd.to(torch::kFloat32), coefficients)
      .to(tfd.scalar_type());
}

}  // namespace adares
