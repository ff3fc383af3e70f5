// The disk below the database: whether it is one, and how long it takes to make a write durable.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "bench/fleet/measurements.h"

namespace adares::bench {

// "ext4", "xfs", or the number of a kind that has no name here.
absl::StatusOr<std::string> FileSystemOf(const std::filesystem::path& folder);

// FAILED_PRECONDITION where the folder lies in memory: a commit would cost nothing there.
absl::Status CheckIsOnDisk(const std::filesystem::path& folder);

// Appends 4 KiB to a file of its own and calls fdatasync, as SQLite does, `count` times; each pair
// is a sample.
absl::StatusOr<Samples> TimeSync(const std::filesystem::path& folder, int count);

// A new folder below another one. Removed with all that is in it, unless it is to be kept.
class ScratchFolder {
 public:
  static absl::StatusOr<ScratchFolder> Make(const std::filesystem::path& parent,
                                            const std::string& name);
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&& other) = delete;
  ~ScratchFolder();

  void Keep() { kept_ = true; }
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace adares::bench
