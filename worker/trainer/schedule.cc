// Learning rate schedules and the count of steps.
#include "worker/trainer/schedule.h"

#include <cmath>
#include <numbers>

namespace adares {
namespace {

constexpr double kOneCyclePeak = 0.3;
constexpr double kOneCycleStart = 1.0 / 25;
constexpr double kOneCycleEnd = 1.0 / 10000;

// From `from` at x = 0 to `to` at x = 1.
double HalfWave(double from, double to, double x) {
  return to + (from - to) * 0.5 * (1 + std::cos(std::numbers::pi * x));
}

double OneCycle(double x) {
  if (x < kOneCyclePeak) return HalfWave(kOneCycleStart, 1, x / kOneCyclePeak);
  return HalfWave(1, kOneCycleEnd, (x - kOneCyclePeak) / (1 - kOneCyclePeak));
}

// Share of the rate with `done` of `total` steps done.
double Factor(ScheduleKind schedule, int64_t done, int64_t total) {
  const double x = static_cast<double>(done) / static_cast<double>(total);
  switch (schedule) {
    case ScheduleKind::kConstant:
      break;
    case ScheduleKind::kCosine:
      return HalfWave(1, 0, x);
    case ScheduleKind::kStep:
      return 4 * done >= 3 * total ? 0.01 : 2 * done >= total ? 0.1 : 1;
    case ScheduleKind::kOneCycle:
      return OneCycle(x);
  }
  return 1;
}

}  // namespace

int64_t WarmupSteps(const TrainSpec& spec, int64_t steps_per_epoch) {
  return std::llround(spec.warmup_epochs * static_cast<double>(steps_per_epoch));
}

double LearningRate(const TrainSpec& spec, int64_t step, int64_t steps_per_epoch) {
  const int64_t warmup = WarmupSteps(spec, steps_per_epoch);
  if (step >= warmup) {
    const int64_t rest = spec.epochs * steps_per_epoch - warmup;
    return spec.lr * Factor(spec.schedule, step - warmup, rest);
  }
  const double risen = static_cast<double>(step + 1) / static_cast<double>(warmup);
  return spec.lr * risen;  // no schedule that may follow begins lower
}

int64_t StepsPerEpoch(int64_t examples, int64_t batch_size) {
  const int64_t rest = examples % batch_size;
  return examples / batch_size + (rest >= 2 ? 1 : 0);
}

}  // namespace adares
