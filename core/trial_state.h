// The life of sweeps, trials and attempts. One table of transitions; the schema's CHECKs and
// docs/states.md mirror it. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace adares {

enum class SweepState { kRunning, kPaused, kCancelling, kSucceeded, kFailed, kCancelled };

enum class TrialState {
  kQueued,        // waits for a slot, or for the time of its next attempt
  kRunning,       // an attempt holds the lease
  kPaused,        // waits for a person
  kStopping,      // its attempt was told to stop and has not ended yet
  kSucceeded,     // final
  kFailed,        // final
  kCancelled,     // final
  kStoppedEarly,  // final: a rule ended it before it was trained to the end
};

// What becomes of a stopping trial once its attempt has ended.
enum class StopAim {
  kCancel,     // cancelled
  kPause,      // paused
  kRequeue,    // queued: it was resumed before it had stopped
  kStopEarly,  // stopped early
};

// Where a trial stands. `aim` is set exactly where it is stopping.
struct TrialStage {
  TrialState state = TrialState::kQueued;
  std::optional<StopAim> aim = std::nullopt;
  bool operator==(const TrialStage&) const = default;
};

// Why an attempt ended. What becomes of its trial follows from it (AfterAttempt).
enum class EndReason {
  kFinished,     // trained to the end
  kError,        // the trainer failed or died
  kDiverged,     // the loss became NaN or infinite
  kOutOfMemory,  // host or device memory ran out
  kWorkerLost,   // the lease expired, or the worker came back as another instance
  kPreempted,    // the worker gave the trial back (drain, shutdown)
  kCancelled,    // stopped on request
  kTimeout,      // ran longer than its sweep allows
};

enum class TrialEvent {
  kClaim,      // a worker got the lease
  kFinish,     // attempt ended: finished
  kFail,       // attempt ended: with a reason that is not tried again, or tries are used up
  kRequeue,    // attempt ended: with a reason that is tried again
  kStopped,    // the attempt of a stopping trial ended as it should
  kCancel,     // a person asked for the end
  kPause,      // a person asked for a pause
  kResume,     // a person asked to go on
  kRetry,      // a person asked for another try
  kStopEarly,  // a rule asked for the end
};

// The lower-case, hyphenated word used in SQL, JSON and the CLI: "queued", "worker-lost".
std::string_view Name(SweepState state);
std::string_view Name(TrialState state);
std::string_view Name(StopAim aim);
std::string_view Name(EndReason reason);
std::string_view Name(TrialEvent event);
// "queued", and of a stopping trial with its aim "stopping-pause".
std::string Name(const TrialStage& stage);
std::optional<SweepState> ParseSweepState(std::string_view name);
std::optional<TrialState> ParseTrialState(std::string_view name);
std::optional<StopAim> ParseStopAim(std::string_view name);
std::optional<EndReason> ParseEndReason(std::string_view name);
std::optional<TrialEvent> ParseTrialEvent(std::string_view name);

// All values, in the order of their declaration.
std::span<const TrialState> AllTrialStates();
std::span<const StopAim> AllStopAims();
std::span<const EndReason> AllEndReasons();
std::span<const TrialEvent> AllTrialEvents();
// Every stage that a trial can be in.
std::vector<TrialStage> AllTrialStages();

// A sweep that is paused is not final.
bool IsFinal(SweepState state);
bool IsFinal(TrialState state);
// Whether an attempt holds the trial: running and stopping.
bool IsLive(TrialState state);

// The stage after `event`; FAILED_PRECONDITION (STATE_CONFLICT) where the table has no such edge.
absl::StatusOr<TrialStage> Transition(const TrialStage& from, TrialEvent event);

// The event that an attempt's end is for its trial (running or stopping). `may_retry` is whether
// the reason allows another attempt (core/retry_policy.h). A stopping trial whose attempt finished
// all the same has succeeded: the result is whole. One that should pause or go on fails where a
// running one would.
TrialEvent AfterAttempt(const TrialStage& trial, EndReason reason, bool may_retry);

// How many of a sweep's trials are in each state.
struct TrialCounts {
  int32_t queued = 0;
  int32_t running = 0;
  int32_t paused = 0;
  int32_t stopping = 0;
  int32_t succeeded = 0;
  int32_t failed = 0;
  int32_t cancelled = 0;
  int32_t stopped_early = 0;
  TrialCounts& operator+=(const TrialCounts& other);
  bool operator==(const TrialCounts&) const = default;
};

// The state of a sweep (of at least one trial) follows from its trials and from whether a person
// asked for its end. It is paused where all that is not final is paused.
SweepState DeriveSweepState(const TrialCounts& counts, bool cancel_requested);

}  // namespace adares
