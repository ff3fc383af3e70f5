#include "server/store/lock_holder.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

// Where SQLite's locks lie in a file, and how many bytes they take
// (https://www.sqlite.org/src/file/src/os.h): those of all kinds.
constexpr off_t kFirstLock = 0x4000'0000;
constexpr off_t kLockBytes = 512;

}  // namespace

std::string LockHolder(const std::string& path) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kFirstLock;
  lock.l_len = kLockBytes;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_known = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK &&
                        lock.l_pid > 0;  // it has no number here where it runs in another container
  if (fd >= 0) close(fd);
  if (!is_known) return "another program";
  std::string name;
  std::getline(std::ifstream(absl::StrCat("/proc/", lock.l_pid, "/comm")), name);
  return absl::StrCat(name.empty() ? "a program" : name, " (process ", lock.l_pid, ")");
}

}  // namespace adares
