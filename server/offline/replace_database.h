// Puts a copy in the place of a state folder's database, and keeps what was there. Thread-safe: no
// state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/timestamp.h"
#include "server/state_folder.h"

namespace adares {

// Makes `folder.copy()` the database of the folder, whose lock the caller holds. What was there is
// kept beside it as `adares.db.replaced-TIME`; returns that path, or "" where there was nothing.
// Where it is so damaged that its write-ahead log cannot be put into it, the log is kept as
// `...-wal`. Whatever becomes of process or machine, who opens the folder next finds the whole old
// database, with its log, under its name or the whole new one.
//
// UNAVAILABLE DATABASE_BUSY where another program has the old one open, so that its log cannot be
// put into it; INTERNAL where the disk, or the kind of volume, does not take it. Then the old
// database is still in its place, as it was.
absl::StatusOr<std::string> ReplaceDatabase(const StateFolder& folder, Timestamp now);

}  // namespace adares
