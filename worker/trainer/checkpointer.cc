// When, where to, and from where on.
#include "worker/trainer/checkpointer.h"

#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "worker/trainer/checkpoint.h"

namespace adares {
namespace {

// Whether an older checkpoint may be taken instead.
bool IsBroken(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsNotFound(status);
}

// What the disk and the memory do not give may be thrown, too.
absl::Status WithoutExceptions(const std::function<absl::Status()>& action) {
  try {
    return action();
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

std::string WhoseItIs(const TrainingInput& input, const Provenance& then, int64_t step) {
  std::vector<std::string> differences{DifferenceInBits(input.provenance, then),
                                       DifferenceInProgram(input.provenance, then)};
  std::erase(differences, "");
  if (differences.empty()) return absl::StrCat("step ", step);
  return absl::StrCat("step ", step, ", not bit by bit: ", absl::StrJoin(differences, "; "));
}

}  // namespace

Checkpointer::Checkpointer(const TrainingInput& input, EventSink& sink)
    : input_(input), sink_(sink), folder_(input.checkpoints.folder) {}

absl::StatusOr<std::unique_ptr<TrainingState>> Checkpointer::Begin(torch::Device device,
                                                                   std::string& resumed_from) {
  if (folder_.path().empty()) return std::make_unique<TrainingState>(input_, device);
  ADARES_RETURN_IF_ERROR(folder_.Create());
  lock_.emplace(folder_.path() + "/lock", FileLock::Mode::kTry);
  if (lock_->is_taken()) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder_.path(),
                     " is in use by another adares-trainer; take another folder, or "
                     "wait for its end"));
  }
  ADARES_ASSIGN_OR_RETURN(const std::vector<StoredCheckpoint> stored, folder_.List());
  if (!input_.checkpoints.resume && !stored.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder_.path(),
                     " has checkpoints already; go on from them with --resume, or "
                     "take another folder"));
  }
  folder_.RemoveLeftovers();
  for (const StoredCheckpoint& checkpoint : stored) {
    auto state = std::make_unique<TrainingState>(input_, device);
    const auto provenance = ReadCheckpoint(input_, checkpoint.path, *state);
    if (provenance.ok()) {
      last_step_ = state->step;
      resumed_from = WhoseItIs(input_, *provenance, state->step);
      std::fprintf(stderr, "going on from %s\n", resumed_from.c_str());
      return state;
    }
    if (!IsBroken(provenance.status())) return provenance.status();
    std::fprintf(stderr, "checkpoint left aside: %s\n",
                 std::string(provenance.status().message()).c_str());
    ADARES_RETURN_IF_ERROR(folder_.SetAside(checkpoint));
  }
  return std::make_unique<TrainingState>(input_, device);
}

bool Checkpointer::IsDue(const TrainingState& state) const {
  const trainer_protocol::CheckpointOrder& order = input_.checkpoints;
  if (!IsOn() || state.step == last_step_) return false;
  if (input_.checkpoint_request != nullptr && *input_.checkpoint_request) return true;
  if (order.every_steps > 0 && state.step - last_step_ >= order.every_steps) return true;
  return order.every_seconds > 0 && since_last_.Seconds() >= order.every_seconds;
}

void Checkpointer::Write(const TrainingState& state) {
  if (input_.checkpoint_request != nullptr) *input_.checkpoint_request = false;
  const auto write = [&](const std::string& folder) {
    return WriteCheckpoint(input_, state, folder);
  };
  const absl::Status status = WithoutExceptions([&] { return folder_.Add(state.step, write); });
  last_step_ = state.step;
  since_last_.Restart();
  if (status.ok()) {
    sink_.Send(trainer_protocol::CheckpointEvent{state.step, state.epoch, folder_.path()});
  } else {
    std::fprintf(stderr, "no checkpoint after step %lld: %s\n", static_cast<long long>(state.step),
                 std::string(status.message()).c_str());
  }
}

}  // namespace adares
