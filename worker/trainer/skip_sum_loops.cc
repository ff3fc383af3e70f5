// Written for the compiler's vectoriser: no aliasing, no read that depends on a condition, sums in
// lanes.
#include "worker/trainer/skip_sum_loops.h"

#include <bit>

// Bodies become part of the functions at the end, which are there for more than one kind of
// processor.
#define ADARES_INLINE inline __attribute__((always_inline))

// Wider registers change no bit: sums have lanes of their own, and no product is fused with a sum.
// Sanitizers start after the functions are chosen.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ADARES_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ADARES_CLONES
#endif

namespace adares::skip_sum_loops {
namespace {

using c10::BFloat16;

constexpr int64_t kLanes = 16;

ADARES_INLINE float Read(float value) { return value; }
ADARES_INLINE float Read(BFloat16 value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value.x) << 16);
}

ADARES_INLINE void Write(float value, float& to) { to = value; }
// To the nearest, ties to even, as LibTorch rounds; its own conversion branches for NaN, which the
// vectoriser does not take.
ADARES_INLINE void Write(float value, BFloat16& to) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  constexpr uint32_t kNan = 0x7fc0;
  const bool is_nan = (bits & 0x7fffffffU) > 0x7f800000U;
  to.x = static_cast<uint16_t>(is_nan ? kNan : rounded);
}

ADARES_INLINE float Relu(float z) {
  return z < 0 ? 0.0f : z;
}  // NaN stays NaN, so that divergence is seen

// Sums of floats in lanes, doubles above them.
ADARES_INLINE double Total(const float (&lanes)[kLanes]) {
  double total = 0;
  for (const float lane : lanes) total += static_cast<double>(lane);
  return total;
}

// Elements that are worked on in one go: they stay in the nearest cache between the short loops
// over them, each of which the vectoriser takes whatever the type of the elements.
constexpr int64_t kBlock = 256;
static_assert(kBlock % kLanes == 0);

// The incoming gradient where the sum let it through.
template <typename Element>
ADARES_INLINE void GradientOfSum(const Element* __restrict__ gradient,
                                 const Element* __restrict__ out, int64_t count,
                                 float* __restrict__ g) {
  for (int64_t i = 0; i < count; ++i) {
    const float incoming = Read(gradient[i]);
    g[i] = Read(out[i]) > 0 ? incoming : 0.0f;
  }
}

template <typename Element>
ADARES_INLINE void WriteProduct(float weight, const float* __restrict__ g, int64_t count,
                                Element* __restrict__ to) {
  for (int64_t i = 0; i < count; ++i) Write(weight * g[i], to[i]);
}

// Adds g * term to the lanes, and what is beyond whole rows of lanes to `rest`.
template <typename Element>
ADARES_INLINE void AddProducts(const float* __restrict__ g, const Element* __restrict__ term,
                               int64_t count, float (&lanes)[kLanes], double& rest) {
  float x[kBlock];
  for (int64_t i = 0; i < count; ++i) x[i] = Read(term[i]);
  const int64_t whole = count - count % kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += g[i + lane] * x[i + lane];
  }
  for (int64_t i = whole; i < count; ++i) rest += static_cast<double>(g[i] * x[i]);
}

// Backward of relu(weights.first * first + weights.second * second). Without kFirst the first term
// is plain: its weight is 1 and has no gradient, and `first` is not read.
template <bool kFirst, typename Element>
ADARES_INLINE WeightGradients WeightedBackward(const BackwardBuffers<Element>& buffers,
                                               Weights weights, Range range) {
  float first_lanes[kLanes] = {};
  float second_lanes[kLanes] = {};
  double first_rest = 0;
  double second_rest = 0;
  float g[kBlock];
  for (int64_t begin = range.begin; begin < range.end; begin += kBlock) {
    const int64_t count = range.end - begin < kBlock ? range.end - begin : kBlock;
    GradientOfSum(buffers.gradient + begin, buffers.out + begin, count, g);
    WriteProduct(kFirst ? weights.first : 1.0f, g, count, buffers.first_gradient + begin);
    WriteProduct(weights.second, g, count, buffers.second_gradient + begin);
    if constexpr (kFirst) AddProducts(g, buffers.first + begin, count, first_lanes, first_rest);
    AddProducts(g, buffers.second + begin, count, second_lanes, second_rest);
  }
  return {Total(first_lanes) + first_rest, Total(second_lanes) + second_rest};
}

template <typename Element>
ADARES_INLINE void PlainForwardBody(const ForwardBuffers<Element>& buffers, Range range) {
  const Element* __restrict__ const first = buffers.first;
  const Element* __restrict__ const second = buffers.second;
  Element* __restrict__ const out = buffers.out;
  for (int64_t i = range.begin; i < range.end; ++i) {
    Write(Relu(Read(first[i]) + Read(second[i])), out[i]);
  }
}

template <typename Element>
ADARES_INLINE void PlainBackwardBody(const BackwardBuffers<Element>& buffers, Range range) {
  const Element* __restrict__ const gradient = buffers.gradient;
  const Element* __restrict__ const out = buffers.out;
  Element* __restrict__ const sum_gradient = buffers.first_gradient;
  for (int64_t i = range.begin; i < range.end; ++i) {
    const float incoming = Read(gradient[i]);
    Write(Read(out[i]) > 0 ? incoming : 0.0f, sum_gradient[i]);
  }
}

