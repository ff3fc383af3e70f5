// By flock, which belongs to the open file and so to this object alone.
#include "worker/trainer/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace adares {

FileLock::FileLock(const std::string& path, Mode mode)
    : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (fd_ < 0) return;
  int result = 0;
  do {
    result = flock(fd_, mode == Mode::kTry ? LOCK_EX | LOCK_NB : LOCK_EX);
  } while (result != 0 && errno == EINTR);
  is_held_ = result == 0;
  is_taken_ = result != 0 && errno == EWOULDBLOCK;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace adares
