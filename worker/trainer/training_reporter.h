// What a run tells: events for the worker, lines for people. Reads the state, never changes it.
#pragma once

#include <cstdint>
#include <vector>

#include "worker/trainer/epoch_report.h"
#include "worker/trainer/event_sink.h"
#include "worker/trainer/step_telemetry.h"
#include "worker/trainer/training.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Not thread-safe. What `input` refers to, and `sink`, must outlive it.
class TrainingReporter {
 public:
  TrainingReporter(const TrainingInput& input, EventSink& sink);

  void Start(const TrainingState& state, int64_t total_steps);

  // Speed counts from here on.
  void BeginEpoch();

  // After a step on `images`. Sends progress at most once a second, and with `always`.
  void AfterStep(const TrainingState& state, int64_t images, bool always);

  // One row for each site, before the first step.
  void SkipWeights(const TrainingState& state);

  // What a logged step shows: a row for each site, points for each stage, and flags that change.
  void LoggedStep(TrainingState& state, const StepTelemetry& telemetry);

  // Shows the losses of the steps before `state`, the last of them being its, to the watch.
  void Losses(TrainingState& state, const std::vector<double>& losses, int64_t steps_per_epoch);

  void Epoch(const EpochReport& report);
  void Test(const TrainingState& state, const ExampleMeans& test);

 private:
  void SendFlag(Flag flag);

  const TrainingInput& input_;
  EventSink& sink_;
  Stopwatch progress_watch_;
  int64_t progress_images_ = 0;  // since the last progress event
};

}  // namespace adares
