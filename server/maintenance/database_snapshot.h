// A copy of the database as it was at one moment, verified, to be read from beginning to end. It
// lies in the state folder without a name: whatever becomes of the process, nothing of it is left.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/timestamp.h"
#include "server/state_folder.h"

namespace adares {

class DatabaseSnapshot {
 public:
  // Called on the thread that takes it. Both may be empty.
  struct Observer {
    std::function<void(int64_t done_bytes, int64_t total_bytes)> copying;
    std::function<void(int64_t total_bytes)> verifying;
    std::function<bool()> stop;  // whether to end early
  };

  // Copies the folder's database, while it is in use, and makes sure that the copy is sound and of
  // the schema that its migrations make. One at a time for a folder. `now` is the moment that it is
  // said to show.
  //
  // RESOURCE_EXHAUSTED DATABASE_FULL; DATA_LOSS DATABASE_CORRUPT; FAILED_PRECONDITION
  // SCHEMA_MISMATCH; CANCELLED where `stop` says so; INTERNAL for anything else of the disk.
  static absl::StatusOr<std::unique_ptr<DatabaseSnapshot>> Take(const StateFolder& folder,
                                                                Timestamp now,
                                                                const Observer& observer);
  ~DatabaseSnapshot();
  DatabaseSnapshot(const DatabaseSnapshot&) = delete;
  DatabaseSnapshot& operator=(const DatabaseSnapshot&) = delete;

  int64_t bytes() const { return bytes_; }
  int64_t schema_version() const { return schema_version_; }
  Timestamp taken_at() const { return taken_at_; }

  // The next bytes, at most so many; empty at the end. INTERNAL where the disk does not give them.
  absl::StatusOr<std::string> Read(size_t at_most);

 private:
  DatabaseSnapshot(int fd, int64_t bytes, int64_t schema_version, Timestamp taken_at)
      : fd_(fd), bytes_(bytes), schema_version_(schema_version), taken_at_(taken_at) {}

  const int fd_;
  const int64_t bytes_;
  const int64_t schema_version_;
  const Timestamp taken_at_;
  int64_t read_ = 0;
};

}  // namespace adares
