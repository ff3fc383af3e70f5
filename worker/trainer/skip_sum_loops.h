// The loops of SkipSum over pictures in memory, of float32 or of bf16. They compute in float32 and
// round once, where they write. Private to skip_sum.cc; thread-safe on disjoint ranges.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <utility>

namespace adares::skip_sum_loops {

struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};

// out = relu(...) of two terms, of which the second is always weighted where one is.
template <typename Element>
struct ForwardBuffers {
  const Element* first;
  const Element* second;
  Element* out;
};

template <typename Element>
struct BackwardBuffers {
  const Element* gradient;  // of the loss, by `out`
  const Element* out;
  const Element* first;  // read only where the first term is weighted
  const Element* second;
  Element* first_gradient;
  Element* second_gradient;
};

struct Weights {
  float first;
  float second;
};

// A weight of each channel, where a range counts pixels and a pixel holds its channels side by
// side.
struct ChannelWeights {
  const float* weight;
  int64_t channels;
};

// Each function is there for float and for c10::BFloat16.

// relu(first + second). Its gradient is the same for both terms; backward writes first_gradient.
void PlainForward(const ForwardBuffers<float>& buffers, Range range);
void PlainForward(const ForwardBuffers<c10::BFloat16>& buffers, Range range);
void PlainBackward(const BackwardBuffers<float>& buffers, Range range);
void PlainBackward(const BackwardBuffers<c10::BFloat16>& buffers, Range range);

// relu(first + weight * second). Backward returns the range's part of the weight's gradient.
void OneForward(const ForwardBuffers<float>& buffers, float weight, Range range);
void OneForward(const ForwardBuffers<c10::BFloat16>& buffers, float weight, Range range);
double OneBackward(const BackwardBuffers<float>& buffers, float weight, Range range);
double OneBackward(const BackwardBuffers<c10::BFloat16>& buffers, float weight, Range range);

// relu(weights.first * first + weights.second * second). Backward returns the range's parts of the
// gradients of both weights.
using WeightGradients = std::pair<double, double>;
void TwoForward(const ForwardBuffers<float>& buffers, Weights weights, Range range);
void TwoForward(const ForwardBuffers<c10::BFloat16>& buffers, Weights weights, Range range);
WeightGradients TwoBackward(const BackwardBuffers<float>& buffers, Weights weights, Range range);
WeightGradients TwoBackward(const BackwardBuffers<c10::BFloat16>& buffers, Weights weights,
                            Range range);

// relu(first + weight[c] * second). Backward adds the range's parts of the gradients to `sums`.
void ChannelForward(const ForwardBuffers<float>& buffers, ChannelWeights weights, Range pixels);
void ChannelForward(const ForwardBuffers<c10::BFloat16>& buffers, ChannelWeights weights,
                    Range pixels);
void ChannelBackward(const BackwardBuffers<float>& buffers, ChannelWeights weights, Range pixels,
                     float* sums);
void ChannelBackward(const BackwardBuffers<c10::BFloat16>& buffers, ChannelWeights weights,
                     Range pixels, float* sums);

}  // namespace adares::skip_sum_loops
