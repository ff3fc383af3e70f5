// Whether the data that a sweep trains on are there, asked before anything starts: a trial that
// fails for want of its data is final.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/sweep_spec.h"

namespace adares::client {

// INVALID_ARGUMENT naming the files that are missing. `data` is the folder of data sets, or empty.
// Looks for the files only; the trainer checks what is in them. Thread-safe.
absl::Status CheckData(const SweepPlan& plan, const std::string& data);

}  // namespace adares::client
