// The training loop. Its parts, each in files of its own:
//
//   TrainingState     all that a run is, between two steps: what a checkpoint has to hold
//   TrainingStep      takes the state one step further; has no memory of its own
//   StepMeans         losses that are still on the device; empty after Take, so that a state that
//                     is to be saved is complete
//   Evaluator         measures the network
//   StepTelemetry     measures a step that is logged; has no memory of its own
//   TrainingReporter  tells events and log lines of the state, and keeps its flags
//   Checkpointer      writes the state down, and finds the one to go on from
//
// The loop below is the only one who knows when which of them acts. It goes on from any state: the
// place in the epoch is the state's too.
#include "worker/trainer/training.h"

#include <torch/torch.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/trainer/checkpointer.h"
#include "worker/trainer/device_step.h"
#include "worker/trainer/device_stream.h"
#include "worker/trainer/device_support.h"
#include "worker/trainer/evaluator.h"
#include "worker/trainer/part_batches.h"
#include "worker/trainer/precision.h"
#include "worker/trainer/skip_measurement.h"
#include "worker/trainer/step_means.h"
#include "worker/trainer/step_telemetry.h"
#include "worker/trainer/tensor_file.h"
#include "worker/trainer/training_reporter.h"
#include "worker/trainer/training_state.h"
#include "worker/trainer/training_step.h"

namespace adares {
namespace {

using trainer_protocol::EndEvent;

// Keeps the hash of all that is sent.
class DigestingSink : public EventSink {
 public:
  DigestingSink(ResultDigest& digest, EventSink& sink) : digest_(digest), sink_(sink) {}

  void Send(const trainer_protocol::Event& event) override {
    digest_.Add(event);
    sink_.Send(event);
  }

 private:
  ResultDigest& digest_;
  EventSink& sink_;
};

class Training {
 public:
  Training(const TrainingInput& input, TrainingState& state, Checkpointer& checkpointer,
           EventSink& sink, const std::atomic<bool>& stop)
      : input_(input),
        stop_(stop),
        device_(input.device),
        state_(state),
        checkpointer_(checkpointer),
        step_(input),
        telemetry_(state.model),
        train_batches_(input, input.data.train, device_),
        test_batches_(input, input.data.test, device_),
        evaluator_(input, stop),
        reporter_(input, sink) {
    if (input.device_pixels != nullptr) {
      device_step_.emplace(input, step_, SupportOf(device_));
    }
  }

  EndEvent Run();

 private:
  // The rest of the epoch that the state is in.
  Outcome TrainEpoch();
  void EndEpoch();
  // What follows each step, which `logs` and may be the `last` of its epoch.
  Outcome AfterStep(int64_t images, bool logs, bool last);
  // Moves what waits into the state, and tells of flags. False if a loss was not finite.
  bool TakeLosses();
  Outcome EvaluateEpoch(EpochReport& report);
  // After a step that does not end its epoch.
  Outcome WriteCheckpoint(Outcome outcome);
  // After the last step of an epoch whose rows are still to come.
  void WriteTrainedEpoch(double seconds);
  EndEvent Finish() const;
  // How a trial ends that was stopped or diverged; `loss` is the one computed last.
  EndEvent Unfinished(Outcome outcome, const char* loss) const;

