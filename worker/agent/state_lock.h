// Keeps a second agent out of a state folder.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"

namespace adares::worker {

// Holds the folder from Acquire until it is destroyed or the process ends, however it ends.
class StateLock {
 public:
  // Creates the folder where it is missing. FAILED_PRECONDITION where another agent holds it, other
  // codes with path and cause where the folder cannot be used.
  static absl::StatusOr<StateLock> Acquire(const std::filesystem::path& folder);

  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&& other) noexcept;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace adares::worker
