// Warm-up, capture and replay of whole batches; the short last one runs as it is.
#include "worker/trainer/device_step.h"

#include <algorithm>
#include <cstdio>
#include <span>

#include "worker/trainer/device_pixels.h"
#include "worker/trainer/schedule.h"
#include "worker/trainer/torch_runtime.h"

namespace adares {
namespace {

using torch::Tensor;

// LibTorch sets up libraries and their memory in the first steps, which a graph cannot hold.
constexpr int64_t kWarmUpSteps = 3;

bool MovesTheSame(const std::vector<DeviceParameter>& a, const std::vector<DeviceParameter>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& left, const auto& right) {
                      return left.moves == right.moves && left.group == right.group;
                    });
}

}  // namespace

DeviceStep::DeviceStep(const TrainingInput& input, const TrainingStep& step,
                       const DeviceSupport* support)
    : spec_(input.spec),
      shape_(input.data.train.shape),
      step_(step),
      support_(support),
      // Where branches are left out by chance, steps differ.
      captures_(input.capture_steps && support != nullptr && spec_.model.branch_drop == 0),
      device_(input.device),
      batches_(input.data.train, input.data.statistics,
               input.device_pixels->Of(input.data.train, device_), spec_.data.cutout > 0) {
  const auto on_device = torch::TensorOptions().device(device_);
  const int64_t steps = step.steps_per_epoch();
  rows_ = torch::zeros({std::ssize(input.split.train), kRowSize}, on_device.dtype(torch::kInt32));
  counter_ = torch::zeros({}, on_device.dtype(torch::kInt64));
  losses_ = torch::zeros({steps}, on_device.dtype(torch::kFloat32));
  correct_ = torch::zeros({steps}, on_device.dtype(torch::kInt64));
  steps_ = torch::arange(steps, on_device.dtype(torch::kInt64));
  offsets_ = torch::arange(spec_.train.batch_size, on_device.dtype(torch::kInt64));
}

void DeviceStep::BeginEpoch(TrainingState& state) {
  std::vector<DeviceParameter> parameters = state.optimizer.OnDevice();
  for (DeviceParameter& each : parameters) each.mean = state.moving_mean.MeanOf(each.parameter);
  if (!MovesTheSame(parameters, parameters_)) {
    graph_.reset();
    gradients_.clear();
    whole_steps_ = 0;
    parameters_ = std::move(parameters);
    update_.emplace(state.optimizer.rule(), spec_.train.clip_norm, support_);
    numbers_ = Tensor();
  }
  UploadPictures(state);
  UploadNumbers(state);
  counter_.fill_(state.epoch_step);
}

void DeviceStep::UploadPictures(const TrainingState& state) {
  const auto batch_size = static_cast<size_t>(spec_.train.batch_size);
  const size_t begin = static_cast<size_t>(state.epoch_step) * batch_size;
  const std::span<const uint32_t> indices = std::span(state.order).subspan(begin);
  Random random = state.augmentation_random;
  std::vector<Placement> placements;
  random_after_.clear();
  first_step_ = state.epoch_step;
  for (int64_t step = first_step_; step < step_.steps_per_epoch(); ++step) {
    const size_t size = std::min(batch_size, indices.size() - placements.size());
    const std::vector<Placement> drawn = DrawPlacements(spec_.data, shape_, size, random);
    placements.insert(placements.end(), drawn.begin(), drawn.end());
    random_after_.push_back(random.state());
  }
  rows_.narrow(0, static_cast<int64_t>(begin), std::ssize(placements))
      .copy_(RowsOf(indices.first(placements.size()), placements));
}

void DeviceStep::UploadNumbers(const TrainingState& state) {
  std::vector<std::vector<ElementNumbers>> steps;
  for (int64_t step = 0; step < step_.steps_per_epoch(); ++step) {
    // Rows of steps that are done are never read.
    const int64_t ahead = std::max<int64_t>(step - state.epoch_step, 0);
    steps.push_back(state.optimizer.NumbersAhead(ahead, step_.RateOf(state.step + ahead)));
    for (ElementNumbers& numbers : steps.back()) {
      numbers.mean_step = static_cast<float>(state.moving_mean.StepAhead(ahead));
    }
  }
  const Tensor table = NumbersTable(steps);
  if (!numbers_.defined()) numbers_ = torch::empty_like(table, torch::TensorOptions(device_));
  numbers_.copy_(table);
}

int64_t DeviceStep::Advance(TrainingState& state, StepMeans& means, StepTelemetry* telemetry) {
  const int64_t done = state.epoch_step;
  const int64_t size =
      std::min(spec_.train.batch_size, std::ssize(state.order) - done * spec_.train.batch_size);
  state.learning_rate = step_.RateOf(state.step);
  if (size == spec_.train.batch_size && telemetry == nullptr) {
    RunWhole(state);
  } else {
    Work(state, size, telemetry);
  }
  means.Add(losses_.select(0, done), correct_.select(0, done), size);
  state.augmentation_random.Restore(random_after_[static_cast<size_t>(done - first_step_)]);
  state.optimizer.CountStep();
  state.moving_mean.CountUpdate();
  ++state.step;
  ++state.epoch_step;
  return size;
}

void DeviceStep::RunWhole(TrainingState& state) {
  if (!captures_ || whole_steps_ < kWarmUpSteps) {
    ++whole_steps_;
    return Work(state, spec_.train.batch_size, nullptr);
  }
  if (graph_ == nullptr && !Capture(state)) return Work(state, spec_.train.batch_size, nullptr);
  // A step that ran as it is left gradients of its own.
  for (size_t i = 0; i < gradients_.size(); ++i) {
    parameters_[i].parameter.mutable_grad() = gradients_[i];
  }
  graph_->Replay();
}

bool DeviceStep::Capture(TrainingState& state) {
  graph_ = support_->NewGraph();
  try {
    graph_->Capture([&] { Work(state, spec_.train.batch_size, nullptr); });
  } catch (const c10::Error& error) {
    if (!IsLackOfMemory(error)) throw;
    std::fprintf(stderr, "no memory for a step as a graph: steps run one by one\n");
    for (DeviceParameter& each : parameters_) each.parameter.mutable_grad() = Tensor();
    graph_.reset();
    captures_ = false;
    return false;
  }
  for (const DeviceParameter& each : parameters_) gradients_.push_back(each.parameter.grad());
  return true;
}

void DeviceStep::Work(TrainingState& state, int64_t size, StepTelemetry* telemetry) {
  const Tensor places = offsets_.narrow(0, 0, size) + counter_ * spec_.train.batch_size;
  const Batch batch = batches_.Make(rows_.index_select(0, places));
  const TrainingStep::Result result = step_.ForwardAndBackward(state, batch, telemetry);
  if (telemetry != nullptr) telemetry->BeforeUpdate();
  update_->Apply(parameters_, numbers_, counter_);
  if (telemetry != nullptr) telemetry->AfterUpdate();
  const torch::NoGradGuard no_grad;
  const Tensor is_this = steps_ == counter_;
  losses_.copy_(torch::where(is_this, result.loss.detach(), losses_));
  correct_.copy_(torch::where(is_this, RightAnswers(result.logits, batch.labels), correct_));
  counter_ += 1;
}

}  // namespace adares
