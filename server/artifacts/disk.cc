#include "server/artifacts/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {

absl::Status StorageFull(std::string_view message) {
  return MakeError(absl::StatusCode::kResourceExhausted, reason::kStorageFull,
                   absl::StrCat(std::string(message), "; make room on the disk"));
}

absl::Status DiskError(int error_number, std::string_view what, std::string_view path) {
  const std::string message = absl::StrCat("cannot ", std::string(what), " ", std::string(path),
                                           ": ", std::strerror(error_number));
  // EFBIG: a limit on files, by the user's rights or the file system.
  if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG) {
    return StorageFull(message);
  }
  return MakeError(absl::StatusCode::kInternal, reason::kStorageFailed, message);
}

absl::StatusOr<std::string> ReadAt(int fd, int64_t offset, size_t limit, std::string_view path) {
  std::string bytes(limit, '\0');
  size_t got = 0;
  while (got < limit) {
    const ssize_t n =
        pread(fd, bytes.data() + got, limit - got, offset + static_cast<int64_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return DiskError(errno, "read", path);
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

absl::Status WriteAt(int fd, int64_t offset, std::string_view bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return DiskError(errno, "write", path);
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += n;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  // ++ would throw.
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return DiskError(error.value(), "list", path);
  return names;
}

absl::Status FlushFolder(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return DiskError(errno, "open", path);
  const int flushed = fsync(fd);
  const int error_number = errno;
  close(fd);
  return flushed == 0 ? absl::OkStatus() : DiskError(error_number, "flush", path);
}

}  // namespace adares
