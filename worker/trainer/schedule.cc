// Learning rate schedules and the count of steps.
#include "worker/trainer/schedule.h"

#include <cmath>
#include <numbers>

namespace adares {

double LearningRate(const TrainSpec& spec, int64_t step, int64_t total_steps) {
  if (spec.schedule == ScheduleKind::kConstant) return spec.lr;
  const double done = static_cast<double>(step) / static_cast<double>(total_steps);
  return spec.lr * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

int64_t StepsPerEpoch(int64_t examples, int64_t batch_size) {
  const int64_t rest = examples % batch_size;
  return examples / batch_size + (rest >= 2 ? 1 : 0);
}

}  // namespace adares
