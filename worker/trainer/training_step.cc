// Batch, forward, backward, update, mean.
#include "worker/trainer/training_step.h"

#include <algorithm>
#include <span>
#include <vector>

#include "worker/trainer/precision.h"
#include "worker/trainer/schedule.h"

namespace adares {
namespace {

// The loss does not depend on what a branch that was left out is made of.
void FillMissingGradients(const torch::nn::Module& model) {
  for (torch::Tensor& parameter : model.parameters()) {
    if (parameter.grad().defined()) continue;
    parameter.mutable_grad() = torch::zeros_like(parameter.detach());
  }
}

}  // namespace

TrainingStep::TrainingStep(const TrainingInput& input)
    : spec_(input.spec),
      shape_(input.data.train.shape),
      device_(input.device),
      batches_(input.data.train, input.data.statistics),
      steps_per_epoch_(
          StepsPerEpoch(static_cast<int64_t>(input.split.train.size()), spec_.train.batch_size)),
      total_steps_(spec_.train.epochs * steps_per_epoch_) {}

Batch TrainingStep::MakeBatch(const std::vector<uint32_t>& order, int64_t epoch_step,
                              Random& random) const {
  const size_t batch_size = static_cast<size_t>(spec_.train.batch_size);
  const size_t begin = static_cast<size_t>(epoch_step) * batch_size;
  const std::span<const uint32_t> indices =
      std::span(order).subspan(begin, std::min(batch_size, order.size() - begin));
  const std::vector<Placement> placements =
      DrawPlacements(spec_.data, shape_, indices.size(), random);
  return batches_.Make(indices, placements);
}

std::vector<torch::Tensor> TrainingStep::FirstImages(const TrainingState& state,
                                                     int64_t steps) const {
  Random order_random = state.order_random;
  Random augmentation_random = state.augmentation_random;
  std::vector<uint32_t> order = state.order;
  std::vector<torch::Tensor> images;
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t epoch_step = step % steps_per_epoch_;
    if (epoch_step == 0) Shuffle(order, order_random);
    images.push_back(
        MakeBatch(order, epoch_step, augmentation_random).images.to(torch::Device(device_)));
  }
  return images;
}

torch::Tensor TrainingStep::Loss(const torch::Tensor& logits, const torch::Tensor& labels) const {
  namespace F = torch::nn::functional;
  return F::cross_entropy(
      logits, labels, F::CrossEntropyFuncOptions().label_smoothing(spec_.train.label_smoothing));
}

bool TrainingStep::IsLogged(const TrainingState& state) const {
  return state.epoch_step + 1 == steps_per_epoch_ || (state.step + 1) % spec_.train.log_every == 0;
}

double TrainingStep::RateOf(int64_t step) const {
  return LearningRate(spec_.train, step, steps_per_epoch_);
}

TrainingStep::Result TrainingStep::ForwardAndBackward(TrainingState& state, const Batch& batch,
                                                      StepTelemetry* telemetry) const {
  const KeptBranches kept = DrawKeptBranches(spec_.model, state.branch_random);
  state.optimizer.ClearGradients();
  Result result;
  if (telemetry != nullptr) telemetry->BeginForward();
  {
    const Autocast autocast(spec_.train.precision, device_);
    result.logits = state.model->forward(batch.images, kept).to(torch::kFloat32);
    result.loss = Loss(result.logits, batch.labels);
  }
  if (telemetry != nullptr) telemetry->EndForward();
  result.loss.backward();
  if (!kept.empty()) FillMissingGradients(*state.model);
  state.gradient_moments.Add();
  return result;
}

int64_t TrainingStep::Advance(TrainingState& state, StepMeans& means,
                              StepTelemetry* telemetry) const {
  const Batch batch = MakeBatch(state.order, state.epoch_step, state.augmentation_random);
  state.learning_rate = RateOf(state.step);
  const Result result = ForwardAndBackward(state, batch, telemetry);
  if (telemetry != nullptr) telemetry->BeforeUpdate();
  state.optimizer.Step(state.learning_rate);
  if (telemetry != nullptr) telemetry->AfterUpdate();
  state.moving_mean.Update();
  means.Add(result.loss, result.logits, batch);
  ++state.step;
  ++state.epoch_step;
  return batch.size;
}

}  // namespace adares
