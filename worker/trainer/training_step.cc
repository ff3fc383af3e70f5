// Batch, forward, backward, update.
#include "worker/trainer/training_step.h"

#include <algorithm>
#include <span>
#include <vector>

#include "worker/trainer/schedule.h"

namespace adares {

TrainingStep::TrainingStep(const TrainingInput& input, torch::Device device)
    : spec_(input.spec),
      batches_(input.data.train, input.data.statistics, device),
      steps_per_epoch_(
          StepsPerEpoch(static_cast<int64_t>(input.split.train.size()), spec_.train.batch_size)),
      total_steps_(spec_.train.epochs * steps_per_epoch_) {}

Batch TrainingStep::NextBatch(TrainingState& state) const {
  const size_t batch_size = static_cast<size_t>(spec_.train.batch_size);
  const size_t begin = static_cast<size_t>(state.epoch_step) * batch_size;
  const std::span<const uint32_t> indices =
      std::span(state.order).subspan(begin, std::min(batch_size, state.order.size() - begin));
  const std::vector<Placement> placements =
      DrawPlacements(spec_.data.augment, indices.size(), state.augmentation_random);
  return batches_.Make(indices, placements);
}

int64_t TrainingStep::Advance(TrainingState& state, StepMeans& means) const {
  const Batch batch = NextBatch(state);
  state.learning_rate = LearningRate(spec_.train, state.step, total_steps_);
  state.optimizer.ClearGradients();
  const torch::Tensor logits = state.model->forward(batch.images);
  const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, batch.labels);
  loss.backward();
  state.optimizer.Step(state.learning_rate);
  means.Add(loss, logits, batch);
  ++state.step;
  ++state.epoch_step;
  return batch.size;
}

}  // namespace adares
