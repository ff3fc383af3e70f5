// Who keeps others from a database. Thread-safe: no state.
#pragma once

#include <string>

namespace adares {

// A process that has a lock on the database file, in words: "sqlite3 (process 4711)"; "another
// program" where none is found. This process must have no connection to the file: it would lose its
// own locks.
std::string LockHolder(const std::string& path);

}  // namespace adares
