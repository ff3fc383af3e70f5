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

constexpr NameTable<SweepState, 6> kSweepStates = {{
    {SweepState::kRunning, "running"},
    {SweepState::kPaused, "paused"},
    {SweepState::kCancelling, "cancelling"},
    {SweepState::kSucceeded, "succeeded"},
    {SweepState::kFailed, "failed"},
    {SweepState::kCancelled, "cancelled"},
}};

constexpr NameTable<TrialState, 8> kTrialStates = {{
    {TrialState::kQueued, "queued"},
    {TrialState::kRunning, "running"},
    {TrialState::kPaused, "paused"},
    {TrialState::kStopping, "stopping"},
    {TrialState::kSucceeded, "succeeded"},
    {TrialState::kFailed, "failed"},
    {TrialState::kCancelled, "cancelled"},
    {TrialState::kStoppedEarly, "stopped-early"},
}};

constexpr NameTable<StopAim, 4> kStopAims = {{
    {StopAim::kCancel, "cancel"},
    {StopAim::kPause, "pause"},
    {StopAim::kRequeue, "requeue"},
    {StopAim::kStopEarly, "stop-early"},
}};

constexpr NameTable<EndReason, 8> kEndReasons = {{
    {EndReason::kFinished, "finished"},
    {EndReason::kError, "error"},
    {EndReason::kDiverged, "diverged"},
    {EndReason::kOutOfMemory, "out-of-memory"},
    {EndReason::kWorkerLost, "worker-lost"},
    {EndReason::kPreempted, "preempted"},
    {EndReason::kCancelled, "cancelled"},
    {EndReason::kTimeout, "timeout"},
}};

constexpr NameTable<TrialEvent, 10> kTrialEvents = {{
    {TrialEvent::kClaim, "claim"},
    {TrialEvent::kFinish, "finish"},
    {TrialEvent::kFail, "fail"},
    {TrialEvent::kRequeue, "requeue"},
    {TrialEvent::kStopped, "stopped"},
    {TrialEvent::kCancel, "cancel"},
    {TrialEvent::kPause, "pause"},
    {TrialEvent::kResume, "resume"},
    {TrialEvent::kRetry, "retry"},
    {TrialEvent::kStopEarly, "stop-early"},
}};

struct Edge {
  TrialStage from;
  TrialEvent event;
  TrialStage to;
};

constexpr TrialStage kToCancel{TrialState::kStopping, StopAim::kCancel};
constexpr TrialStage kToPause{TrialState::kStopping, StopAim::kPause};
constexpr TrialStage kToRequeue{TrialState::kStopping, StopAim::kRequeue};
constexpr TrialStage kToStopEarly{TrialState::kStopping, StopAim::kStopEarly};

