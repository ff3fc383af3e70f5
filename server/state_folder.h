// The server's state folder: adares.db and the lock that keeps a second server out.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace adares {

class StateFolder {
 public:
  // Makes the folder if it is missing and locks it until destruction. FAILED_PRECONDITION if
  // another process holds it; PERMISSION_DENIED or INVALID_ARGUMENT if it cannot be used.
  static absl::StatusOr<std::unique_ptr<StateFolder>> Open(const std::string& path);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  std::string database() const { return path_ + "/adares.db"; }
  std::string artifacts() const { return path_ + "/artifacts"; }  // a folder, made by its user

 private:
  StateFolder(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  const std::string path_;
  const int lock_fd_;
};

}  // namespace adares
