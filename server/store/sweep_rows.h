// Columns of the table sweep as values, for Store and Reader. Private to server/store.
//
// Not thread-safe: uses the connection. Throws SQLite::Exception.
#pragma once

#include "absl/status/statusor.h"
#include "core/schedule.h"
#include "server/store/sqlite.h"

namespace adares {

// From seven columns: priority, max_parallel, trial_order, timeout, retries, resources, stop_rule.
// DATA_LOSS for what this program does not write.
absl::StatusOr<Schedule> ReadSchedule(const Query& query, int first_column);

}  // namespace adares
