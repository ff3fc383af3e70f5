// What a database holds at one moment, as far as the rules of a torture test speak of it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/trial_state.h"

namespace adares::torture {

struct SweepRow {
  bool has_stop_rule = false;
  int64_t max_parallel = 0;  // 0: any number
  int64_t held_trials = 0;   // that run or stop
};

struct TrialRow {
  TrialStage stage;
  int64_t attempts = 0;
  int64_t scratch_after = 0;
  std::string last_end;  // the reason of the newest attempt's end
  // Of the attempts that count against the trial, those that ended as the newest did.
  int64_t alike_ends = 0;
  // By how many steps the newest attempt began later than the fifth newest of those that were lost.
  int64_t gained_steps = 0;
};

struct AttemptRow {
  std::string end;   // when and why; empty while it is alive
  int64_t rows = 0;  // points, skip weights and flags
  int64_t log_lines = 0;
  std::set<int64_t> checkpoints;  // their steps
};

struct WorkerRow {
  bool is_cordoned = false;
  std::string cordon_reason;
};

// Sweeps and workers by their names, trials as SWEEP/ID, attempts as SWEEP/ID#NUMBER.
struct Snapshot {
  std::map<std::string, SweepRow> sweeps;
  std::map<std::string, TrialRow> trials;
  std::map<std::string, AttemptRow> attempts;
  std::map<std::string, WorkerRow> workers;
};

// In one transaction. Throws SQLite::Exception.
Snapshot TakeSnapshot(const std::string& database);

}  // namespace adares::torture
