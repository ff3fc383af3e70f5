// Parameters with equal numbers go through each operation together.
#include "tests/trainer/update_by_operations.h"

#include <algorithm>

namespace adares {
namespace {

using torch::Tensor;

struct Lists {
  StepNumbers numbers;
  std::vector<Tensor> parameters, gradients, first, second;
};

std::vector<Lists> ListsOf(const std::vector<ParameterUpdate>& updates) {
  std::vector<Lists> all;
  for (const ParameterUpdate& update : updates) {
    auto lists = std::find_if(all.begin(), all.end(),
                              [&](const Lists& known) { return known.numbers == update.numbers; });
    if (lists == all.end()) lists = all.insert(all.end(), Lists{update.numbers, {}, {}, {}, {}});
    lists->parameters.push_back(update.parameter);
    lists->gradients.push_back(update.gradient);
    if (update.first.defined()) lists->first.push_back(update.first);
    if (update.second.defined()) lists->second.push_back(update.second);
  }
  return all;
}

// Scale and decay.
void PrepareGradients(Lists& lists) {
  const StepNumbers& numbers = lists.numbers;
  if (numbers.gradient_scale == 1 && numbers.decay == 0) return;
  lists.gradients = at::_foreach_mul(lists.gradients, numbers.gradient_scale);
  if (numbers.decay == 0) return;
  at::_foreach_add_(lists.gradients, lists.parameters, numbers.decay);
  at::_foreach_add_(lists.gradients, -numbers.decay * numbers.centre);
}

void ShrinkParameters(Lists& lists) {
  const StepNumbers& numbers = lists.numbers;
  if (numbers.shrink == 0) return;
  at::_foreach_mul_(lists.parameters, 1 - numbers.shrink);
  at::_foreach_add_(lists.parameters, numbers.shrink * numbers.centre);
}

void AdamByOperations(Lists& lists) {
  const StepNumbers& numbers = lists.numbers;
  at::_foreach_mul_(lists.first, kAdamBeta1);
  at::_foreach_add_(lists.first, lists.gradients, 1 - kAdamBeta1);
  at::_foreach_mul_(lists.second, kAdamBeta2);
  at::_foreach_addcmul_(lists.second, lists.gradients, lists.gradients, 1 - kAdamBeta2);
  const std::vector<Tensor> roots = at::_foreach_sqrt(lists.second);
  at::_foreach_mul_(roots, numbers.root_scale);
  at::_foreach_add_(roots, numbers.epsilon);
  at::_foreach_addcdiv_(lists.parameters, lists.first, roots, -numbers.rate);
}

void SgdByOperations(UpdateRule rule, Lists& lists) {
  const StepNumbers& numbers = lists.numbers;
  if (rule != UpdateRule::kSgd) {
    at::_foreach_mul_(lists.first, numbers.momentum);
    at::_foreach_add_(lists.first, lists.gradients, 1);
  }
  if (rule == UpdateRule::kNesterov) {
    at::_foreach_add_(lists.parameters, lists.first, -numbers.rate * numbers.momentum);
  }
  const bool by_velocity = rule == UpdateRule::kMomentum;
  at::_foreach_add_(lists.parameters, by_velocity ? lists.first : lists.gradients, -numbers.rate);
}

}  // namespace

void UpdateByOperations(UpdateRule rule, const std::vector<ParameterUpdate>& updates) {
  const torch::NoGradGuard no_grad;
  for (Lists& lists : ListsOf(updates)) {
    PrepareGradients(lists);  // by the parameters as they were
    ShrinkParameters(lists);
    if (rule == UpdateRule::kAdam) {
      AdamByOperations(lists);
    } else {
      SgdByOperations(rule, lists);
    }
  }
}

void ClipTogetherByOperations(double longest, std::vector<ParameterUpdate>& updates) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> squares;
  for (const ParameterUpdate& update : updates) squares.push_back(update.gradient.square().sum());
  const Tensor norm = torch::stack(squares).sum().sqrt();
  const Tensor scale =
      torch::where(norm.isfinite(), (longest / norm).clamp_max(1), torch::ones_like(norm));
  for (ParameterUpdate& update : updates) update.gradient = update.gradient * scale;
}

}  // namespace adares
