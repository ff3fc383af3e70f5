// Watches a sweep to its end and shows its progress meanwhile.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/connection.h"
#include "client/progress_display.h"
#include "client/signals.h"
#include "client/sweep_snapshot.h"

namespace adares::client {

struct FollowParts {
  Connection& connection;
  Signals& signals;
  ProgressDisplay& display;
  // Whether the only worker is this program's own, which has not registered at first.
  bool brings_worker = false;
  // Whether it is said first how the sweep stands, where the display does not show it.
  bool tells_beginning = false;
  // Asked when a child process may have ended; an error ends the watch.
  std::function<absl::Status()> check = [] { return absl::OkStatus(); };
  // Asked with each state of the sweep; an error ends the watch.
  std::function<absl::Status(const v1::Sweep&)> look = [](const v1::Sweep&) {
    return absl::OkStatus();
  };
};

// Blocks until the sweep (a resource name) is final and returns what was seen last. CANCELLED where
// an interrupt came first; other errors are those of the watch, of
// `check` and of `look`.
absl::StatusOr<SweepSnapshot> FollowSweep(const FollowParts& parts, const std::string& sweep);

}  // namespace adares::client
