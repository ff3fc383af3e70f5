// The folder DIR/.fetch/DATASET, in which a data set is brought together before its files get their
// names, and what is done there with files. Errors are FOLDER_BROKEN with the path, where nothing
// else is said. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/partial_file.h"

namespace adares::client {

class FetchFolder {
 public:
  FetchFolder(std::filesystem::path data, std::string dataset);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  absl::Status Make() const;

  // For from the first look to the last rename: two that unpack at once would put half of what the
  // other writes in place. DATA_BUSY while another process holds it.
  absl::StatusOr<std::unique_ptr<PartialFile>> Lock() const;

  // Removes all of it. What is left over is only not needed.
  void CleanUp() const;

 private:
  std::filesystem::path LockPath() const { return path_ / "lock"; }

  std::filesystem::path data_;
  std::string dataset_;
  std::filesystem::path path_;
};

absl::Status MakeFolders(const std::filesystem::path& path);
absl::Status Rename(const std::filesystem::path& from, const std::filesystem::path& to);

// So that a new name outlives a loss of power.
absl::Status SyncFolder(const std::filesystem::path& path);

int64_t SizeOrZero(const std::filesystem::path& path);

}  // namespace adares::client
