// Columns of the table trial as values, for Store and Reader. Private to server/store.
//
// Not thread-safe: uses the connection. Throws SQLite::Exception.
#pragma once

#include "absl/status/statusor.h"
#include "core/trial_state.h"
#include "server/store/sqlite.h"

namespace adares {

// From two columns: state and stop_aim. DATA_LOSS for words that are unknown.
absl::StatusOr<TrialStage> ReadStage(const Query& query, int first_column);

}  // namespace adares
