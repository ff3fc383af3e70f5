// The loops of SkipSum over floats in memory. Private to skip_sum.cc; thread-safe on disjoint
// ranges.
#pragma once

#include <cstdint>
#include <utility>

namespace adares::skip_sum_loops {

struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};

// out = relu(...) of two terms, of which the second is always weighted where one is.
struct ForwardBuffers {
  const float* first;
  const float* second;
  float* out;
};

struct BackwardBuffers {
  const float* gradient;  // of the loss, by `out`
  const float* out;
  const float* first;  // read only where the first term is weighted
  const float* second;
  float* first_gradient;
  float* second_gradient;
};

struct Weights {
  float first;
  float second;
};

// relu(first + second). Its gradient is the same for both terms.
void PlainForward(const ForwardBuffers& buffers, Range range);
void PlainBackward(const BackwardBuffers& buffers, Range range);  // writes first_gradient

// relu(first + weight * second). Backward returns the range's part of the weight's gradient.
void OneForward(const ForwardBuffers& buffers, float weight, Range range);
double OneBackward(const BackwardBuffers& buffers, float weight, Range range);

// relu(weights.first * first + weights.second * second). Backward returns the range's parts of the
// gradients of both weights.
void TwoForward(const ForwardBuffers& buffers, Weights weights, Range range);
std::pair<double, double> TwoBackward(const BackwardBuffers& buffers, Weights weights, Range range);

// relu(first + weight[c] * second), where the range counts pixels and a pixel holds its channels
// side by side. Backward adds the range's parts of the gradients to `sums`.
struct ChannelWeights {
  const float* weight;
  int64_t channels;
};
void ChannelForward(const ForwardBuffers& buffers, ChannelWeights weights, Range pixels);
void ChannelBackward(const BackwardBuffers& buffers, ChannelWeights weights, Range pixels,
                     float* sums);

}  // namespace adares::skip_sum_loops
