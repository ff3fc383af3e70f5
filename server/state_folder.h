// The server's state folder: adares.db, a copy of it while one is made, and the lock that keeps a
// second server out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/timestamp.h"

namespace adares {

class StateFolder {
 public:
  // Makes the folder if it is missing and locks it until destruction. A replacement of the database
  // that a process began and did not end is taken back. FAILED_PRECONDITION STATE_FOLDER_IN_USE if
  // another process holds it; PERMISSION_DENIED or INVALID_ARGUMENT if it cannot be used; INTERNAL
  // where a replacement cannot be taken back.
  static absl::StatusOr<std::unique_ptr<StateFolder>> Open(const std::string& path);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/adares.db"; }
  // What a copy of the database is called until it is done. One that is there when nothing is being
  // copied was left by a process that was killed, and means nothing.
  std::string copy() const { return path_ + "/adares.db.copy"; }
  std::string artifacts() const { return path_ + "/artifacts"; }  // a folder, made by its user

  // What a database that another took the place of is called: this and the time. It is kept.
  std::string replaced() const { return database() + ".replaced-"; }
  // Gives the database that such a name stands for its log again, and takes the name away, where
  // the database still has its first name, too: then nothing took its place. While it has not its
  // log, nobody may open it.
  absl::Status TakeBackReplacement() const;
  static std::string TimeName(Timestamp time);  // "20260102T030405Z"
  // When the newest that is still there was replaced.
  std::optional<Timestamp> LastReplaced() const;

 private:
  StateFolder(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  // Names of databases that were replaced, without those of their logs.
  std::vector<std::string> Replaced() const;
  absl::Status TakeBack(const std::string& kept) const;

  const std::string path_;
  const int lock_fd_;
};

}  // namespace adares
