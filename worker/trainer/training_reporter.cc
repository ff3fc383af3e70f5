// Events and log lines of a run.
#include "worker/trainer/training_reporter.h"

#include <cstdio>

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
  trainer_protocol::SkipWeightsEvent event;
  for (const AdaResNetImpl::Site& site : state.model->sites()) {
    event.weights.push_back(
        {site.name, state.step, state.epoch, site.weight.Value(), site.weight.Gradient()});
  }
  sink_.Send(event);
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
