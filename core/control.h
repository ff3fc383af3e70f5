// What people ask of trials, and what comes of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/trial_state.h"

namespace adares {

// The last is a retry that goes on from no checkpoint.
enum class ControlAction { kPause, kResume, kCancel, kRetry, kRetryFromScratch };

// Which trials of a sweep are meant: those that match all that is not empty.
struct TrialFilter {
  std::vector<std::string> ids = {};
  std::vector<TrialState> states = {};
  std::vector<int64_t> seeds = {};
  std::map<std::string, std::string> axes = {};  // axis -> value
  bool empty() const { return ids.empty() && states.empty() && seeds.empty() && axes.empty(); }
};

// A trial that does not do what was asked, as its state does not allow it.
struct ControlRefusal {
  std::string trial;
  absl::Status why;
};

struct ControlOutcome {
  std::vector<std::string> changed;  // ids of trials
  int64_t unchanged = 0;             // they were so already
  std::vector<ControlRefusal> refused;
};

}  // namespace adares
