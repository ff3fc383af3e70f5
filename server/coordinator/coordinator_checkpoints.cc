// Which checkpoints are recorded, which are kept, and who may upload.
#include <algorithm>

#include "core/status.h"
#include "server/coordinator/coordinator.h"

namespace adares {
namespace {

// The newest is what the next attempt goes on from; the one before it is there in case the newest
// turns out to be of no use. Of a trial that has succeeded only the final one and the best are of
// interest, where there is a final one.
constexpr CheckpointPolicy kWhileOpen{.newest = 2};
constexpr CheckpointPolicy kSucceeded{.newest = 0};

}  // namespace

absl::Status Coordinator::RecordCheckpoint(const LiveAttempt& attempt, const Checkpoint& checkpoint,
                                           Timestamp now) {
  const bool is_there = has_blob_ && std::ranges::all_of(checkpoint.files, has_blob_);
  if (!is_there) {
    ++effects_.checkpoints_ignored;
    return absl::OkStatus();
  }
  ADARES_RETURN_IF_ERROR(store_->AddCheckpoint(attempt, checkpoint, now));
  ++effects_.checkpoints_recorded;
  ADARES_RETURN_IF_ERROR(PruneCheckpoints(attempt.trial_row, TrialState::kRunning));
  // One of a step that has a checkpoint names nothing.
  for (const CheckpointFile& file : checkpoint.files) {
    ADARES_ASSIGN_OR_RETURN(const bool is_named, store_->IsBlobNamed(file.sha256));
    if (is_named) effects_.named_blobs[attempt.id].insert(file.sha256);
  }
  return absl::OkStatus();
}

absl::Status Coordinator::PruneCheckpoints(int64_t trial_row, TrialState state) {
  const CheckpointPolicy& policy = state == TrialState::kSucceeded ? kSucceeded : kWhileOpen;
  ADARES_ASSIGN_OR_RETURN(const std::vector<std::string> dropped,
                          store_->PruneCheckpoints(trial_row, policy));
  effects_.dropped_blobs.insert(dropped.begin(), dropped.end());
  return absl::OkStatus();
}

absl::Status Coordinator::CheckHolds(const std::string& worker, const std::string& instance,
                                     const AttemptId& id) const {
  const Session* const session = FindSession(worker, instance);
  if (session != nullptr && session->leases.contains(id)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kAborted, reason::kLeaseLost,
                   "the attempt does not hold the trial's lease");
}

absl::StatusOr<std::vector<std::string>> Coordinator::UnnamedBlobs(
    const std::vector<std::string>& blobs) {
  std::vector<std::string> unnamed;
  for (const std::string& blob : blobs) {
    ADARES_ASSIGN_OR_RETURN(const bool is_named, store_->IsBlobNamed(blob));
    if (!is_named) unnamed.push_back(blob);
  }
  return unnamed;
}

}  // namespace adares
