// How long a sweep will still take. Thread-safe: pure functions.
#pragma once

#include <optional>

#include "client/sweep_snapshot.h"
#include "core/timestamp.h"

namespace adares::client {

// From the speed of running trials and the durations of finished ones; trials of the same variant
// count before others. Assumes that as many run at a time as do now. Nothing where too little is
// known, or where nothing runs.
std::optional<Duration> EstimateTimeLeft(const SweepSnapshot& snapshot, Timestamp now);

}  // namespace adares::client
