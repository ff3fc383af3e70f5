// What a worker states in a Sync, and what the coordinator wants of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint.h"
#include "core/records.h"

namespace adares {

enum class HeldPhase { kRunning, kStopping, kReporting };

struct HeldAttempt {
  AttemptId id;
  HeldPhase phase = HeldPhase::kRunning;
};

struct SyncInput {
  std::string worker;
  std::string instance;
  std::vector<HeldAttempt> held;
  bool draining = false;
  bool leaving = false;  // its last one: it holds nothing
  int stuck_slots = 0;   // of no use now: nothing can be started there
  int64_t sequence = 0;  // larger in each one of the instance; 0 where it is not said
};

enum class StopReason {
  kLeaseLost,     // kill the trainer, forget the attempt
  kCancelled,     // on request: report what there is, end as cancelled
  kPaused,        // on request: end as preempted
  kStoppedEarly,  // by a rule: end as cancelled
  kTimeout,       // it ran longer than its sweep allows: end as timeout
};

struct StopOrder {
  AttemptId id;
  StopReason reason = StopReason::kCancelled;
};

struct Assignment {
  AttemptId id;
  std::string spec_json;
  std::optional<Checkpoint> checkpoint = std::nullopt;  // to go on from
};

struct SyncOutput {
  std::vector<Assignment> start;
  std::vector<StopOrder> stop;
  bool drain = false;       // give all back and leave
  bool takes_more = false;  // whether it would get a trial that came to the queue
  bool empty() const { return start.empty() && stop.empty() && !drain; }
};

}  // namespace adares
