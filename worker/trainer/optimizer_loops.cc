// Written for the compiler's vectoriser: no aliasing, no branches, numbers in registers.
#include "worker/trainer/optimizer_loops.h"

#include <cmath>

namespace adares::optimizer_loops {
namespace {

// What happens to gradient and parameter before the rule, as floats.
struct Before {
  explicit Before(const StepNumbers& numbers)
      : scale(static_cast<float>(numbers.gradient_scale)),
        decay(static_cast<float>(numbers.decay)),
        shrink(static_cast<float>(numbers.shrink)),
        centre(static_cast<float>(numbers.centre)) {}

  float Gradient(float gradient, float parameter) const {
    return scale * gradient + decay * (parameter - centre);
  }
  float Parameter(float parameter) const { return parameter - shrink * (parameter - centre); }

  float scale, decay, shrink, centre;
};

template <bool kNesterov>
void WithVelocity(const StepNumbers& numbers, float* __restrict__ const parameter,
                  const float* __restrict__ const gradient, float* __restrict__ const velocity,
                  int64_t count) {
  const Before before(numbers);
  const auto rate = static_cast<float>(numbers.rate);
  const auto momentum = static_cast<float>(numbers.momentum);
  for (int64_t i = 0; i < count; ++i) {
    const float p = parameter[i];
    const float g = before.Gradient(gradient[i], p);
    const float v = momentum * velocity[i] + g;
    velocity[i] = v;
    parameter[i] = before.Parameter(p) - rate * (kNesterov ? g + momentum * v : v);
  }
}

// The sum of `term(i)` for i in 0..count.
template <typename Term>
double SumInLanes(int64_t count, const Term& term) {
  // In lanes, as the compiler must not change the order of a sum.
  constexpr int64_t kLanes = 8;
  double lanes[kLanes] = {};
  const int64_t whole = count - count % kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  for (int64_t i = whole; i < count; ++i) sum += term(i);
  return sum;
}

}  // namespace

void Sgd(const StepNumbers& numbers, float* __restrict__ const parameter,
         const float* __restrict__ const gradient, int64_t count) {
  const Before before(numbers);
  const auto rate = static_cast<float>(numbers.rate);
  for (int64_t i = 0; i < count; ++i) {
    const float p = parameter[i];
    parameter[i] = before.Parameter(p) - rate * before.Gradient(gradient[i], p);
  }
}

void Momentum(const StepNumbers& numbers, float* parameter, const float* gradient, float* velocity,
              int64_t count) {
  WithVelocity<false>(numbers, parameter, gradient, velocity, count);
}

void Nesterov(const StepNumbers& numbers, float* parameter, const float* gradient, float* velocity,
              int64_t count) {
  WithVelocity<true>(numbers, parameter, gradient, velocity, count);
}

void Adam(const StepNumbers& numbers, const AdamBuffers& buffers, int64_t count) {
  const Before before(numbers);
  const auto rate = static_cast<float>(numbers.rate);
  const auto root_scale = static_cast<float>(numbers.root_scale);
  const auto epsilon = static_cast<float>(numbers.epsilon);
  constexpr auto kOld1 = static_cast<float>(kAdamBeta1);
  constexpr auto kNew1 = static_cast<float>(1 - kAdamBeta1);
  constexpr auto kOld2 = static_cast<float>(kAdamBeta2);
  constexpr auto kNew2 = static_cast<float>(1 - kAdamBeta2);
  float* __restrict__ const parameter = buffers.parameter;
  const float* __restrict__ const gradient = buffers.gradient;
  float* __restrict__ const first = buffers.first;
  float* __restrict__ const second = buffers.second;
  for (int64_t i = 0; i < count; ++i) {
    const float p = parameter[i];
    const float g = before.Gradient(gradient[i], p);
    const float m = kOld1 * first[i] + kNew1 * g;
    const float v = kOld2 * second[i] + kNew2 * (g * g);
    first[i] = m;
    second[i] = v;
    parameter[i] = before.Parameter(p) - rate * (m / (root_scale * std::sqrt(v) + epsilon));
  }
}

double SumOfSquares(const float* values, int64_t count) {
  return SumInLanes(count, [values](int64_t i) {
    const auto value = static_cast<double>(values[i]);
    return value * value;
  });
}

double SumOfSquaredDifferences(const float* values, const float* others, int64_t count) {
  return SumInLanes(count, [values, others](int64_t i) {
    const double difference = static_cast<double>(values[i]) - static_cast<double>(others[i]);
    return difference * difference;
  });
}

}  // namespace adares::optimizer_loops
