// Batch, forward, backward, update, mean.
#include "worker/trainer/training_step.h"

#include <algorithm>
#include <span>
#include <vector>

#include "worker/trainer/precision.h"
#include "worker/trainer/schedule.h"

namespace adares {

TrainingStep::TrainingStep(const TrainingInput& input)
    : spec_(input.spec),
      shape_(input.data.train.shape),
      device_(input.device),
      batches_(input.data.train, input.data.statistics),
      steps_per_epoch_(
          StepsPerEpoch(static_cast<int64_t>(input.split.train.size()), spec_.train.batch_size)),
      total_steps_(spec_.train.epochs * steps_per_epoch_) {}

Batch TrainingStep::NextBatch(TrainingState& state) const {
  const size_t batch_size = static_cast<size_t>(spec_.train.batch_size);
  const size_t begin = static_cast<size_t>(state.epoch_step) * batch_size;
  const std::span<const uint32_t> indices =
      std::span(state.order).subspan(begin, std::min(batch_size, state.order.size() - begin));
  const std::vector<Placement> placements =
      DrawPlacements(spec_.data, shape_, indices.size(), state.augmentation_random);
  return batches_.Make(indices, placements);
}

torch::Tensor TrainingStep::FirstImages(const TrainingState& state) const {
  Random order_random = state.order_random;
  Random augmentation_random = state.augmentation_random;
  std::vector<uint32_t> order = state.order;
  Shuffle(order, order_random);
  order.resize(std::min(order.size(), static_cast<size_t>(spec_.train.batch_size)));
  return batches_.Make(order, DrawPlacements(spec_.data, shape_, order.size(), augmentation_random))
      .images.to(torch::Device(device_));
}

torch::Tensor TrainingStep::Loss(const torch::Tensor& logits, const torch::Tensor& labels) const {
  namespace F = torch::nn::functional;
  return F::cross_entropy(
      logits, labels, F::CrossEntropyFuncOptions().label_smoothing(spec_.train.label_smoothing));
}

double TrainingStep::RateOf(int64_t step) const {
  return LearningRate(spec_.train, step, steps_per_epoch_);
}

TrainingStep::Result TrainingStep::ForwardAndBackward(TrainingState& state,
                                                      const Batch& batch) const {
  state.optimizer.ClearGradients();
  Result result;
  {
    const Autocast autocast(spec_.train.precision, device_);
    result.logits = state.model->forward(batch.images).to(torch::kFloat32);
    result.loss = Loss(result.logits, batch.labels);
  }
  result.loss.backward();
  return result;
}

int64_t TrainingStep::Advance(TrainingState& state, StepMeans& means) const {
  const Batch batch = NextBatch(state);
  state.learning_rate = RateOf(state.step);
  const Result result = ForwardAndBackward(state, batch);
  state.optimizer.Step(state.learning_rate);
  state.moving_mean.Update();
  means.Add(result.loss, result.logits, batch);
  ++state.step;
  ++state.epoch_step;
  return batch.size;
}

}  // namespace adares