// Requests that ask for what is so already change nothing and are no error.
constexpr Edge kEdges[] = {
    {{TrialState::kQueued}, TrialEvent::kClaim, {TrialState::kRunning}},
    {{TrialState::kQueued}, TrialEvent::kCancel, {TrialState::kCancelled}},
    {{TrialState::kQueued}, TrialEvent::kPause, {TrialState::kPaused}},
    {{TrialState::kQueued}, TrialEvent::kResume, {TrialState::kQueued}},

    {{TrialState::kPaused}, TrialEvent::kResume, {TrialState::kQueued}},
    {{TrialState::kPaused}, TrialEvent::kPause, {TrialState::kPaused}},
    {{TrialState::kPaused}, TrialEvent::kCancel, {TrialState::kCancelled}},

    {{TrialState::kRunning}, TrialEvent::kFinish, {TrialState::kSucceeded}},
    {{TrialState::kRunning}, TrialEvent::kFail, {TrialState::kFailed}},
    {{TrialState::kRunning}, TrialEvent::kRequeue, {TrialState::kQueued}},
    {{TrialState::kRunning}, TrialEvent::kCancel, kToCancel},
    {{TrialState::kRunning}, TrialEvent::kPause, kToPause},
    {{TrialState::kRunning}, TrialEvent::kResume, {TrialState::kRunning}},
    {{TrialState::kRunning}, TrialEvent::kStopEarly, kToStopEarly},

    {kToCancel, TrialEvent::kFinish, {TrialState::kSucceeded}},
    {kToCancel, TrialEvent::kStopped, {TrialState::kCancelled}},
    {kToCancel, TrialEvent::kCancel, kToCancel},

    {kToPause, TrialEvent::kFinish, {TrialState::kSucceeded}},
    {kToPause, TrialEvent::kFail, {TrialState::kFailed}},
    {kToPause, TrialEvent::kStopped, {TrialState::kPaused}},
    {kToPause, TrialEvent::kPause, kToPause},
    {kToPause, TrialEvent::kResume, kToRequeue},
    {kToPause, TrialEvent::kCancel, kToCancel},

    {kToRequeue, TrialEvent::kFinish, {TrialState::kSucceeded}},
    {kToRequeue, TrialEvent::kFail, {TrialState::kFailed}},
    {kToRequeue, TrialEvent::kStopped, {TrialState::kQueued}},
    {kToRequeue, TrialEvent::kResume, kToRequeue},
    {kToRequeue, TrialEvent::kPause, kToPause},
    {kToRequeue, TrialEvent::kCancel, kToCancel},

    {kToStopEarly, TrialEvent::kFinish, {TrialState::kSucceeded}},
    {kToStopEarly, TrialEvent::kStopped, {TrialState::kStoppedEarly}},
    {kToStopEarly, TrialEvent::kStopEarly, kToStopEarly},
    {kToStopEarly, TrialEvent::kCancel, kToCancel},

    {{TrialState::kFailed}, TrialEvent::kRetry, {TrialState::kQueued}},
    {{TrialState::kCancelled}, TrialEvent::kRetry, {TrialState::kQueued}},
    {{TrialState::kCancelled}, TrialEvent::kCancel, {TrialState::kCancelled}},
    {{TrialState::kStoppedEarly}, TrialEvent::kRetry, {TrialState::kQueued}},
};

// What people ask for, and of which trials they can; other events follow from attempts and rules.
constexpr std::pair<TrialEvent, std::string_view> kRequests[] = {
    {TrialEvent::kPause, "only trials that wait or run can be paused"},
    {TrialEvent::kResume, "only trials that are paused, wait or run can be resumed"},
    {TrialEvent::kCancel, "only trials that have not ended can be cancelled"},
    {TrialEvent::kRetry, "only trials that failed, were cancelled or stopped early can be retried"},
};

constexpr NameTable<StopAim, 4> kWhatAimsBring = {{
    {StopAim::kCancel, "cancelled"},
    {StopAim::kPause, "paused"},
    {StopAim::kRequeue, "queued again"},
    {StopAim::kStopEarly, "stopped early"},
}};

template <typename Enum, size_t kSize>
constexpr std::array<Enum, kSize> ValuesOf(const NameTable<Enum, kSize>& table) {
  std::array<Enum, kSize> values{};
  for (size_t i = 0; i < kSize; ++i) values[i] = table[i].first;
  return values;
}

constexpr auto kAllTrialStates = ValuesOf(kTrialStates);
constexpr auto kAllStopAims = ValuesOf(kStopAims);
constexpr auto kAllEndReasons = ValuesOf(kEndReasons);
constexpr auto kAllTrialEvents = ValuesOf(kTrialEvents);

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

// "the trial has ended as failed".
std::string Standing(const TrialStage& stage) {
  std::string text = "the trial ";
  if (stage.aim) return text.append("is about to be ").append(NameIn(kWhatAimsBring, *stage.aim));
  return text.append(IsFinal(stage.state) ? "has ended as " : "is ").append(Name(stage.state));
}

// Why a trial does not take an event, in the words of whoever asked for it.
std::string Refusal(const TrialStage& from, TrialEvent event) {
  for (const auto& [request, who_can] : kRequests) {
    if (request == event) return Standing(from).append("; ").append(who_can);
  }
  return Standing(from).append(" and does not take the event ").append(Name(event));
}

}  // namespace

