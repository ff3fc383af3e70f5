// All of a run's state but the network as named tensors, and back. Not thread-safe.
#pragma once

#include "absl/status/status.h"
#include "core/trial_spec.h"
#include "worker/trainer/tensor_file.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Some share their memory with the state, so that the next step changes them. The hash of results
// is not among them, as it is text.
TensorMap TensorsOfState(const TrainingState& state);

// Takes the values over into the state of a run at its start, which trains as `train` says.
// FAILED_PRECONDITION where they are of other examples or parameters, DATA_LOSS names what is
// missing, not expected, of another type or shape, or a number that no such run comes to; some of
// the state may have been taken over by then.
absl::Status RestoreState(const TensorMap& tensors, const TrainSpec& train, TrainingState& state);

}  // namespace adares
