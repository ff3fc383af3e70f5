// Errors of this machine's own disk, told apart from what the coordinator answers: its disk fails
// with the same codes. Thread-safe: pure functions.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace adares::worker {

// INTERNAL.
absl::Status DiskError(std::string_view message);

bool IsDiskError(const absl::Status& status);

}  // namespace adares::worker