template <typename Element>
ADARES_INLINE void OneForwardBody(const ForwardBuffers<Element>& buffers, float weight,
                                  Range range) {
  const Element* __restrict__ const first = buffers.first;
  const Element* __restrict__ const second = buffers.second;
  Element* __restrict__ const out = buffers.out;
  for (int64_t i = range.begin; i < range.end; ++i) {
    Write(Relu(Read(first[i]) + weight * Read(second[i])), out[i]);
  }
}

template <typename Element>
ADARES_INLINE double OneBackwardBody(const BackwardBuffers<Element>& buffers, float weight,
                                     Range range) {
  return WeightedBackward</*kFirst=*/false>(buffers, {1.0f, weight}, range).second;
}

template <typename Element>
ADARES_INLINE void TwoForwardBody(const ForwardBuffers<Element>& buffers, Weights weights,
                                  Range range) {
  const Element* __restrict__ const first = buffers.first;
  const Element* __restrict__ const second = buffers.second;
  Element* __restrict__ const out = buffers.out;
  for (int64_t i = range.begin; i < range.end; ++i) {
    Write(Relu(weights.first * Read(first[i]) + weights.second * Read(second[i])), out[i]);
  }
}

template <typename Element>
ADARES_INLINE WeightGradients TwoBackwardBody(const BackwardBuffers<Element>& buffers,
                                              Weights weights, Range range) {
  return WeightedBackward</*kFirst=*/true>(buffers, weights, range);
}

template <typename Element>
ADARES_INLINE void ChannelForwardBody(const ForwardBuffers<Element>& buffers,
                                      ChannelWeights weights, Range pixels) {
  const int64_t channels = weights.channels;
  const float* __restrict__ const weight = weights.weight;
  for (int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const Element* __restrict__ const first = buffers.first + pixel * channels;
    const Element* __restrict__ const second = buffers.second + pixel * channels;
    Element* __restrict__ const out = buffers.out + pixel * channels;
    for (int64_t c = 0; c < channels; ++c) {
      Write(Relu(Read(first[c]) + weight[c] * Read(second[c])), out[c]);
    }
  }
}

template <typename Element>
ADARES_INLINE void ChannelBackwardBody(const BackwardBuffers<Element>& buffers,
                                       ChannelWeights weights, Range pixels, float* sums) {
  const int64_t channels = weights.channels;
  const float* __restrict__ const weight = weights.weight;
  float* __restrict__ const lanes = sums;
  for (int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const int64_t offset = pixel * channels;
    const Element* __restrict__ const gradient = buffers.gradient + offset;
    const Element* __restrict__ const out = buffers.out + offset;
    const Element* __restrict__ const second = buffers.second + offset;
    Element* __restrict__ const first_gradient = buffers.first_gradient + offset;
    Element* __restrict__ const second_gradient = buffers.second_gradient + offset;
    for (int64_t c = 0; c < channels; ++c) {
      const float incoming = Read(gradient[c]);
      const float g = Read(out[c]) > 0 ? incoming : 0.0f;
      Write(g, first_gradient[c]);
      Write(weight[c] * g, second_gradient[c]);
      lanes[c] += g * Read(second[c]);
    }
  }
}

}  // namespace

#define ADARES_DEFINE(Element)                                                             \
  ADARES_CLONES void PlainForward(const ForwardBuffers<Element>& buffers, Range range) {   \
    PlainForwardBody(buffers, range);                                                      \
  }                                                                                        \
  ADARES_CLONES void PlainBackward(const BackwardBuffers<Element>& buffers, Range range) { \
    PlainBackwardBody(buffers, range);                                                     \
  }                                                                                        \
  ADARES_CLONES void OneForward(const ForwardBuffers<Element>& buffers, float weight,      \
                                Range range) {                                             \
    OneForwardBody(buffers, weight, range);                                                \
  }                                                                                        \
  ADARES_CLONES double OneBackward(const BackwardBuffers<Element>& buffers, float weight,  \
                                   Range range) {                                          \
    return OneBackwardBody(buffers, weight, range);                                        \
  }                                                                                        \
  ADARES_CLONES void TwoForward(const ForwardBuffers<Element>& buffers, Weights weights,   \
                                Range range) {                                             \
    TwoForwardBody(buffers, weights, range);                                               \
  }                                                                                        \
  ADARES_CLONES WeightGradients TwoBackward(const BackwardBuffers<Element>& buffers,       \
                                            Weights weights, Range range) {                \
    return TwoBackwardBody(buffers, weights, range);                                       \
  }                                                                                        \
  ADARES_CLONES void ChannelForward(const ForwardBuffers<Element>& buffers,                \
                                    ChannelWeights weights, Range pixels) {                \
    ChannelForwardBody(buffers, weights, pixels);                                          \
  }                                                                                        \
  ADARES_CLONES void ChannelBackward(const BackwardBuffers<Element>& buffers,              \
                                     ChannelWeights weights, Range pixels, float* sums) {  \
    ChannelBackwardBody(buffers, weights, pixels, sums);                                   \
  }

ADARES_DEFINE(float)
ADARES_DEFINE(BFloat16)

}  // namespace adares::skip_sum_loops
