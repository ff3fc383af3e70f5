// Written for the compiler's vectoriser: no aliasing, no read that depends on a condition, sums in
// lanes.
#include "worker/trainer/skip_sum_loops.h"

namespace adares::skip_sum_loops {
namespace {

constexpr int64_t kLanes = 16;

float Relu(float z) { return z < 0 ? 0.0f : z; }  // NaN stays NaN, so that divergence is seen

// Sums of floats in lanes, doubles above them.
double Total(const float (&lanes)[kLanes]) {
  double total = 0;
  for (const float lane : lanes) total += static_cast<double>(lane);
  return total;
}

// Backward of relu(weights.first * first + weights.second * second). Without kFirst the first term
// is plain: its weight is 1 and has no gradient, and `first` is not read.
template <bool kFirst>
std::pair<double, double> WeightedBackward(const BackwardBuffers& buffers, Weights weights,
                                           Range range) {
  const float* __restrict__ const gradient = buffers.gradient + range.begin;
  const float* __restrict__ const out = buffers.out + range.begin;
  const float* __restrict__ const first = kFirst ? buffers.first + range.begin : nullptr;
  const float* __restrict__ const second = buffers.second + range.begin;
  float* __restrict__ const first_gradient = buffers.first_gradient + range.begin;
  float* __restrict__ const second_gradient = buffers.second_gradient + range.begin;
  float first_lanes[kLanes] = {};
  float second_lanes[kLanes] = {};
  const int64_t count = range.end - range.begin;
  const int64_t whole = count - count % kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const float incoming = gradient[i + lane];
      const float g = out[i + lane] > 0 ? incoming : 0.0f;
      first_gradient[i + lane] = kFirst ? weights.first * g : g;
      second_gradient[i + lane] = weights.second * g;
      if constexpr (kFirst) first_lanes[lane] += g * first[i + lane];
      second_lanes[lane] += g * second[i + lane];
    }
  }
  std::pair<double, double> total = {Total(first_lanes), Total(second_lanes)};
  for (int64_t i = whole; i < count; ++i) {
    const float g = out[i] > 0 ? gradient[i] : 0.0f;
    first_gradient[i] = kFirst ? weights.first * g : g;
    second_gradient[i] = weights.second * g;
    if constexpr (kFirst) total.first += static_cast<double>(g * first[i]);
    total.second += static_cast<double>(g * second[i]);
  }
  return total;
}

}  // namespace

void PlainForward(const ForwardBuffers& buffers, Range range) {
  const float* __restrict__ const first = buffers.first;
  const float* __restrict__ const second = buffers.second;
  float* __restrict__ const out = buffers.out;
  for (int64_t i = range.begin; i < range.end; ++i) out[i] = Relu(first[i] + second[i]);
}

void PlainBackward(const BackwardBuffers& buffers, Range range) {
  const float* __restrict__ const gradient = buffers.gradient;
  const float* __restrict__ const out = buffers.out;
  float* __restrict__ const sum_gradient = buffers.first_gradient;
  for (int64_t i = range.begin; i < range.end; ++i) {
    const float incoming = gradient[i];
    sum_gradient[i] = out[i] > 0 ? incoming : 0.0f;
  }
}

void OneForward(const ForwardBuffers& buffers, float weight, Range range) {
  const float* __restrict__ const first = buffers.first;
  const float* __restrict__ const second = buffers.second;
  float* __restrict__ const out = buffers.out;
  for (int64_t i = range.begin; i < range.end; ++i) out[i] = Relu(first[i] + weight * second[i]);
}

double OneBackward(const BackwardBuffers& buffers, float weight, Range range) {
  return WeightedBackward<false>(buffers, {1.0f, weight}, range).second;
}

void TwoForward(const ForwardBuffers& buffers, Weights weights, Range range) {
  const float* __restrict__ const first = buffers.first;
  const float* __restrict__ const second = buffers.second;
  float* __restrict__ const out = buffers.out;
  for (int64_t i = range.begin; i < range.end; ++i) {
    out[i] = Relu(weights.first * first[i] + weights.second * second[i]);
  }
}

std::pair<double, double> TwoBackward(const BackwardBuffers& buffers, Weights weights,
                                      Range range) {
  return WeightedBackward<true>(buffers, weights, range);
}

void ChannelForward(const ForwardBuffers& buffers, ChannelWeights weights, Range pixels) {
  const int64_t channels = weights.channels;
  const float* __restrict__ const weight = weights.weight;
  for (int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const float* __restrict__ const first = buffers.first + pixel * channels;
    const float* __restrict__ const second = buffers.second + pixel * channels;
    float* __restrict__ const out = buffers.out + pixel * channels;
    for (int64_t c = 0; c < channels; ++c) out[c] = Relu(first[c] + weight[c] * second[c]);
  }
}

void ChannelBackward(const BackwardBuffers& buffers, ChannelWeights weights, Range pixels,
                     float* sums) {
  const int64_t channels = weights.channels;
  const float* __restrict__ const weight = weights.weight;
  float* __restrict__ const lanes = sums;
  for (int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const int64_t offset = pixel * channels;
    const float* __restrict__ const gradient = buffers.gradient + offset;
    const float* __restrict__ const out = buffers.out + offset;
    const float* __restrict__ const second = buffers.second + offset;
    float* __restrict__ const first_gradient = buffers.first_gradient + offset;
    float* __restrict__ const second_gradient = buffers.second_gradient + offset;
    for (int64_t c = 0; c < channels; ++c) {
      const float incoming = gradient[c];
      const float g = out[c] > 0 ? incoming : 0.0f;
      first_gradient[c] = g;
      second_gradient[c] = weight[c] * g;
      lanes[c] += g * second[c];
    }
  }
}

}  // namespace adares::skip_sum_loops
