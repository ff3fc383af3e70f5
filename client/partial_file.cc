// The lock is flock's: it ends with the process, however that ends.
#include "client/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "client/data_errors.h"
#include "client/problem.h"
#include "core/status.h"

namespace adares::client {

namespace {

// Whether the open file is still the one of that name. Whoever had its lock until now may have
// renamed or removed it.
bool IsAt(int fd, const std::string& path) {
  struct stat opened = {};
  struct stat named = {};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

absl::Status FolderError(std::string_view what, const std::string& path) {
  return MakeError(absl::StatusCode::kInternal, reason::kFolderBroken,
                   absl::StrCat("cannot ", std::string(what), " ", path, ": ",
                                std::generic_category().message(errno)));
}

absl::StatusOr<std::unique_ptr<PartialFile>> PartialFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return FolderError("write", path);
  std::unique_ptr<PartialFile> file(new PartialFile(path, fd));
  // Some file systems have no locks; there two at once only spoil each other's bytes, which the
  // checksum tells.
  const bool is_taken = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (is_taken || !IsAt(fd, path)) {
    return WithHint(MakeError(absl::StatusCode::kAborted, reason::kDataBusy,
                              absl::StrCat("another process is downloading into ", path)),
                    "wait for it, or stop it");
  }
  struct stat status = {};
  if (fstat(fd, &status) != 0) return FolderError("read", path);
  file->size_ = status.st_size;
  return file;
}

PartialFile::~PartialFile() { close(fd_); }

absl::Status PartialFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), size_);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FolderError("write", path_);
    size_ += written;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status PartialFile::Clear() {
  if (ftruncate(fd_, 0) != 0) return FolderError("write", path_);
  size_ = 0;
  return absl::OkStatus();
}

absl::Status PartialFile::Sync() {
  return fsync(fd_) == 0 ? absl::OkStatus() : FolderError("write", path_);
}

}  // namespace adares::client
