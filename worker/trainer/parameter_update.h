// One step of many parameters at once on the CPU, in place. DeviceUpdate is that of other devices.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "worker/trainer/step_numbers.h"

namespace adares {

// A parameter with all that its step needs. float32 on the CPU, not overlapping and dense, all
// in the layout of `parameter`, but for a gradient, which may have any.
struct ParameterUpdate {
  torch::Tensor parameter;
  torch::Tensor gradient;
  torch::Tensor first;   // moment: the velocity of SGD with momentum, m of Adam
  torch::Tensor second;  // v of Adam
  StepNumbers numbers;
};

// Moves parameters and moments as `rule` says, in one pass over memory, in chunks over all
// parameters, where LibTorch's optimizers take ten over one after another. Thread-safe where the
// tensors are different.
void Update(UpdateRule rule, std::vector<ParameterUpdate> updates);

// Shortens the gradients of `updates` for this step, so that together they have at most the L2 norm
// `longest`; what the parameters hold as their gradients stays. Non-finite gradients stay too. The
// sum does not depend on the thread count.
void ClipTogether(double longest, std::vector<ParameterUpdate>& updates);

}  // namespace adares
