// Initial skip weights that are measured: `init: match-rms(RATIO)` and `init: admin(BATCHES)`. Not
// thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "core/trial_spec.h"
#include "worker/trainer/adaresnet.h"

namespace adares {

// On how many batches InitialiseSkipWeights has to measure; 0 where no block has such a weight.
// Where blocks of the two types ask for different numbers, it is the larger one for both.
int64_t MeasuredBatches(const SkipSpec& spec);

// Sets each such weight by what the paths of its block are on `batches` (the first ones of the
// training, NCHW, on the model's device; at least one). With match-rms the root mean square of the
// weighted path becomes RATIO times that of the other. With admin the variance of the skip path,
// s * ipd, becomes that of the first block's ipd and of the tfd of all blocks before, added up: in
// a network whose ipd have variance 1, as after layer norm, that is Liu et al. 2020 (arXiv
// 2004.08249), section 4.
//
// Block by block in the order of the network, with the weights before already set, in one forward
// pass of each batch in training mode with all branches, which leaves running statistics as they
// were. A value outside the range of `clamp` is moved into it. FAILED_PRECONDITION where a path is
// 0 everywhere or not finite names the block; the weights are then to be thrown away.
absl::Status InitialiseSkipWeights(AdaResNet& model, const std::vector<torch::Tensor>& batches);

}  // namespace adares
