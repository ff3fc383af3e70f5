// Whole-file reads.
#include "worker/trainer/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// How many bytes came: fewer where the file ends early or an error stops it.
size_t ReadUpTo(int fd, std::vector<uint8_t>& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(fd, bytes.data() + done, bytes.size() - done);
    if (count > 0) {
      done += static_cast<size_t>(count);
    } else if (count == 0 || errno != EINTR) {
      break;
    }
  }
  return done;
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> ReadFileBytes(const std::string& path,
                                                   const std::string& how_to_get_it, size_t most) {
  // Not to wait for the other end of what turns out to be a pipe.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) {
    return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno), "; ", how_to_get_it));
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::DataLossError(absl::StrCat(path, ": is not a regular file; ", how_to_get_it));
  }
  const size_t size = static_cast<size_t>(status.st_size);
  if (size > most) {
    return absl::DataLossError(
        absl::StrCat(path, ": has ", size, " bytes, expected at most ", most, "; ", how_to_get_it));
  }
  std::vector<uint8_t> bytes;
  try {
    bytes.resize(size);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, ": has ", size, " bytes, for which there is no memory"));
  }
  const size_t done = ReadUpTo(file.get(), bytes);
  if (done < size) {
    return absl::DataLossError(absl::StrCat(path, ": reading stopped after ", done, " of ", size,
                                            " bytes; check the disk or fetch it again"));
  }
  return bytes;
}

}  // namespace adares
