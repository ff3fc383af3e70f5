// Copies a database file as it is at one moment, while others write to it. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace adares {

// What a copy tells and asks while it goes on, on the thread that copies. Both may be empty.
struct CopyObserver {
  std::function<void(int64_t done_bytes, int64_t total_bytes)> progress;
  std::function<bool()> stop;  // whether to end early
};

// Makes `to`, which must not exist, a copy of the database `from`: one file without a log beside
// it, on the disk when this returns OK. `from` is only read, what its write-ahead log holds
// included, and its writers do not wait; the log cannot begin anew until the copy is done.
//
// CANCELLED where `stop` says so; RESOURCE_EXHAUSTED DATABASE_FULL; DATA_LOSS DATABASE_CORRUPT;
// ALREADY_EXISTS DATABASE_EXISTS; INTERNAL for anything else of the disks. Where it fails `to` may
// be there in part: RemoveDatabase takes it away.
absl::Status CopyDatabase(const std::string& from, const std::string& to,
                          const CopyObserver& observer = {});

// Puts what the write-ahead log of a database holds into its file, and takes the log away, as the
// last connection does that closes it. Nothing else may have it open: UNAVAILABLE DATABASE_BUSY
// where something has. DATA_LOSS DATABASE_CORRUPT where it cannot be read. After an error both are
// as they were.
absl::Status CloseInOrder(const std::string& path);

// Removes a database file and whatever SQLite may have put beside it. What is not there is no
// error; INTERNAL where something stays.
absl::Status RemoveDatabase(const std::string& path);

// Waits until the file's bytes, or the folder's names, are on the disk.
absl::Status SyncToDisk(const std::string& path);

// The bytes of a database with what is in its log: a copy is not larger. 0 where it is not there.
int64_t SizeOfDatabase(const std::string& path);

// RESOURCE_EXHAUSTED DATABASE_FULL where the volume of `folder` has no room for a file of `bytes`
// and a reserve, so that what is written there all the time does not fail meanwhile. `what` is what
// needs the room: "a backup".
absl::Status CheckRoom(const std::string& folder, int64_t bytes, const std::string& what);

}  // namespace adares
