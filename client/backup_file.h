// A backup as it arrives: under another name until it is whole, verified and on the disk. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/partial_file.h"
#include "core/sha256.h"

namespace adares::client {

class BackupFile {
 public:
  // Begins `PATH.partial`. INVALID_ARGUMENT where its folder is not there, ALREADY_EXISTS
  // DATABASE_EXISTS where `path` is, FOLDER_BROKEN where nothing can be written there, DATA_BUSY
  // while another process does the same.
  static absl::StatusOr<std::unique_ptr<BackupFile>> Begin(const std::string& path);
  // Removes what was not finished.
  ~BackupFile();
  BackupFile(const BackupFile&) = delete;
  BackupFile& operator=(const BackupFile&) = delete;

  absl::Status Append(std::string_view bytes);
  int64_t size() const { return partial_->size(); }

  // Gives it its name, which only a whole file ever has, also after a loss of power. DATA_LOSS
  // where it has not so many bytes of this SHA-256 (hex); ALREADY_EXISTS where the name was taken
  // meanwhile.
  absl::Status Finish(int64_t bytes, const std::string& sha256);

 private:
  BackupFile(std::string path, std::unique_ptr<PartialFile> partial)
      : path_(std::move(path)), partial_(std::move(partial)) {}

  std::string PartialPath() const { return path_ + ".partial"; }

  const std::string path_;
  const std::unique_ptr<PartialFile> partial_;
  Sha256 hash_;
  bool finished_ = false;
};

}  // namespace adares::client
