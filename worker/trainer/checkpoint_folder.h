// Where the checkpoints of one trial lie: a folder with a folder for each, named by its step. No
// LibTorch. Not thread-safe, and for one process at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace adares {

struct StoredCheckpoint {
  int64_t step = 0;  // steps done
  std::string path;
};

class CheckpointFolder {
 public:
  // How many are kept: the newest, and one to fall back to.
  static constexpr size_t kKept = 2;

  explicit CheckpointFolder(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }

  // Makes the folder where there is none.
  absl::Status Create() const;

  // Removes what killed processes left half done, as far as it can.
  void RemoveLeftovers() const;

  // Newest first. What is not a checkpoint by its name is not there.
  absl::StatusOr<std::vector<StoredCheckpoint>> List() const;

  // Takes one that cannot be read out of the list, under another name, so that it is not counted
  // among those that are kept.
  absl::Status SetAside(const StoredCheckpoint& checkpoint) const;

  // Lets `write` fill a new folder, and then gives it its name: it is there whole, and on the disk,
  // or not at all. Replaces one of the same step. Older ones beyond kKept are removed. Errors of
  // `write` and of the disk, which leave all that was there.
  absl::Status Add(int64_t step,
                   const std::function<absl::Status(const std::string&)>& write) const;

 private:
  std::string path_;
};

}  // namespace adares
