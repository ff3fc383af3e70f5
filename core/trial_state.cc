// The tables behind trial_state.h: names of the states, and the edges between them.
#include "core/trial_state.h"

#include <array>
#include <string>
#include <utility>

#include "core/status.h"

namespace adares {
namespace {

template <typename Enum, size_t kSize>
using NameTable = std::array<std::pair<Enum, std::string_view>, kSize>;

constexpr NameTable<SweepState, 5> kSweepStates = {{
    {SweepState::kRunning, "running"},
    {SweepState::kCancelling, "cancelling"},
    {SweepState::kSucceeded, "succeeded"},
    {SweepState::kFailed, "failed"},
    {SweepState::kCancelled, "cancelled"},
}};

constexpr NameTable<TrialState, 6> kTrialStates = {{
    {TrialState::kQueued, "queued"},
    {TrialState::kRunning, "running"},
    {TrialState::kStopping, "stopping"},
    {TrialState::kSucceeded, "succeeded"},
    {TrialState::kFailed, "failed"},
    {TrialState::kCancelled, "cancelled"},
}};

constexpr NameTable<EndReason, 7> kEndReasons = {{
    {EndReason::kFinished, "finished"},
    {EndReason::kError, "error"},
    {EndReason::kDiverged, "diverged"},
    {EndReason::kOutOfMemory, "out-of-memory"},
    {EndReason::kWorkerLost, "worker-lost"},
    {EndReason::kPreempted, "preempted"},
    {EndReason::kCancelled, "cancelled"},
}};

constexpr NameTable<TrialEvent, 6> kTrialEvents = {{
    {TrialEvent::kClaim, "claim"},
    {TrialEvent::kFinish, "finish"},
    {TrialEvent::kFail, "fail"},
    {TrialEvent::kRequeue, "requeue"},
    {TrialEvent::kCancel, "cancel"},
    {TrialEvent::kStopped, "stopped"},
}};

struct Edge {
  TrialState from;
  TrialEvent event;
  TrialState to;
};

constexpr Edge kEdges[] = {
    {TrialState::kQueued, TrialEvent::kClaim, TrialState::kRunning},
    {TrialState::kQueued, TrialEvent::kCancel, TrialState::kCancelled},
    {TrialState::kRunning, TrialEvent::kFinish, TrialState::kSucceeded},
    {TrialState::kRunning, TrialEvent::kFail, TrialState::kFailed},
    {TrialState::kRunning, TrialEvent::kRequeue, TrialState::kQueued},
    {TrialState::kRunning, TrialEvent::kCancel, TrialState::kStopping},
    {TrialState::kStopping, TrialEvent::kCancel, TrialState::kStopping},
    {TrialState::kStopping, TrialEvent::kFinish, TrialState::kSucceeded},
    {TrialState::kStopping, TrialEvent::kStopped, TrialState::kCancelled},
};

template <typename Enum, size_t kSize>
std::string_view NameIn(const NameTable<Enum, kSize>& table, Enum value) {
  for (const auto& [candidate, name] : table) {
    if (candidate == value) return name;
  }
  return "unknown";
}

template <typename Enum, size_t kSize>
std::optional<Enum> ParseIn(const NameTable<Enum, kSize>& table, std::string_view name) {
  for (const auto& [candidate, candidate_name] : table) {
    if (candidate_name == name) return candidate;
  }
  return std::nullopt;
}

}  // namespace

std::string_view Name(SweepState state) { return NameIn(kSweepStates, state); }
std::string_view Name(TrialState state) { return NameIn(kTrialStates, state); }
std::string_view Name(EndReason reason) { return NameIn(kEndReasons, reason); }
std::string_view Name(TrialEvent event) { return NameIn(kTrialEvents, event); }

std::optional<SweepState> ParseSweepState(std::string_view name) {
  return ParseIn(kSweepStates, name);
}
std::optional<TrialState> ParseTrialState(std::string_view name) {
  return ParseIn(kTrialStates, name);
}
std::optional<EndReason> ParseEndReason(std::string_view name) {
  return ParseIn(kEndReasons, name);
}
std::optional<TrialEvent> ParseTrialEvent(std::string_view name) {
  return ParseIn(kTrialEvents, name);
}

bool IsFinal(SweepState state) {
  return state != SweepState::kRunning && state != SweepState::kCancelling;
}

bool IsFinal(TrialState state) {
  return state == TrialState::kSucceeded || state == TrialState::kFailed ||
         state == TrialState::kCancelled;
}

absl::StatusOr<TrialState> Transition(TrialState from, TrialEvent event) {
  for (const Edge& edge : kEdges) {
    if (edge.from == from && edge.event == event) return edge.to;
  }
  const std::string state_name(Name(from));
  const std::string event_name(Name(event));
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kStateConflict,
                   "a trial that is " + state_name + " does not take the event " + event_name,
                   {{"state", state_name}, {"event", event_name}});
}

TrialEvent AfterAttempt(TrialState trial, EndReason reason, int lost_attempts) {
  if (reason == EndReason::kFinished) return TrialEvent::kFinish;
  if (trial == TrialState::kStopping) return TrialEvent::kStopped;
  switch (reason) {
    case EndReason::kWorkerLost:
      return lost_attempts >= kMaxLostAttempts ? TrialEvent::kFail : TrialEvent::kRequeue;
    case EndReason::kPreempted:
      return TrialEvent::kRequeue;
    case EndReason::kFinished:
    case EndReason::kError:
    case EndReason::kDiverged:
    case EndReason::kOutOfMemory:
    case EndReason::kCancelled:  // nobody had asked for it, or the trial would be stopping
      break;
  }
  return TrialEvent::kFail;
}

SweepState DeriveSweepState(const TrialCounts& counts, bool cancel_requested) {
  if (counts.queued + counts.running + counts.stopping > 0) {
    return cancel_requested ? SweepState::kCancelling : SweepState::kRunning;
  }
  if (counts.failed + counts.cancelled == 0) return SweepState::kSucceeded;
  if (cancel_requested || counts.failed == 0) return SweepState::kCancelled;
  return SweepState::kFailed;
}

}  // namespace adares
