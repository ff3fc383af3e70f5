// From the specification to the numbers of each parameter's step.
#include "worker/trainer/optimizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

using torch::Tensor;
using TensorsByName = std::map<std::string, Tensor>;

constexpr double kAdamEpsilon = 1e-8;
constexpr double kKerasEpsilon = 1e-7;

UpdateRule RuleOf(const TrainSpec& spec) {
  switch (spec.optimizer) {
    case OptimizerKind::kSgd:
      return spec.momentum == 0 ? UpdateRule::kSgd : UpdateRule::kMomentum;
    case OptimizerKind::kNesterov:
      return spec.momentum == 0 ? UpdateRule::kSgd : UpdateRule::kNesterov;
    case OptimizerKind::kAdam:
    case OptimizerKind::kAdamW:
    case OptimizerKind::kKerasAdam:
      break;
  }
  return UpdateRule::kAdam;
}

// Adam's correction of moments that start at 0, for the step numbered `step` from 1, goes into the
// rate and the scale of the root. Keras' epsilon is the epsilon-hat of Kingma and Ba, section 2: it
// is added to the root as it is, before the correction.
void AddAdamNumbers(OptimizerKind kind, int64_t step, StepNumbers& numbers) {
  const double correction1 = 1 - std::pow(kAdamBeta1, step);
  const double correction2 = 1 - std::pow(kAdamBeta2, step);
  numbers.rate /= correction1;
  if (kind == OptimizerKind::kKerasAdam) {
    numbers.rate *= std::sqrt(correction2);
    numbers.epsilon = kKerasEpsilon;
  } else {
    numbers.root_scale = 1 / std::sqrt(correction2);
    numbers.epsilon = kAdamEpsilon;
  }
}

absl::Status WrongState(const std::string& what) {
  return absl::FailedPreconditionError(
      absl::StrCat("the optimizer's state is of another trial: ", what));
}

// Each tensor wanted, under its name in `all`, and no other.
absl::Status CheckTensors(const TensorsByName& wanted, const TensorsByName& all) {
  for (const auto& [name, tensor] : wanted) {
    const auto found = all.find(name);
    if (found == all.end()) return WrongState(name + " has no moments");
    if (found->second.sizes() != tensor.sizes() ||
        found->second.scalar_type() != tensor.scalar_type()) {
      return WrongState("moments of " + name + " have another shape or type");
    }
  }
  for (const auto& [name, tensor] : all) {
    if (!wanted.contains(name)) return WrongState("moments of " + name + " are not expected");
  }
  return absl::OkStatus();
}

}  // namespace

TrialOptimizer::TrialOptimizer(const TrialSpec& spec, const AdaResNet& model)
    : train_(spec.train), skip_(spec.model.skip), rule_(RuleOf(spec.train)) {
  const torch::NoGradGuard no_grad;
  const std::vector<Tensor> skip_parameters = model->SkipParameters();
  for (const auto& item : model->named_parameters()) {
    Slot slot{item.key(), item.value(), false, 0, {}, {}};
    slot.is_skip_weight =
        std::any_of(skip_parameters.begin(), skip_parameters.end(),
                    [&](const Tensor& skip) { return skip.is_same(slot.parameter); });
    if (rule_ != UpdateRule::kSgd) slot.first = torch::zeros_like(slot.parameter);
    if (rule_ == UpdateRule::kAdam) slot.second = torch::zeros_like(slot.parameter);
    slots_.push_back(std::move(slot));
  }
}

void TrialOptimizer::StartEpoch(int64_t epochs_done) {
  skip_weights_move_ = epochs_done >= skip_.frozen_epochs;
}

void TrialOptimizer::ClearGradients() {
  // Without old gradients the backward pass hands over its own buffers instead of adding to zeros.
  for (Slot& slot : slots_) slot.parameter.mutable_grad().reset();
}

// Weight decay pulls towards zero, which is a meaning of its own for skip weights, biases and batch
// norm; it acts on the kernels and the dense layer's matrix only.
bool TrialOptimizer::Decays(const Slot& slot) const {
  return !slot.is_skip_weight && slot.parameter.dim() >= 2;
}

