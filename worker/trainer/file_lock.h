// A lock that processes of one machine share. Not thread-safe.
#pragma once

#include <string>

namespace adares {

// Holds the lock on `path` while it lives; the file is made and stays. The kernel gives the lock
// back where its holder dies.
class FileLock {
 public:
  // On a file system without locks, or where the file cannot be opened, nothing is held.
  // Where another holds it, blocks, or with kTry is_taken().
  enum class Mode { kWait, kTry };
  explicit FileLock(const std::string& path, Mode mode = Mode::kWait);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  bool is_held() const { return is_held_; }
  bool is_taken() const { return is_taken_; }

 private:
  int fd_ = -1;
  bool is_held_ = false;
  bool is_taken_ = false;
};

}  // namespace adares
