// Sharing, initial values, maps and names of the weights.
#include "worker/trainer/skip_weights.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace adares {
namespace {

using Constraint = SkipConstraint::Kind;
using torch::Tensor;

bool IsLearned(const SkipSpec& spec) { return spec.train == SkipTraining::kLearned; }

void Register(torch::nn::Module& owner, const std::string& name, const Tensor& value,
              bool learned) {
  if (learned) {
    owner.register_parameter(name, value);
  } else {
    owner.register_buffer(name, value);
  }
}

// Puts tensors by group below `network`, as `prefix`.GROUP.
void RegisterGroups(torch::nn::Module& network, const std::string& prefix,
                    const std::map<std::string, Tensor>& values, bool learned) {
  if (values.empty()) return;
  const auto root = network.register_module(prefix, std::make_shared<torch::nn::Module>());
  for (const auto& [group, value] : values) {
    const size_t dot = group.find('.');
    if (dot == std::string::npos) {
      Register(*root, group, value, learned);
      continue;
    }
    // Names hold no dot in LibTorch: "layer1.0" is parameter "0" of a module "layer1".
    const std::string stage = group.substr(0, dot);
    if (!root->named_children().contains(stage)) {
      root->register_module(stage, std::make_shared<torch::nn::Module>());
    }
    Register(*root->named_children()[stage], group.substr(dot + 1), value, learned);
  }
}

}  // namespace

Tensor ConstrainedWeight(const SkipConstraint& constraint, const Tensor& raw) {
  switch (constraint.kind) {
    case Constraint::kSigmoid:
      return constraint.high * torch::sigmoid(raw);
    case Constraint::kTanh:
      return constraint.high * torch::tanh(raw);
    case Constraint::kSoftplus:
      return torch::softplus(raw);
    case Constraint::kNone:
    case Constraint::kClamp:  // the optimizer's matter
      break;
  }
  return raw;
}

double RawValue(const SkipConstraint& constraint, double weight) {
  switch (constraint.kind) {
    case Constraint::kSigmoid:
      return std::log(weight) - std::log(constraint.high - weight);
    case Constraint::kTanh:
      return std::atanh(weight / constraint.high);
    case Constraint::kSoftplus:
      // log(exp(w) - 1) without the overflow of large weights.
      return weight + std::log(-std::expm1(-weight));
    case Constraint::kClamp:
      return std::clamp(weight, constraint.low, constraint.high);  // a normal's draw may be outside
    case Constraint::kNone:
      break;
  }
  return weight;
}

double RawParameter(const SkipSpec& spec, double weight) {
  if (spec.placement != SkipPlacement::kSpherical) return RawValue(spec.constraint, weight);
  return std::acos(std::clamp(weight, -1.0, 1.0));
}

SumCoefficients SkipWeight::Coefficients() const {
  if (!raw.defined()) return {};
  if (placement == SkipPlacement::kSpherical) return {torch::cos(raw), torch::sin(raw)};
  const Tensor weight = ConstrainedWeight(constraint, raw);
  switch (placement) {
    case SkipPlacement::kSkip:
      return {weight, {}};
    case SkipPlacement::kResidual:
      return {{}, weight};
    case SkipPlacement::kBoth:
      return {weight, ConstrainedWeight(constraint, raw_residual)};
    case SkipPlacement::kConvex:
    case SkipPlacement::kSpherical:
      break;
  }
  return {weight, 1 - weight};
}

Tensor SkipWeight::Weight() const {
  return placement == SkipPlacement::kSpherical ? torch::cos(raw)
                                                : ConstrainedWeight(constraint, raw);
}

SkipWeights::SkipWeights(const SkipSpec& spec, int64_t blocks, int64_t seed)
    : spec_(spec),
      blocks_(blocks),
      random_(static_cast<uint64_t>(seed), RandomStream::kSkipWeights) {}

std::string SkipWeights::GroupOf(const SkipSite& site) const {
  switch (spec_.granularity) {
    case Granularity::kNone:
      break;
    case Granularity::kUnified:
      return "all";
    case Granularity::kStage:
      return site.stage;
    case Granularity::kBlockType:
      return site.projection ? "convolutional" : "identity";
    case Granularity::kBlock:
    case Granularity::kChannel:
      return site.name;
  }
  return "";
}

double SkipWeights::Draw(const SkipInit& init, int64_t place) {
  switch (init.kind) {
    case SkipInit::Kind::kNormal:
      return init.value + init.sd * random_.Normal();
    case SkipInit::Kind::kUniform:
      return init.value + (init.high - init.value) * random_.Uniform();
    case SkipInit::Kind::kRootDepth:
      return init.value / std::sqrt(static_cast<double>(blocks_));
    case SkipInit::Kind::kDecay:
      return 1 + (init.value - 1) * static_cast<double>(place) / static_cast<double>(blocks_ - 1);
    case SkipInit::Kind::kDepthPower:
      return std::pow(init.value * static_cast<double>(blocks_), init.power);
    case SkipInit::Kind::kMatchRms:
    case SkipInit::Kind::kAdmin:
      return 1;  // until it is measured
    case SkipInit::Kind::kConstant:
      break;
  }
  return init.value;
}

SkipWeight SkipWeights::At(const SkipSite& site) {
  const std::string group = GroupOf(site);
  if (group.empty()) return {};
  const auto known = weights_.find(group);
  if (known != weights_.end()) return known->second;
  const std::optional<SkipInit>& own =
      site.projection ? spec_.init_convolutional : spec_.init_identity;
  const SkipInit& init = own ? *own : spec_.init;
  const bool by_channel = spec_.granularity == Granularity::kChannel;
  const auto shape = by_channel ? std::vector<int64_t>{site.channels} : std::vector<int64_t>{};
  SkipWeight weight{spec_.placement, spec_.constraint, torch::empty(shape, torch::kFloat32), {}};
  float* const values = weight.raw.data_ptr<float>();
  for (int64_t i = 0; i < weight.raw.numel(); ++i) {
    values[i] = static_cast<float>(RawParameter(spec_, Draw(init, site.place)));
  }
  const bool measured =
      init.kind == SkipInit::Kind::kMatchRms || init.kind == SkipInit::Kind::kAdmin;
  if (measured) weight.measured = init;
  if (spec_.placement == SkipPlacement::kBoth) {
    weight.raw_residual = torch::full_like(weight.raw, RawValue(spec_.constraint, 1));
  }
  return weights_.emplace(group, std::move(weight)).first->second;
}

void SkipWeights::RegisterIn(torch::nn::Module& network) const {
  const bool residual = spec_.placement == SkipPlacement::kResidual;
  std::map<std::string, Tensor> of_skip;
  std::map<std::string, Tensor> of_residual;
  for (const auto& [group, weight] : weights_) {
    (residual ? of_residual : of_skip)[group] = weight.raw;
    if (weight.raw_residual.defined()) of_residual[group] = weight.raw_residual;
  }
  RegisterGroups(network, "skip_weights", of_skip, IsLearned(spec_));
  RegisterGroups(network, "residual_weights", of_residual, IsLearned(spec_));
}

std::vector<Tensor> SkipWeights::Parameters() const {
  std::vector<Tensor> parameters;
  if (!IsLearned(spec_)) return parameters;
  for (const auto& [group, weight] : weights_) {
    parameters.push_back(weight.raw);
    if (weight.raw_residual.defined()) parameters.push_back(weight.raw_residual);
  }
  return parameters;
}

}  // namespace adares
