// All of a run's state but the network as named tensors, and back. Not thread-safe.
#pragma once

#include "absl/status/status.h"
#include "worker/trainer/tensor_file.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Some share their memory with the state, so that the next step changes them. The hash of results
// is not among them, as it is text.
TensorMap TensorsOfState(const TrainingState& state);

// Takes the values over. FAILED_PRECONDITION where they are of other examples or parameters,
// DATA_LOSS names what is missing or of another type or shape; some of the state may have been
// taken over by then.
absl::Status RestoreState(const TensorMap& tensors, TrainingState& state);

}  // namespace adares
