// Rows of the table worker as records, for Store and Reader. Private to server/store.
//
// Not thread-safe: uses the connection. Throws SQLite::Exception.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/records.h"
#include "server/store/sqlite.h"

namespace adares {

// The word in the column `state`.
std::string_view WorkerStateName(WorkerState state);

// Workers by name, those after the name `after`; at most `limit`, all for -1. The busy slots are
// counted from the attempts that live. DATA_LOSS for a state that is unknown.
absl::StatusOr<std::vector<WorkerRecord>> ReadWorkers(Connection& connection,
                                                      const std::string& after, int64_t limit);

// The same for all that are neither lost nor have left.
absl::StatusOr<std::vector<WorkerRecord>> ReadLiveWorkers(Connection& connection);

}  // namespace adares
