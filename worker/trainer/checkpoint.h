// A run between two steps as files, from which it goes on bit by bit as if it had never stopped.
// docs/checkpoints.md has the layout. Not thread-safe. Throws what LibTorch throws.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/provenance.h"
#include "worker/trainer/training.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Fills the empty folder with the state. `state` must be complete: all that StepMeans holds has
// been taken. Errors of the disk.
absl::Status WriteCheckpoint(const TrainingInput& input, const TrainingState& state,
                             const std::string& folder);

// Makes `state`, which is that of a run at its start, what it was when the folder was written, and
// returns the provenance of the run that wrote it. DATA_LOSS, NOT_FOUND: the files are not whole;
// FAILED_PRECONDITION: they belong to another trial or to other data. After an error `state` may be
// neither and is of no more use.
absl::StatusOr<Provenance> ReadCheckpoint(const TrainingInput& input, const std::string& folder,
                                          TrainingState& state);

}  // namespace adares
