// Written for the compiler's vectoriser: no aliasing, no branches, numbers in registers.
#include "worker/trainer/optimizer_loops.h"

namespace adares::optimizer_loops {
namespace {

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

template <UpdateRule kRule>
void Run(const ElementNumbers& numbers, const Buffers& buffers, int64_t count) {
  const ElementNumbers own = numbers;
  float* __restrict__ const parameter = buffers.parameter;
  const float* __restrict__ const gradient = buffers.gradient;
  float* __restrict__ const first = buffers.first;
  float* __restrict__ const second = buffers.second;
  for (int64_t i = 0; i < count; ++i) {
    if constexpr (kRule == UpdateRule::kSgd) {
      UpdateElement<kRule>(own, gradient[i], parameter[i], nullptr, nullptr);
    } else if constexpr (kRule == UpdateRule::kAdam) {
      UpdateElement<kRule>(own, gradient[i], parameter[i], first + i, second + i);
    } else {
      UpdateElement<kRule>(own, gradient[i], parameter[i], first + i, nullptr);
    }
  }
}

template void Run<UpdateRule::kSgd>(const ElementNumbers&, const Buffers&, int64_t);
template void Run<UpdateRule::kMomentum>(const ElementNumbers&, const Buffers&, int64_t);
template void Run<UpdateRule::kNesterov>(const ElementNumbers&, const Buffers&, int64_t);
template void Run<UpdateRule::kAdam>(const ElementNumbers&, const Buffers&, int64_t);

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
