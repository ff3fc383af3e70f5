// The training loop.
#include "worker/trainer/training.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/trainer/adaresnet.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/epoch_report.h"
#include "worker/trainer/optimizer.h"
#include "worker/trainer/schedule.h"
#include "worker/trainer/skip_measurement.h"

namespace adares {
namespace {

using trainer_protocol::EndEvent;

constexpr int64_t kEvaluationBatch = 256;
constexpr double kProgressSeconds = 1;

// Losses and right answers of steps whose numbers may still be on the device. Reading them waits
// for the device, so on CUDA they are read once a log interval.
class PendingSteps {
 public:
  void Add(const torch::Tensor& loss, const torch::Tensor& logits, const Batch& batch) {
    losses_.push_back(loss.detach());
    correct_.push_back(logits.detach().argmax(1).eq(batch.labels).sum());
    sizes_.push_back(batch.size);
  }

  // Moves all into `means`. False if a loss was not finite.
  bool Take(ExampleMeans& means) {
    bool finite = true;
    if (!losses_.empty()) {
      const torch::Tensor losses = torch::stack(losses_).to(torch::kCPU, torch::kFloat64);
      const torch::Tensor correct = torch::stack(correct_).to(torch::kCPU);
      for (size_t i = 0; i < sizes_.size(); ++i) {
        const double loss = losses.data_ptr<double>()[i];
        finite = finite && std::isfinite(loss);
        means.Add(loss, correct.data_ptr<int64_t>()[i], sizes_[i]);
      }
    }
    losses_.clear();
    correct_.clear();
    sizes_.clear();
    return finite;
  }

 private:
  std::vector<torch::Tensor> losses_;
  std::vector<torch::Tensor> correct_;
  std::vector<int64_t> sizes_;
};

void Shuffle(std::vector<uint32_t>& order, Random& random) {
  for (size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[random.Below(left)]);
  }
}

class Training {
 public:
  Training(const TrainingInput& input, EventSink& sink, const std::atomic<bool>& stop);
  EndEvent Run();

 private:
  enum class Outcome { kDone, kStopped, kDiverged };

  void SendStart();
  // Of the first training batch; draws from copies of the random numbers.
  torch::Tensor FirstImages() const;
  Outcome TrainEpoch(EpochReport& report);
  // Forward, backward, update; adds to `pending_`.
  void Step(std::span<const uint32_t> indices);
  Outcome Evaluate(const BatchMaker& maker, const std::vector<uint32_t>& indices,
                   ExampleMeans& means);
  void SendSkipWeights(int64_t epoch);
  // At most once a second, and with `always`.
  void SendProgress(bool always);
  // How a trial ends that was stopped or diverged; `loss` is the one computed last.
  EndEvent Unfinished(Outcome outcome, const char* loss) const;

