// Steps of the optimizer whose numbers lie on the device ahead of time, so that a captured graph
// finds those of its step, and the host need not.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "worker/trainer/device_support.h"
#include "worker/trainer/step_numbers.h"

namespace adares {

// A parameter with all that its steps need; tensors as those of ParameterUpdate.
struct DeviceParameter {
  torch::Tensor parameter;
  torch::Tensor first;  // moments; undefined where the rule has none
  torch::Tensor second;
  torch::Tensor mean;  // moving mean; undefined where there is none
  int64_t group = 0;   // of parameters with equal numbers
  bool moves = true;   // else only the mean does
};

// Numbers of steps, as a row of ElementNumbers for each group of each step: [steps, groups, 11].
torch::Tensor NumbersTable(const std::vector<std::vector<ElementNumbers>>& steps);

// What the kernel of update_kernel.h does, by loops on the CPU.
void UpdateOnHost(UpdateRule rule, const UpdateTable& table, const StepSource& source);

// Not thread-safe.
class DeviceUpdate {
 public:
  // `support` of the device where the parameters are; null: they are on the CPU.
  DeviceUpdate(UpdateRule rule, double clip_norm, const DeviceSupport* support)
      : rule_(rule), clip_norm_(clip_norm), support_(support) {}

  // Moves all by the gradients that they hold, which stay as they are, and by the numbers that
  // `table` has for the step in `step` (int64, no dimension). Together the gradients are shortened
  // to the norm at most, where there is one. Does not wait for the device, and may be captured:
  // numbers, gradients and step are read anew by each replay.
  void Apply(const std::vector<DeviceParameter>& parameters, const torch::Tensor& table,
             const torch::Tensor& step) const;

 private:
  torch::Tensor ClipScale(const std::vector<torch::Tensor>& gradients) const;
  void Launch(const UpdateTable& table, const StepSource& source) const;

  const UpdateRule rule_;
  const double clip_norm_;  // 0: none
  const DeviceSupport* const support_;
};

}  // namespace adares
