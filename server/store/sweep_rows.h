// Columns of the table sweep as values, for Store and Reader. Private to server/store.
//
// Not thread-safe: uses the connection. Throws SQLite::Exception.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/requirement.h"
#include "core/schedule.h"
#include "server/store/sqlite.h"

namespace adares {

// What this program does not write is a value that says so: one sweep that cannot be read must not
// keep the others from running.

// From seven columns: priority, max_parallel, trial_order, timeout, retries, resources, stop_rule.
Schedule ReadSchedule(const Query& query, int first_column);

// Of the table requirement.
Requirement StoredRequirement(const std::string& text);

// NOT_FOUND SWEEP_NOT_FOUND, with the name that was probably meant.
absl::Status NoSuchSweep(Connection& connection, const std::string& sweep);

}  // namespace adares
