// The words of the domain as enumerations of the protocol, and back.
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
#include "rpc/convert.h"
#include "rpc/convert_checks.h"

namespace adares {
namespace {

// The value of the domain that is `word` in the protocol.
template <typename Domain, typename Word>
absl::StatusOr<Domain> Find(std::span<const Domain> values, Word word, const char* field) {
  for (const Domain value : values) {
    if (ToProto(value) == word) return value;
  }
  return InvalidField(field, absl::StrCat("unknown value ", static_cast<int>(word)));
}

}  // namespace

v1::Sweep::State ToProto(SweepState value) {
  switch (value) {
    case SweepState::kRunning:
      return v1::Sweep::STATE_RUNNING;
    case SweepState::kPaused:
      return v1::Sweep::STATE_PAUSED;
    case SweepState::kCancelling:
      return v1::Sweep::STATE_CANCELLING;
    case SweepState::kSucceeded:
      return v1::Sweep::STATE_SUCCEEDED;
    case SweepState::kFailed:
      return v1::Sweep::STATE_FAILED;
    case SweepState::kCancelled:
      return v1::Sweep::STATE_CANCELLED;
  }
  return v1::Sweep::STATE_UNSPECIFIED;
}

v1::Trial::State ToProto(TrialState value) {
  switch (value) {
    case TrialState::kQueued:
      return v1::Trial::STATE_QUEUED;
    case TrialState::kRunning:
      return v1::Trial::STATE_RUNNING;
    case TrialState::kPaused:
      return v1::Trial::STATE_PAUSED;
    case TrialState::kStopping:
      return v1::Trial::STATE_STOPPING;
    case TrialState::kSucceeded:
      return v1::Trial::STATE_SUCCEEDED;
    case TrialState::kFailed:
      return v1::Trial::STATE_FAILED;
    case TrialState::kCancelled:
      return v1::Trial::STATE_CANCELLED;
    case TrialState::kStoppedEarly:
      return v1::Trial::STATE_STOPPED_EARLY;
  }
  return v1::Trial::STATE_UNSPECIFIED;
}

v1::Trial::StopAim ToProto(StopAim value) {
  switch (value) {
    case StopAim::kCancel:
      return v1::Trial::STOP_AIM_CANCEL;
    case StopAim::kPause:
      return v1::Trial::STOP_AIM_PAUSE;
    case StopAim::kRequeue:
      return v1::Trial::STOP_AIM_REQUEUE;
    case StopAim::kStopEarly:
      return v1::Trial::STOP_AIM_STOP_EARLY;
  }
  return v1::Trial::STOP_AIM_UNSPECIFIED;
}

v1::Attempt::EndReason ToProto(EndReason value) {
  switch (value) {
    case EndReason::kFinished:
      return v1::Attempt::END_REASON_FINISHED;
    case EndReason::kError:
      return v1::Attempt::END_REASON_ERROR;
    case EndReason::kDiverged:
      return v1::Attempt::END_REASON_DIVERGED;
    case EndReason::kOutOfMemory:
      return v1::Attempt::END_REASON_OUT_OF_MEMORY;
    case EndReason::kWorkerLost:
      return v1::Attempt::END_REASON_WORKER_LOST;
    case EndReason::kPreempted:
      return v1::Attempt::END_REASON_PREEMPTED;
    case EndReason::kCancelled:
      return v1::Attempt::END_REASON_CANCELLED;
    case EndReason::kTimeout:
      return v1::Attempt::END_REASON_TIMEOUT;
  }
  return v1::Attempt::END_REASON_UNSPECIFIED;
}

v1::Worker::State ToProto(WorkerState value) {
  switch (value) {
    case WorkerState::kReady:
      return v1::Worker::STATE_READY;
    case WorkerState::kBusy:
      return v1::Worker::STATE_BUSY;
    case WorkerState::kDraining:
      return v1::Worker::STATE_DRAINING;
    case WorkerState::kLost:
      return v1::Worker::STATE_LOST;
    case WorkerState::kLeft:
      return v1::Worker::STATE_LEFT;
  }
  return v1::Worker::STATE_UNSPECIFIED;
}

v1::PendingReason::Cause ToProto(PendingReason::Cause value) {
  switch (value) {
    case PendingReason::Cause::kNoWorker:
      return v1::PendingReason::CAUSE_NO_WORKER;
    case PendingReason::Cause::kUnfit:
      return v1::PendingReason::CAUSE_UNFIT;
    case PendingReason::Cause::kCordoned:
      return v1::PendingReason::CAUSE_CORDONED;
    case PendingReason::Cause::kUnreadable:
      return v1::PendingReason::CAUSE_UNREADABLE;
  }
  return v1::PendingReason::CAUSE_UNSPECIFIED;
}

v1::Objective::Goal ToProto(Goal goal) {
  return goal == Goal::kMaximize ? v1::Objective::GOAL_MAXIMIZE : v1::Objective::GOAL_MINIMIZE;
}

absl::StatusOr<TrialState> FromProto(v1::Trial::State state) {
  return Find(AllTrialStates(), state, "state");
}

absl::StatusOr<EndReason> FromProto(v1::Attempt::EndReason reason) {
  return Find(AllEndReasons(), reason, "end.reason");
}

}  // namespace adares
