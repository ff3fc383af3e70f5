// How people name sweeps and trials on the command line. Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace adares::client {

// `x` or `sweeps/x` as the resource name `sweeps/x`.
absl::StatusOr<std::string> SweepArgument(std::string_view text);

// `sweeps/x/trials/abc`, `x/abc` or the bare id `abc` (any sweep) as the resource name.
absl::StatusOr<std::string> TrialArgument(std::string_view text);

// `w` or `workers/w` as the resource name `workers/w`.
absl::StatusOr<std::string> WorkerArgument(std::string_view text);

// What to show, and what the commands above read: `x` for `sweeps/x`, `x/abc` for
// `sweeps/x/trials/abc`, `w` for `workers/w`. Other texts stay as they are.
std::string ShortName(std::string_view resource);

}  // namespace adares::client