StepNumbers TrialOptimizer::NumbersOf(const Slot& slot, int64_t step, double learning_rate) const {
  StepNumbers numbers;
  numbers.rate = slot.is_skip_weight ? learning_rate * skip_.lr_mult : learning_rate;
  double decay = 0;
  if (slot.is_skip_weight) {
    decay = skip_.weight_decay;
    numbers.centre = decay > 0 ? skip_.decay_centre : 0;
  } else if (Decays(slot)) {
    decay = train_.weight_decay;
  }
  if (train_.optimizer == OptimizerKind::kAdamW) {
    numbers.shrink = numbers.rate * decay;
  } else {
    numbers.decay = decay;
  }
  if (rule_ == UpdateRule::kAdam) {
    AddAdamNumbers(train_.optimizer, step, numbers);
  } else {
    numbers.momentum = train_.momentum;
  }
  if (slot.is_skip_weight && skip_.constraint.kind == SkipConstraint::Kind::kClamp) {
    numbers.low = skip_.constraint.low;
    numbers.high = skip_.constraint.high;
  }
  return numbers;
}

void TrialOptimizer::Step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  std::vector<ParameterUpdate> updates;
  for (Slot& slot : slots_) {
    if (!Moves(slot) || !slot.parameter.grad().defined()) continue;
    ++slot.steps;
    updates.push_back({slot.parameter, slot.parameter.grad(), slot.first, slot.second,
                       NumbersOf(slot, slot.steps, learning_rate)});
  }
  if (train_.clip_norm > 0) ClipTogether(train_.clip_norm, updates);
  Update(rule_, std::move(updates));
}

bool TrialOptimizer::HasEqualNumbers(const Slot& a, const Slot& b) const {
  return a.is_skip_weight == b.is_skip_weight && Decays(a) == Decays(b) && a.steps == b.steps;
}

std::vector<const TrialOptimizer::Slot*> TrialOptimizer::Groups() const {
  std::vector<const Slot*> groups;
  for (const Slot& slot : slots_) {
    const auto is_alike = [&](const Slot* known) { return HasEqualNumbers(*known, slot); };
    if (Moves(slot) && std::none_of(groups.begin(), groups.end(), is_alike)) {
      groups.push_back(&slot);
    }
  }
  return groups;
}

std::vector<DeviceParameter> TrialOptimizer::OnDevice() const {
  const std::vector<const Slot*> groups = Groups();
  std::vector<DeviceParameter> parameters;
  for (const Slot& slot : slots_) {
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const Slot* known) {
      return HasEqualNumbers(*known, slot);
    });
    DeviceParameter parameter{slot.parameter, slot.first, slot.second, {}, 0, Moves(slot)};
    if (parameter.moves) parameter.group = group - groups.begin();
    parameters.push_back(parameter);
  }
  return parameters;
}

std::vector<ElementNumbers> TrialOptimizer::NumbersAhead(int64_t ahead,
                                                         double learning_rate) const {
  std::vector<ElementNumbers> all;
  for (const Slot* slot : Groups()) {
    all.push_back(ToElement(NumbersOf(*slot, slot->steps + 1 + ahead, learning_rate)));
  }
  return all;
}

void TrialOptimizer::CountStep() {
  for (Slot& slot : slots_) {
    if (Moves(slot)) ++slot.steps;
  }
}

OptimizerState TrialOptimizer::State() const {
  OptimizerState state;
  for (const Slot& slot : slots_) {
    state.steps[slot.name] = slot.steps;
    if (slot.first.defined()) state.first_moments[slot.name] = slot.first;
    if (slot.second.defined()) state.second_moments[slot.name] = slot.second;
  }
  return state;
}

absl::Status TrialOptimizer::CheckState(const OptimizerState& state) const {
  const OptimizerState own = State();
  for (const auto& [name, steps] : own.steps) {
    if (!state.steps.contains(name)) return WrongState(name + " has no count of steps");
  }
  for (const auto& [name, steps] : state.steps) {
    if (!own.steps.contains(name)) return WrongState("there is no parameter " + name);
  }
  if (absl::Status status = CheckTensors(own.first_moments, state.first_moments); !status.ok()) {
    return status;
  }
  return CheckTensors(own.second_moments, state.second_moments);
}

absl::Status TrialOptimizer::Restore(const OptimizerState& state) {
  if (absl::Status status = CheckState(state); !status.ok()) return status;
  const torch::NoGradGuard no_grad;
  for (Slot& slot : slots_) {
    slot.steps = state.steps.at(slot.name);
    if (slot.first.defined()) slot.first.copy_(state.first_moments.at(slot.name));
    if (slot.second.defined()) slot.second.copy_(state.second_moments.at(slot.name));
  }
  return absl::OkStatus();
}

}  // namespace adares
