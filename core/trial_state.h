// The life of sweeps, trials and attempts. One table of transitions; the schema's CHECKs and
// docs/states.md mirror it. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace adares {

enum class SweepState { kRunning, kCancelling, kSucceeded, kFailed, kCancelled };

enum class TrialState {
  kQueued,     // waits for a slot
  kRunning,    // an attempt holds the lease
  kStopping,   // cancelled; its attempt was told to stop and has not ended yet
  kSucceeded,  // final
  kFailed,     // final
  kCancelled,  // final
};

// Why an attempt ended. Whether its trial is queued again follows from it (AfterAttempt).
enum class EndReason {
  kFinished,     // trained to the end
  kError,        // the trainer failed or died
  kDiverged,     // the loss became NaN or infinite
  kOutOfMemory,  // host or device memory ran out
  kWorkerLost,   // the lease expired, or the worker came back as another instance
  kPreempted,    // the worker gave the trial back (drain, shutdown)
  kCancelled,    // stopped on request
};

enum class TrialEvent {
  kClaim,    // a worker got the lease
  kFinish,   // attempt ended: finished
  kFail,     // attempt ended: with a reason that is not tried again, or tries are used up
  kRequeue,  // attempt ended: with a reason that is tried again
  kCancel,   // a person asked for the end
  kStopped,  // the attempt of a stopping trial ended, however
};

// The lower-case, hyphenated word used in SQL, JSON and the CLI: "queued", "worker-lost".
std::string_view Name(SweepState state);
std::string_view Name(TrialState state);
std::string_view Name(EndReason reason);
std::string_view Name(TrialEvent event);
std::optional<SweepState> ParseSweepState(std::string_view name);
std::optional<TrialState> ParseTrialState(std::string_view name);
std::optional<EndReason> ParseEndReason(std::string_view name);
std::optional<TrialEvent> ParseTrialEvent(std::string_view name);

bool IsFinal(SweepState state);
bool IsFinal(TrialState state);

// The state after `event`; FAILED_PRECONDITION (STATE_CONFLICT) where the table has no such edge.
absl::StatusOr<TrialState> Transition(TrialState from, TrialEvent event);

// Attempts of one trial that may be lost with their workers before the trial counts as failed: a
// trial that takes its machine down must not do so for ever.
inline constexpr int kMaxLostAttempts = 5;

// The event that an attempt's end is for its trial (kRunning or kStopping). `lost_attempts` is how
// many attempts of the trial ended with kWorkerLost, this one included; the trial fails with the
// kMaxLostAttempts-th. A stopping trial whose attempt finished all the same has succeeded: the
// result is whole.
TrialEvent AfterAttempt(TrialState trial, EndReason reason, int lost_attempts);

// How many of a sweep's trials are in each state.
struct TrialCounts {
  int32_t queued = 0;
  int32_t running = 0;
  int32_t stopping = 0;
  int32_t succeeded = 0;
  int32_t failed = 0;
  int32_t cancelled = 0;
  bool operator==(const TrialCounts&) const = default;
};

// The state of a sweep (of at least one trial) follows from its trials and from whether a person
// asked for its end.
SweepState DeriveSweepState(const TrialCounts& counts, bool cancel_requested);

}  // namespace adares