  const TrainingInput& input_;
  const std::atomic<bool>& stop_;
  const torch::Device device_;
  TrainingState& state_;
  Checkpointer& checkpointer_;
  const TrainingStep step_;
  std::optional<DeviceStep> device_step_;  // takes the steps where the device has the pictures
  StepMeans step_means_;
  StepTelemetry telemetry_;
  const PartBatches train_batches_;
  const PartBatches test_batches_;
  const Evaluator evaluator_;
  TrainingReporter reporter_;
  Stopwatch epoch_watch_;    // of this process
  double epoch_before_ = 0;  // seconds of the epoch that others spent
};

EndEvent Training::Run() {
  const int64_t measured = MeasuredBatches(input_.spec.model.skip);
  if (state_.step == 0 && measured > 0) {
    const absl::Status status =
        InitialiseSkipWeights(state_.model, step_.FirstImages(state_, measured));
    if (!status.ok()) return {EndReason::kError, std::string(status.message())};
    state_.moving_mean.Begin();
  }
  reporter_.Start(state_, step_.total_steps());
  if (state_.step == 0) reporter_.SkipWeights(state_);
  while (state_.epoch < input_.spec.train.epochs) {
    epoch_watch_.Restart();
    epoch_before_ = state_.epoch_step > 0 ? state_.epoch_seconds : 0;
    EpochReport report;
    Outcome outcome = TrainEpoch();
    if (outcome != Outcome::kDone) return Unfinished(outcome, "training");
    report.training_seconds = epoch_before_ + epoch_watch_.Seconds();
    outcome = EvaluateEpoch(report);
    if (outcome == Outcome::kStopped) WriteTrainedEpoch(report.training_seconds);
    if (outcome != Outcome::kDone) return Unfinished(outcome, NameOf(report.part));
    report.epoch_seconds = epoch_before_ + epoch_watch_.Seconds();
    report.step = state_.step;
    report.epoch = state_.epoch;
    report.train = state_.train_means;
    report.learning_rate = state_.learning_rate;
    reporter_.Epoch(report);
    const bool trained = state_.epoch == input_.spec.train.epochs;
    const bool leaves = checkpointer_.IsOn() && (trained || stop_);
    if (leaves || checkpointer_.IsDue(state_)) checkpointer_.Write(state_);
    if (leaves && !trained) return Unfinished(Outcome::kStopped, "training");
  }
  if (PartAfterEpochs(input_) == EvaluatedPart::kTest) return Finish();
  ExampleMeans test;
  const Outcome outcome = evaluator_.Run(state_, test_batches_, input_.split.test, test);
  if (outcome != Outcome::kDone) return Unfinished(outcome, "test");
  reporter_.Test(state_, test);
  return Finish();
}

EndEvent Training::Finish() const {
  const absl::StatusOr<std::string> weights = DigestOfModule(*state_.model);
  if (!weights.ok()) return {EndReason::kError, std::string(weights.status().message())};
  return {EndReason::kFinished, "", {{"results", state_.results.hex()}, {"weights", *weights}}};
}

Outcome Training::EvaluateEpoch(EpochReport& report) {
  report.part = PartAfterEpochs(input_);
  if (report.part == EvaluatedPart::kTest) {
    return evaluator_.Run(state_, test_batches_, input_.split.test, report.evaluation);
  }
  return evaluator_.Run(state_, train_batches_, input_.split.validation, report.evaluation);
}

Outcome Training::TrainEpoch() {
  if (state_.epoch_step == step_.steps_per_epoch()) {  // stopped before its rows, by another
    EndEpoch();
    return Outcome::kDone;
  }
  state_.model->train();
  state_.optimizer.StartEpoch(state_.epoch);
  reporter_.BeginEpoch();
  if (state_.epoch_step == 0) {
    state_.train_means = {};
    state_.ShuffleOrder();
  }
  if (device_step_) device_step_->BeginEpoch(state_);
  while (true) {
    const bool logs = step_.IsLogged(state_);
    StepTelemetry* const telemetry = logs ? &telemetry_ : nullptr;
    const int64_t images = device_step_ ? device_step_->Advance(state_, step_means_, telemetry)
                                        : step_.Advance(state_, step_means_, telemetry);
    const bool last = state_.epoch_step == step_.steps_per_epoch();
    if (last) EndEpoch();
    Outcome outcome = AfterStep(images, logs, last);
    if (outcome == Outcome::kDiverged) return outcome;
    if (last) return checkpointer_.IsOn() ? Outcome::kDone : outcome;
    outcome = WriteCheckpoint(outcome);
    if (outcome != Outcome::kDone) return outcome;
  }
}

void Training::EndEpoch() {
  ++state_.epoch;
  state_.epoch_step = 0;
}

// The evaluation has changed nothing of the state, and whoever goes on from here repeats it: the
// state is that of an epoch with all its steps that is not done.
void Training::WriteTrainedEpoch(double seconds) {
  if (!checkpointer_.IsOn()) return;
  --state_.epoch;
  state_.epoch_step = step_.steps_per_epoch();
  state_.epoch_seconds = seconds;
  checkpointer_.Write(state_);
}

Outcome Training::WriteCheckpoint(Outcome outcome) {
  const bool stops = outcome == Outcome::kStopped && checkpointer_.IsOn();
  if (!stops && !checkpointer_.IsDue(state_)) return outcome;
  if (!TakeLosses()) return Outcome::kDiverged;
  state_.epoch_seconds = epoch_before_ + epoch_watch_.Seconds();
  checkpointer_.Write(state_);
  return outcome;
}

bool Training::TakeLosses() {
  std::vector<double> losses;
  const bool finite = step_means_.Take(state_.train_means, &losses);
  reporter_.Losses(state_, losses, step_.steps_per_epoch());
  return finite;
}

Outcome Training::AfterStep(int64_t images, bool logs, bool last) {
  if ((logs || !device_step_) && !TakeLosses()) return Outcome::kDiverged;
  if (logs) reporter_.LoggedStep(state_, telemetry_);
  reporter_.AfterStep(state_, images, /*always=*/last);
  return stop_ ? Outcome::kStopped : Outcome::kDone;
}

EndEvent Training::Unfinished(Outcome outcome, const char* loss) const {
  if (outcome == Outcome::kStopped) {
    return {EndReason::kCancelled, absl::StrCat("stopped after step ", state_.step)};
  }
  return {EndReason::kDiverged,
          absl::StrCat("the ", loss, " loss is not finite at step ", state_.step,
                       "; lower train.lr or change the initial skip weights")};
}

}  // namespace

EndEvent Train(const TrainingInput& input, EventSink& sink, const std::atomic<bool>& stop) {
  const TrainSpec& spec = input.spec.train;
  if (const absl::Status status = CheckPrecision(spec.precision, input.device); !status.ok()) {
    return {EndReason::kError, std::string(status.message())};
  }
  const MatrixPrecision precision(spec.precision);
  const OnDeviceStream stream{torch::Device(input.device)};
  TrainingInput run = input;
  Checkpointer checkpointer(run, sink);
  const auto state = checkpointer.Begin(input.device, run.provenance["resumed_from"]);
  if (!state.ok()) return {EndReason::kError, std::string(state.status().message())};
  if (run.provenance["resumed_from"].empty()) run.provenance.erase("resumed_from");
  DigestingSink digesting((*state)->results, sink);
  return Training(run, **state, checkpointer, digesting, stop).Run();
}

}  // namespace adares
