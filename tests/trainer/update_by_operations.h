// Steps of the optimizers by LibTorch's operations on lists of tensors: the rules written once
// more, for the loops to be held against.
#pragma once

#include <vector>

#include "worker/trainer/parameter_update.h"

namespace adares {

// As Update and ClipTogether.
void UpdateByOperations(UpdateRule rule, const std::vector<ParameterUpdate>& updates);
void ClipTogetherByOperations(double longest, std::vector<ParameterUpdate>& updates);

}  // namespace adares
