// Puts a copy in the place of a state folder's database, and keeps what was there. Thread-safe: no
// state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/timestamp.h"
#include "server/state_folder.h"

namespace adares {

// Makes `folder.copy()` the database of the folder, whose lock the caller holds. What was there is
// kept beside it as `adares.db.replaced-TIME`; returns that path, or "" where there was nothing. At
// each moment, whatever becomes of process or machine, the folder holds the whole old database
// under its name or the whole new one. Only where the old one is so damaged that its write-ahead
// log cannot be put into it, the log is kept beside it as `...-wal`, and there is a moment in which
// the old database is there without it.
//
// INTERNAL where the disk, or the kind of volume, does not take it: then the old database is still
// in its place.
absl::StatusOr<std::string> ReplaceDatabase(const StateFolder& folder, Timestamp now);

}  // namespace adares
