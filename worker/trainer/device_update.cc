// Tables of pointers for the kernel, and the same elements by loops on the CPU.
#include "worker/trainer/device_update.h"

#include <algorithm>
#include <cstring>

namespace adares {
namespace {

using torch::Tensor;

// In the parameter's order, so that memory runs in step.
Tensor InOrderOf(const Tensor& parameter, const Tensor& gradient) {
  for (int64_t d = 0; d < parameter.dim(); ++d) {
    if (parameter.size(d) > 1 && parameter.stride(d) != gradient.stride(d)) {
      return torch::empty_like(parameter).copy_(gradient);
    }
  }
  return gradient;
}

float* Data(const Tensor& tensor) { return tensor.defined() ? tensor.data_ptr<float>() : nullptr; }

template <UpdateRule kRule>
void LoopsOver(const UpdateTable& table, const StepSource& source) {
  for (int t = 0; t < table.tensors; ++t) {
    ElementNumbers numbers = source.numbers[*source.step * source.groups + table.group[t]];
    if (source.scale != nullptr) numbers.gradient_scale *= *source.scale;
    for (int64_t i = 0; i < table.count[t]; ++i) {
      float& parameter = table.parameter[t][i];
      if (table.gradient[t] != nullptr) {
        float* const first = table.first[t] == nullptr ? nullptr : table.first[t] + i;
        float* const second = table.second[t] == nullptr ? nullptr : table.second[t] + i;
        UpdateElement<kRule>(numbers, table.gradient[t][i], parameter, first, second);
      }
      if (table.mean[t] == nullptr) continue;
      table.mean[t][i] = MovedMean(table.mean[t][i], parameter, numbers.mean_step);
    }
  }
}

}  // namespace

void UpdateOnHost(UpdateRule rule, const UpdateTable& table, const StepSource& source) {
  switch (rule) {
    case UpdateRule::kSgd:
      return LoopsOver<UpdateRule::kSgd>(table, source);
    case UpdateRule::kMomentum:
      return LoopsOver<UpdateRule::kMomentum>(table, source);
    case UpdateRule::kNesterov:
      return LoopsOver<UpdateRule::kNesterov>(table, source);
    case UpdateRule::kAdam:
      return LoopsOver<UpdateRule::kAdam>(table, source);
  }
}

Tensor NumbersTable(const std::vector<std::vector<ElementNumbers>>& steps) {
  const size_t groups = steps.empty() ? 0 : steps[0].size();
  Tensor table = torch::empty(
      {static_cast<int64_t>(steps.size()), static_cast<int64_t>(groups), kElementNumbers},
      torch::kFloat32);
  float* row = table.data_ptr<float>();
  for (const std::vector<ElementNumbers>& step : steps) {
    std::memcpy(row, step.data(), groups * sizeof(ElementNumbers));
    row += groups * static_cast<size_t>(kElementNumbers);
  }
  return table;
}

void DeviceUpdate::Apply(const std::vector<DeviceParameter>& parameters, const Tensor& table,
                         const Tensor& step) const {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> gradients;  // live until everything is on the stream
  for (const DeviceParameter& each : parameters) {
    if (each.moves) gradients.push_back(InOrderOf(each.parameter, each.parameter.grad()));
  }
  const Tensor scale = ClipScale(gradients);
  StepSource source;
  source.numbers = reinterpret_cast<const ElementNumbers*>(table.data_ptr<float>());
  source.groups = table.size(1);
  source.step = step.data_ptr<int64_t>();
  source.scale = Data(scale);
  UpdateTable launch;
  auto gradient = gradients.begin();
  for (const DeviceParameter& each : parameters) {
    if (!each.moves && !each.mean.defined()) continue;
    const int t = launch.tensors++;
    launch.parameter[t] = Data(each.parameter);
    launch.gradient[t] = each.moves ? Data(*gradient++) : nullptr;
    launch.first[t] = Data(each.first);
    launch.second[t] = Data(each.second);
    launch.mean[t] = Data(each.mean);
    launch.count[t] = each.parameter.numel();
    launch.group[t] = static_cast<int32_t>(each.group);
    if (launch.tensors < UpdateTable::kTensors) continue;
    Launch(launch, source);
    launch.tensors = 0;
  }
  Launch(launch, source);
}

void DeviceUpdate::Launch(const UpdateTable& table, const StepSource& source) const {
  if (support_ == nullptr) return UpdateOnHost(rule_, table, source);
  support_->Update(rule_, table, source);
}

Tensor DeviceUpdate::ClipScale(const std::vector<Tensor>& gradients) const {
  if (clip_norm_ == 0 || gradients.empty()) return {};
  const Tensor norm = torch::stack(at::_foreach_norm(gradients, 2)).norm();
  return torch::where(norm.isfinite(), (clip_norm_ / norm).clamp_max(1), torch::ones_like(norm));
}

}  // namespace adares