  const TrainSpec& spec_;
  const TrainingInput& input_;
  EventSink& sink_;
  const std::atomic<bool>& stop_;
  const torch::Device device_;
  AdaResNet model_;
  std::unique_ptr<TrialOptimizer> optimizer_;
  BatchMaker train_batches_;
  BatchMaker test_batches_;
  Random order_random_;
  Random augmentation_random_;
  std::vector<uint32_t> order_;  // of this epoch
  const bool learns_skip_weights_;
  PendingSteps pending_;
  const int64_t steps_per_epoch_;
  const int64_t total_steps_;
  int64_t step_ = 0;   // steps done
  int64_t epoch_ = 0;  // epochs done
  double learning_rate_ = 0;
  Stopwatch progress_watch_;
  int64_t progress_images_ = 0;  // since the last progress event
};

Training::Training(const TrainingInput& input, EventSink& sink, const std::atomic<bool>& stop)
    : spec_(input.spec.train),
      input_(input),
      sink_(sink),
      stop_(stop),
      device_(input.device),
      model_(input.spec.model, input.data.train.shape.channels, kClasses, input.spec.seed),
      train_batches_(input.data.train, input.data.statistics, device_),
      test_batches_(input.data.test, input.data.statistics, device_),
      order_random_(static_cast<uint64_t>(input.spec.seed), RandomStream::kOrder),
      augmentation_random_(static_cast<uint64_t>(input.spec.seed), RandomStream::kAugmentation),
      order_(input.split.train),
      learns_skip_weights_(!model_->SkipParameters().empty()),
      steps_per_epoch_(StepsPerEpoch(static_cast<int64_t>(order_.size()), spec_.batch_size)),
      total_steps_(spec_.epochs * steps_per_epoch_) {
  model_->to(device_);
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : model_->parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
  const ImageShape& shape = input.data.train.shape;
  if (input.live_taps_only) model_->DropDeadTaps(shape.height, shape.width);
  optimizer_ = std::make_unique<TrialOptimizer>(input.spec, model_);
}

EndEvent Training::Run() {
  if (IsMeasured(input_.spec.model.skip)) {
    const absl::Status status = InitialiseSkipWeights(model_, FirstImages());
    if (!status.ok()) return {EndReason::kError, std::string(status.message())};
  }
  SendStart();
  SendSkipWeights(0);
  while (epoch_ < spec_.epochs) {
    const Stopwatch watch;
    EpochReport report;
    Outcome outcome = TrainEpoch(report);
    if (outcome != Outcome::kDone) return Unfinished(outcome, "training");
    report.training_seconds = watch.Seconds();
    outcome = Evaluate(train_batches_, input_.split.validation, report.validation);
    if (outcome != Outcome::kDone) return Unfinished(outcome, "validation");
    report.epoch_seconds = watch.Seconds();
    report.step = step_;
    report.epoch = epoch_;
    report.learning_rate = learning_rate_;
    sink_.Send(trainer_protocol::PointsEvent{EpochPoints(report)});
    std::fprintf(stderr, "%s\n", EpochLine(report, spec_.epochs).c_str());
  }
  ExampleMeans test;
  const Outcome outcome = Evaluate(test_batches_, input_.split.test, test);
  if (outcome != Outcome::kDone) return Unfinished(outcome, "test");
  sink_.Send(trainer_protocol::PointsEvent{TestPoints(test, step_, epoch_)});
  std::fprintf(stderr, "test loss %.4f accuracy %.2f %%\n", test.loss(), 100 * test.accuracy());
  return {EndReason::kFinished, ""};
}

torch::Tensor Training::FirstImages() const {
  Random order_random = order_random_;
  Random augmentation_random = augmentation_random_;
  std::vector<uint32_t> order = order_;
  Shuffle(order, order_random);
  order.resize(std::min(order.size(), static_cast<size_t>(spec_.batch_size)));
  const std::vector<Placement> placements =
      DrawPlacements(input_.spec.data.augment, order.size(), augmentation_random);
  return train_batches_.Make(order, placements).images;
}

void Training::SendStart() {
  trainer_protocol::StartEvent start;
  start.total_steps = total_steps_;
  start.total_epochs = spec_.epochs;
  start.parameters = model_->ParameterCount();
  start.provenance = input_.provenance;
  sink_.Send(start);
}

Training::Outcome Training::TrainEpoch(EpochReport& report) {
  model_->train();
  optimizer_->StartEpoch(epoch_);
  // The speed is that of training: evaluation since the last report does not count.
  progress_images_ = 0;
  progress_watch_.Restart();
  Shuffle(order_, order_random_);
  const size_t batch_size = static_cast<size_t>(spec_.batch_size);
  for (int64_t i = 0; i < steps_per_epoch_; ++i) {
    const size_t begin = static_cast<size_t>(i) * batch_size;
    Step(std::span(order_).subspan(begin, std::min(batch_size, order_.size() - begin)));
    const bool last = i + 1 == steps_per_epoch_;
    if (last) ++epoch_;
    const bool logs = last || step_ % spec_.log_every == 0;
    if ((logs || device_.is_cpu()) && !pending_.Take(report.train)) return Outcome::kDiverged;
    if (last || (logs && learns_skip_weights_)) SendSkipWeights(epoch_);
    SendProgress(last);
    if (stop_) return Outcome::kStopped;
  }
  return Outcome::kDone;
}

void Training::Step(std::span<const uint32_t> indices) {
  const std::vector<Placement> placements =
      DrawPlacements(input_.spec.data.augment, indices.size(), augmentation_random_);
  const Batch batch = train_batches_.Make(indices, placements);
  learning_rate_ = LearningRate(spec_, step_, total_steps_);
  optimizer_->ClearGradients();
  const torch::Tensor logits = model_->forward(batch.images);
  const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, batch.labels);
  loss.backward();
  optimizer_->Step(learning_rate_);
  pending_.Add(loss, logits, batch);
  progress_images_ += batch.size;
  ++step_;
}

Training::Outcome Training::Evaluate(const BatchMaker& maker, const std::vector<uint32_t>& indices,
                                     ExampleMeans& means) {
  const torch::NoGradGuard no_grad;
  model_->eval();
  PendingSteps pending;
  for (size_t begin = 0; begin < indices.size() && !stop_; begin += kEvaluationBatch) {
    const size_t size = std::min<size_t>(kEvaluationBatch, indices.size() - begin);
    const Batch batch = maker.Make(std::span(indices).subspan(begin, size));
    const torch::Tensor logits = model_->forward(batch.images);
    pending.Add(torch::nn::functional::cross_entropy(logits, batch.labels), logits, batch);
  }
  const bool finite = pending.Take(means);
  if (stop_) return Outcome::kStopped;  // perhaps before all examples were seen
  return finite ? Outcome::kDone : Outcome::kDiverged;
}

void Training::SendSkipWeights(int64_t epoch) {
  trainer_protocol::SkipWeightsEvent event;
  for (const AdaResNetImpl::Site& site : model_->sites()) {
    event.weights.push_back({site.name, step_, epoch, site.weight.Value(), site.weight.Gradient()});
  }
  sink_.Send(event);
}

void Training::SendProgress(bool always) {
  const double seconds = progress_watch_.Seconds();
  if (seconds <= 0 || (!always && seconds < kProgressSeconds)) return;
  sink_.Send(trainer_protocol::ProgressEvent{step_, epoch_,
                                             static_cast<double>(progress_images_) / seconds});
  progress_images_ = 0;
  progress_watch_.Restart();
}

EndEvent Training::Unfinished(Outcome outcome, const char* loss) const {
  if (outcome == Outcome::kStopped) {
    return {EndReason::kCancelled, absl::StrCat("stopped after step ", step_)};
  }
  return {EndReason::kDiverged,
          absl::StrCat("the ", loss, " loss is not finite at step ", step_,
                       "; lower train.lr or change the initial skip weights")};
}

}  // namespace

EndEvent Train(const TrainingInput& input, EventSink& sink, const std::atomic<bool>& stop) {
  return Training(input, sink, stop).Run();
}

}  // namespace adares
