// A file that grows while it is downloaded. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace adares::client {

class PartialFile {
 public:
  // Opens or makes it, and keeps every other process from doing the same: DATA_BUSY for those.
  static absl::StatusOr<std::unique_ptr<PartialFile>> Open(const std::string& path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  int64_t size() const { return size_; }

  // FOLDER_BROKEN where the disk does not take it.
  absl::Status Append(std::string_view bytes);
  absl::Status Clear();
  // Until it is on the disk.
  absl::Status Sync();

 private:
  PartialFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  const std::string path_;
  const int fd_;
  int64_t size_ = 0;
};

// FOLDER_BROKEN: "cannot `what` `path`: `the system's word for errno`".
absl::Status FolderError(std::string_view what, const std::string& path);

}  // namespace adares::client
