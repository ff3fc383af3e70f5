// Initial skip weights that are measured: `init: match-rms(RATIO)`. Not thread-safe.
#pragma once

#include <torch/torch.h>

#include "absl/status/status.h"
#include "core/trial_spec.h"
#include "worker/trainer/adaresnet.h"

namespace adares {

// Whether any block has such a weight, so that InitialiseSkipWeights has to be called.
bool IsMeasured(const SkipSpec& spec);

// Gives each such weight the value with which the root mean square of the weighted path is RATIO
// times that of the other on `images` (the first training batch, NCHW, on the model's device).
// Block by block in the order of the network, with the weights before already set, in one forward
// pass in training mode that leaves running statistics as they were. A value outside the range of
// `clamp` is moved into it. FAILED_PRECONDITION where a path is 0 everywhere or not finite names
// the block; the weights are then to be thrown away.
absl::Status InitialiseSkipWeights(AdaResNet& model, const torch::Tensor& images);

}  // namespace adares
