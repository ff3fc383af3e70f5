#include "bench/fleet/training_load.h"

#include <algorithm>
#include <utility>

#include "bench/fleet/records.h"
#include "core/measurement.h"

namespace adares::bench {
namespace {

constexpr std::chrono::seconds kReportEvery{1};
constexpr int64_t kSteps = 1'000'000;  // nobody trains them

}  // namespace

void TrainingLoad::Assigned(SimulatedWorker& worker, const AttemptId& id) {
  worker.Report(id, {StartRecord(kSteps)});
  Training& training = trainings_[id];
  training = {&worker, 0, loop_.Now(), nullptr};
  Schedule(id, training);
}

void TrainingLoad::Acknowledged(SimulatedWorker&, const AttemptId&) { ++acknowledged_; }

void TrainingLoad::Ended(SimulatedWorker&, const AttemptId&) { ++ended_; }

void TrainingLoad::Finish() {
  for (auto& [id, training] : trainings_) {
    training.timer.reset();
    training.worker->Report(id, {FinishedRecord()}, /*ends=*/true);
  }
}

std::map<AttemptId, int64_t> TrainingLoad::PointsOfAttempts() const {
  std::map<AttemptId, int64_t> points;
  for (const auto& [id, training] : trainings_) points[id] = training.points;
  return points;
}

// By the time at which it is due, so that a late report does not put off all that follow.
void TrainingLoad::Schedule(const AttemptId& id, Training& training) {
  training.due += kReportEvery;
  const auto delay = std::chrono::duration_cast<Duration>(training.due - loop_.Now());
  training.timer = loop_.After(std::max(delay, Duration::zero()), [this, id] { ReportPoints(id); });
}

void TrainingLoad::ReportPoints(const AttemptId& id) {
  Training& training = trainings_.at(id);
  training.worker->Report(id, {PointsRecord(metric::kTrainLoss, training.points, points_)});
  training.points += points_;
  Schedule(id, training);
}

}  // namespace adares::bench
