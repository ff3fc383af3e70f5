// What the store takes and gives, as plain values. No behaviour here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/records.h"
#include "core/sweep_spec.h"
#include "server/store/trial_group.h"

namespace adares {

// An attempt whose lease is alive: what a worker's write is fenced by.
struct LiveAttempt {
  int64_t sweep_row = 0;
  int64_t trial_row = 0;
  int64_t attempt_row = 0;
  AttemptId id;
  std::string worker;
  std::string instance;
  TrialStage stage{TrialState::kRunning};  // running or stopping
  int64_t acknowledged_sequence = 0;
  Timestamp started_at;
  int64_t resumed_step = 0;  // of the checkpoint that it said it went on from; 0: none
};

// A trial handed to a worker.
struct Claim {
  LiveAttempt attempt;
  std::string spec_json;
  std::optional<Checkpoint> checkpoint = std::nullopt;  // to go on from
  Timestamp queued_at;                                  // when the trial began to wait
};

// What became of a batch of points, or of lines of a log.
struct WriteCounts {
  int64_t written = 0;
  int64_t repeated = 0;     // known already with the same value
  int64_t conflicting = 0;  // known already with another value: kept out
  // Of metrics or sites beyond those that a trial may have, lines beyond those of an attempt: kept
  // out.
  int64_t excessive = 0;
};

// A trial as a decision needs it.
struct TrialRow {
  int64_t row = 0;
  std::string id;
  TrialGroup group;
  TrialStage stage;
  bool delayed = false;         // queued, but not to be handed out yet
  std::string worker;           // of the attempt that holds it, or empty
  std::string message;          // why it is as it is
  bool trained_to_end = false;  // its sweep's stop rule leaves it alone
};

// What becomes of a trial.
struct TrialUpdate {
  TrialStage stage;
  std::string message = {};                            // why, where it failed or stops early
  std::optional<Timestamp> not_before = std::nullopt;  // where it is queued: no attempt before
  // The worker that does not get it until then, unless there is none.
  std::string avoided_worker = {};
  Timestamp avoid_until = {};
  bool forgive = false;       // budgets count from here on
  bool train_to_end = false;  // the sweep's stop rule leaves it alone from here on
};

// A sweep as scheduling knows it.
struct SweepHead {
  int64_t row = 0;
  std::string name;
  std::string digest;
  Schedule schedule;
};

// How one attempt of a trial ended.
struct AttemptEnding {
  int32_t number = 0;
  std::string worker;
  EndReason reason = EndReason::kError;
  std::string message;
  // The step of the checkpoint that it went on from; nullopt where it never began.
  std::optional<int64_t> began_from = std::nullopt;
};

// Which checkpoints of a trial are kept, of those that an attempt can go on from: the newest, and
// always the final one and the best by the sweep's objective.
struct CheckpointPolicy {
  int newest = 0;
};

// Whether a blob is there whole. Must not wait for a disk.
using HasBlob = std::function<bool(const CheckpointFile& file)>;

// An answer that was given.
struct RequestRecord {
  std::string method;
  std::string digest;
  std::string response;
};

struct StoreOptions {
  // How long a statement waits for a lock that another process has on the file.
  std::chrono::milliseconds busy_timeout{5'000};
};

}  // namespace adares
