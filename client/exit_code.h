// Exit codes of `adares`; docs/cli.md is the reference.
#pragma once

namespace adares::client {

enum class ExitCode : int {
  kOk = 0,
  kUnexpected = 1,     // a defect, or something on this machine is broken
  kUsage = 2,          // wrong arguments or an invalid sweep file
  kNotFound = 3,       // no such sweep, trial, metric or file
  kDenied = 4,         // not allowed
  kConflict = 5,       // the present state does not permit it
  kUnreachable = 6,    // no coordinator, no answer in time, or it has no room
  kTrialsFailed = 7,   // the sweep ended, but not every trial succeeded
  kDifferent = 8,      // a repetition came out otherwise, or cannot be compared here
  kUnsound = 9,        // a check found something that is not as it should be
  kInterrupted = 130,  // Ctrl-C
};

}  // namespace adares::client
