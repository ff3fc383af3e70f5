// Parameter groups and the step.
#include "worker/trainer/optimizer.h"

#include <algorithm>
#include <utility>

namespace adares {
namespace {

using torch::Tensor;

// Weight decay pulls towards zero, which is a meaning of its own for skip weights, biases and batch
// norm; it acts on the kernels and the dense layer's matrix only.
bool Decays(const Tensor& parameter) { return parameter.dim() >= 2; }

// Two groups, those that decay and the others.
template <typename Optimizer, typename Options>
std::unique_ptr<torch::optim::Optimizer> MakeWithGroups(const std::vector<Tensor>& parameters,
                                                        Options options, double weight_decay) {
  std::vector<Tensor> decaying;
  std::vector<Tensor> free;
  for (const Tensor& parameter : parameters) {
    (Decays(parameter) ? decaying : free).push_back(parameter);
  }
  Options decaying_options = options;
  decaying_options.weight_decay(weight_decay);
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(decaying, std::make_unique<Options>(decaying_options));
  groups.emplace_back(free, std::make_unique<Options>(options));
  return std::make_unique<Optimizer>(groups, options);
}

std::unique_ptr<torch::optim::Optimizer> MakeOptimizer(const TrainSpec& spec,
                                                       const std::vector<Tensor>& parameters) {
  if (spec.optimizer == OptimizerKind::kAdam) {
    return MakeWithGroups<torch::optim::Adam>(parameters, torch::optim::AdamOptions(spec.lr),
                                              spec.weight_decay);
  }
  return MakeWithGroups<torch::optim::SGD>(
      parameters, torch::optim::SGDOptions(spec.lr).momentum(spec.momentum), spec.weight_decay);
}

// `parameters` without those in `others`.
std::vector<Tensor> Without(std::vector<Tensor> parameters, const std::vector<Tensor>& others) {
  std::erase_if(parameters, [&](const Tensor& parameter) {
    return std::any_of(others.begin(), others.end(),
                       [&](const Tensor& other) { return parameter.is_same(other); });
  });
  return parameters;
}

}  // namespace

TrialOptimizer::TrialOptimizer(const TrialSpec& spec, const AdaResNet& model)
    : skip_(spec.model.skip),
      parameters_(model->parameters()),
      skip_parameters_(model->SkipParameters()),
      optimizer_(MakeOptimizer(spec.train, Without(parameters_, skip_parameters_))) {}

void TrialOptimizer::StartEpoch(int64_t epochs_done) {
  if (SkipWeightsMove() || skip_parameters_.empty() || epochs_done < skip_.frozen_epochs) return;
  // With the options that the optimizer was made with, which have no weight decay.
  optimizer_->add_param_group(torch::optim::OptimizerParamGroup(skip_parameters_));
}

void TrialOptimizer::ClearGradients() {
  // Without old gradients the backward pass hands over its own buffers instead of adding to zeros.
  for (Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

void TrialOptimizer::Step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  for (torch::optim::OptimizerParamGroup& group : optimizer_->param_groups()) {
    group.options().set_lr(learning_rate);
  }
  if (!SkipWeightsMove()) {
    optimizer_->step();
    return;
  }
  optimizer_->param_groups()[kSkipGroup].options().set_lr(learning_rate * skip_.lr_mult);
  std::vector<Tensor> loss_gradients;
  if (skip_.weight_decay > 0) {
    for (Tensor& parameter : skip_parameters_) {
      loss_gradients.push_back(parameter.grad());
      parameter.mutable_grad() =
          parameter.grad() + skip_.weight_decay * (parameter - skip_.decay_centre);
    }
  }
  optimizer_->step();
  for (size_t i = 0; i < loss_gradients.size(); ++i) {
    skip_parameters_[i].mutable_grad() = loss_gradients[i];
  }
  if (skip_.constraint.kind != SkipConstraint::Kind::kClamp) return;
  for (Tensor& parameter : skip_parameters_) {
    parameter.clamp_(skip_.constraint.low, skip_.constraint.high);
  }
}

}  // namespace adares