std::string_view Name(SweepState state) { return NameIn(kSweepStates, state); }
std::string_view Name(TrialState state) { return NameIn(kTrialStates, state); }
std::string_view Name(StopAim aim) { return NameIn(kStopAims, aim); }
std::string_view Name(EndReason reason) { return NameIn(kEndReasons, reason); }
std::string_view Name(TrialEvent event) { return NameIn(kTrialEvents, event); }

std::string Name(const TrialStage& stage) {
  std::string name(Name(stage.state));
  if (stage.aim) name.append("-").append(Name(*stage.aim));
  return name;
}

std::optional<SweepState> ParseSweepState(std::string_view name) {
  return ParseIn(kSweepStates, name);
}
std::optional<TrialState> ParseTrialState(std::string_view name) {
  return ParseIn(kTrialStates, name);
}
std::optional<StopAim> ParseStopAim(std::string_view name) { return ParseIn(kStopAims, name); }
std::optional<EndReason> ParseEndReason(std::string_view name) {
  return ParseIn(kEndReasons, name);
}
std::optional<TrialEvent> ParseTrialEvent(std::string_view name) {
  return ParseIn(kTrialEvents, name);
}

std::span<const TrialState> AllTrialStates() { return kAllTrialStates; }
std::span<const StopAim> AllStopAims() { return kAllStopAims; }
std::span<const EndReason> AllEndReasons() { return kAllEndReasons; }
std::span<const TrialEvent> AllTrialEvents() { return kAllTrialEvents; }

std::vector<TrialStage> AllTrialStages() {
  std::vector<TrialStage> stages;
  for (const TrialState state : kAllTrialStates) {
    if (state != TrialState::kStopping) stages.push_back({state});
  }
  for (const StopAim aim : kAllStopAims) stages.push_back({TrialState::kStopping, aim});
  return stages;
}

bool IsFinal(SweepState state) {
  return state == SweepState::kSucceeded || state == SweepState::kFailed ||
         state == SweepState::kCancelled;
}

bool IsFinal(TrialState state) {
  return state == TrialState::kSucceeded || state == TrialState::kFailed ||
         state == TrialState::kCancelled || state == TrialState::kStoppedEarly;
}

bool IsLive(TrialState state) {
  return state == TrialState::kRunning || state == TrialState::kStopping;
}

absl::StatusOr<TrialStage> Transition(const TrialStage& from, TrialEvent event) {
  for (const Edge& edge : kEdges) {
    if (edge.from == from && edge.event == event) return edge.to;
  }
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kStateConflict,
                   Refusal(from, event),
                   {{"state", std::string(Name(from.state))}, {"event", std::string(Name(event))}});
}

TrialEvent AfterAttempt(const TrialStage& trial, EndReason reason, bool may_retry) {
  if (reason == EndReason::kFinished) return TrialEvent::kFinish;
  if (!trial.aim) return may_retry ? TrialEvent::kRequeue : TrialEvent::kFail;
  const bool goes_on = *trial.aim == StopAim::kPause || *trial.aim == StopAim::kRequeue;
  // Stopped on request: the end that was asked for, whatever budgets say.
  const bool as_asked = reason == EndReason::kCancelled || reason == EndReason::kPreempted;
  return goes_on && !as_asked && !may_retry ? TrialEvent::kFail : TrialEvent::kStopped;
}

TrialCounts& TrialCounts::operator+=(const TrialCounts& other) {
  queued += other.queued;
  running += other.running;
  paused += other.paused;
  stopping += other.stopping;
  succeeded += other.succeeded;
  failed += other.failed;
  cancelled += other.cancelled;
  stopped_early += other.stopped_early;
  return *this;
}

SweepState DeriveSweepState(const TrialCounts& counts, bool cancel_requested) {
  const int32_t active = counts.queued + counts.running + counts.stopping;
  if (active + counts.paused > 0) {
    if (cancel_requested) return SweepState::kCancelling;
    return active > 0 ? SweepState::kRunning : SweepState::kPaused;
  }
  if (counts.failed + counts.cancelled == 0) return SweepState::kSucceeded;
  if (cancel_requested || counts.failed == 0) return SweepState::kCancelled;
  return SweepState::kFailed;
}

}  // namespace adares
