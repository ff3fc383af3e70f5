// The network on its device, with channels last in memory, and everything at its start.
#include "worker/trainer/training_state.h"

#include <utility>

#include "worker/trainer/schedule.h"

namespace adares {
namespace {

AdaResNet MakeModel(const TrainingInput& input, torch::Device device) {
  const ImageShape& shape = input.data.train.shape;
  AdaResNet model(input.spec.model, shape.channels, input.data.classes, input.spec.seed);
  model->to(device);
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : model->parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
  if (input.live_taps_only) model->DropDeadTaps(shape.height, shape.width);
  return model;
}

WeightFlags::Plan FlagPlanOf(const TrainingInput& input) {
  const TrainSpec& train = input.spec.train;
  const auto examples = static_cast<int64_t>(input.split.train.size());
  return {train.epochs * StepsPerEpoch(examples, train.batch_size), train.log_every,
          input.spec.model.skip.constraint};
}

}  // namespace

TrainingState::TrainingState(const TrainingInput& input, torch::Device device)
    : model(MakeModel(input, device)),
      optimizer(input.spec, model),
      moving_mean(input.spec.train.ema_decay, model),
      gradient_moments(model),
      weight_flags(FlagPlanOf(input)),
      order_random(static_cast<uint64_t>(input.spec.seed), RandomStream::kOrder),
      augmentation_random(static_cast<uint64_t>(input.spec.seed), RandomStream::kAugmentation),
      branch_random(static_cast<uint64_t>(input.spec.seed), RandomStream::kBranches),
      order(input.split.train) {}

EvaluatedPart PartAfterEpochs(const TrainingInput& input) {
  return input.split.validation.empty() ? EvaluatedPart::kTest : EvaluatedPart::kHeldOut;
}

void TrainingState::ShuffleOrder() { Shuffle(order, order_random); }

}  // namespace adares
