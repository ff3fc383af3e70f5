// What looking after a database tells, as plain values. No behaviour here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/timestamp.h"

namespace adares {

// One thing that is not as it should be.
struct CheckFinding {
  std::string subject;  // "sweep-a", "sweep-a/0123456789ab", "worker w1"; empty for the whole file
  std::string problem;
};

// How many findings of one check are kept; the others are counted.
inline constexpr int kMaxFindings = 100;

// What one check of a database came to.
struct CheckResult {
  enum class Outcome { kPassed, kFailed, kSkipped };
  std::string check;  // "integrity"
  Outcome outcome = Outcome::kPassed;
  int64_t finding_count = 0;
  std::vector<CheckFinding> findings;  // the first kMaxFindings of them
  std::string note;                    // what else there is to say, such as why it was skipped
};

// Rows that retention has deleted or would delete.
struct PruneCounts {
  int64_t log_lines = 0;
  int64_t log_bytes = 0;  // of their text
  int64_t points = 0;     // superseded metric points
  int64_t skip_weights = 0;
  int64_t flags = 0;
  int64_t checkpoints = 0;  // of trials that are over, but the one that stays

  int64_t rows() const { return log_lines + points + skip_weights + flags + checkpoints; }
};

}  // namespace adares
