// The mean beside the parameters, and its exchange with them.
#include "worker/trainer/moving_mean.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace adares {

MovingMean::MovingMean(double decay, const AdaResNet& model) : decay_(decay) {
  if (decay_ == 0) return;
  const torch::NoGradGuard no_grad;
  for (const auto& item : model->named_parameters()) {
    slots_.push_back({item.key(), item.value(), item.value().detach().clone()});
  }
}

void MovingMean::Begin() {
  const torch::NoGradGuard no_grad;
  for (Slot& slot : slots_) slot.mean.copy_(slot.parameter);
  updates_ = 0;
}

void MovingMean::Update() {
  if (slots_.empty()) return;
  const torch::NoGradGuard no_grad;
  const double step = StepAhead(0);
  CountUpdate();
  for (Slot& slot : slots_) slot.mean.lerp_(slot.parameter, step);
}

double MovingMean::StepAhead(int64_t ahead) const {
  const auto n = static_cast<double>(updates_ + 1 + ahead);
  return 1 - std::min(decay_, (1 + n) / (10 + n));
}

void MovingMean::CountUpdate() {
  if (!slots_.empty()) ++updates_;
}

torch::Tensor MovingMean::MeanOf(const torch::Tensor& parameter) const {
  for (const Slot& slot : slots_) {
    if (slot.parameter.is_same(parameter)) return slot.mean;
  }
  return {};
}

// Both hold their memory in turn: nothing is copied.
void MovingMean::Exchange() {
  for (Slot& slot : slots_) {
    const torch::Tensor parameter = slot.parameter.detach();
    slot.parameter.set_data(slot.mean);
    slot.mean = parameter;
  }
}

MovingMean::InPlace::InPlace(MovingMean& mean) : mean_(mean) { mean_.Exchange(); }
MovingMean::InPlace::~InPlace() { mean_.Exchange(); }

MovingMeanState MovingMean::State() const {
  MovingMeanState state;
  state.updates = updates_;
  for (const Slot& slot : slots_) state.means[slot.name] = slot.mean;
  return state;
}

absl::Status MovingMean::Restore(const MovingMeanState& state) {
  bool fits = state.means.size() == slots_.size();
  for (const Slot& slot : slots_) {
    const auto found = state.means.find(slot.name);
    fits = fits && found != state.means.end() && found->second.sizes() == slot.mean.sizes() &&
           found->second.scalar_type() == slot.mean.scalar_type();
  }
  if (!fits) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the moving mean of the parameters is of another trial: it has ", state.means.size(),
        " tensors for ", slots_.size(), " parameters, or other names, shapes or types"));
  }
  const torch::NoGradGuard no_grad;
  for (Slot& slot : slots_) slot.mean.copy_(state.means.at(slot.name));
  updates_ = state.updates;
  return absl::OkStatus();
}

}  // namespace adares
