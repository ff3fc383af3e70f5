// Events and log lines of a run.
#include "worker/trainer/training_reporter.h"

#include <cstdio>
#include <string>
#include <utility>

#include "worker/trainer/skip_rows.h"

namespace adares {
namespace {

constexpr double kProgressSeconds = 1;

}  // namespace

TrainingReporter::TrainingReporter(const TrainingInput& input, EventSink& sink)
    : input_(input), sink_(sink) {}

void TrainingReporter::Start(const TrainingState& state, int64_t total_steps) {
  trainer_protocol::StartEvent start;
  start.total_steps = total_steps;
  start.total_epochs = input_.spec.train.epochs;
  start.parameters = state.model->ParameterCount();
  start.provenance = input_.provenance;
  start.resumed_step = state.step;  // no checkpoint is written before the first step
  start.provenance["validation"] =
      PartAfterEpochs(input_) == EvaluatedPart::kTest ? "test" : "held-out";
  sink_.Send(start);
}

void TrainingReporter::BeginEpoch() {
  // The speed is that of training: evaluation since the last report does not count.
  progress_images_ = 0;
  progress_watch_.Restart();
}

void TrainingReporter::AfterStep(const TrainingState& state, int64_t images, bool always) {
  progress_images_ += images;
  const double seconds = progress_watch_.Seconds();
  if (seconds <= 0 || (!always && seconds < kProgressSeconds)) return;
  sink_.Send(trainer_protocol::ProgressEvent{state.step, state.epoch,
                                             static_cast<double>(progress_images_) / seconds});
  progress_images_ = 0;
  progress_watch_.Restart();
}

void TrainingReporter::SkipWeights(const TrainingState& state) {
  sink_.Send(trainer_protocol::SkipWeightsEvent{SkipWeightRows(state, {})});
}

void TrainingReporter::LoggedStep(TrainingState& state, const StepTelemetry& telemetry) {
  const std::vector<StepTelemetry::PathShares> shares = telemetry.Shares();
  sink_.Send(trainer_protocol::SkipWeightsEvent{SkipWeightRows(state, shares)});
  sink_.Send(trainer_protocol::PointsEvent{telemetry.StagePoints(state.step, state.epoch)});
  const bool still = state.epoch < input_.spec.model.skip.frozen_epochs;
  const std::vector<WeightLook> weights = still ? std::vector<WeightLook>() : LooksAtWeights(state);
  for (Flag& flag :
       state.weight_flags.Look(state.step, state.epoch, weights, LooksAtSums(state, shares))) {
    SendFlag(std::move(flag));
  }
}

void TrainingReporter::Losses(TrainingState& state, const std::vector<double>& losses,
                              int64_t steps_per_epoch) {
  int64_t step = state.step - std::ssize(losses);
  for (const double loss : losses) {
    ++step;
    if (const auto raised = state.loss_watch.Add(loss)) {
      SendFlag({FlagKind::kDiverging, "", step, step / steps_per_epoch, *raised,
                state.loss_watch.Describe()});
    }
  }
}

void TrainingReporter::SendFlag(Flag flag) {
  const std::string name(Name(flag.kind));
  std::fprintf(stderr, "step %lld: %s %s%s%s: %s\n", static_cast<long long>(flag.step),
               name.c_str(), flag.raised ? "raised" : "cleared", flag.site.empty() ? "" : " at ",
               flag.site.c_str(), flag.message.c_str());
  sink_.Send(trainer_protocol::FlagEvent{std::move(flag)});
}

void TrainingReporter::Epoch(const EpochReport& report) {
  sink_.Send(trainer_protocol::PointsEvent{EpochPoints(report)});
  std::fprintf(stderr, "%s\n", EpochLine(report, input_.spec.train.epochs).c_str());
}

void TrainingReporter::Test(const TrainingState& state, const ExampleMeans& test) {
  sink_.Send(trainer_protocol::PointsEvent{TestPoints(test, state.step, state.epoch)});
  std::fprintf(stderr, "test loss %.4f accuracy %.2f %%\n", test.loss(), 100 * test.accuracy());
}

}  // namespace adares
