// A file of another name, flushed and then renamed: rename replaces a file in one step, and the
// folder is flushed because the new name is in it.
#include "worker/trainer/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {
namespace {

// Of one process at a time, and of processes that were killed and had the same id.
constexpr int kMaxPartialFiles = 100;

absl::Status Failed(int error, const std::string& what) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", what));
}

// A new file beside the one that it becomes. Deleted with its owner unless it was renamed.
class PartialFile {
 public:
  explicit PartialFile(const std::string& path) : path_(path) {}
  ~PartialFile() {
    if (fd_ >= 0) close(fd_);
    if (exists_) unlink(partial_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  absl::Status Create();
  absl::Status Write(std::string_view bytes);
  // To the disk, and under its name.
  absl::Status Finish();

 private:
  const std::string path_;
  std::string partial_;
  int fd_ = -1;
  bool exists_ = false;
  size_t written_ = 0;
};

absl::Status PartialFile::Create() {
  for (int i = 0; i < kMaxPartialFiles; ++i) {
    partial_ = absl::StrCat(path_, ".partial-", getpid(), "-", i);
    fd_ = open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    exists_ = fd_ >= 0;
    if (exists_) return absl::OkStatus();
    if (errno != EEXIST) return Failed(errno, absl::StrCat("create ", partial_));
  }
  return Failed(EEXIST, absl::StrCat("create ", partial_));
}

absl::Status PartialFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd_, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      written_ += static_cast<size_t>(count);
    } else if (errno != EINTR) {
      return Failed(errno, absl::StrCat("write ", partial_, " beyond ", written_, " bytes"));
    }
  }
  return absl::OkStatus();
}

absl::Status PartialFile::Finish() {
  if (fsync(fd_) != 0) return Failed(errno, absl::StrCat("flush ", partial_));
  const int fd = fd_;
  fd_ = -1;  // close() gives the descriptor back even where it fails
  if (close(fd) != 0) return Failed(errno, absl::StrCat("close ", partial_));
  if (std::rename(partial_.c_str(), path_.c_str()) != 0) {
    return Failed(errno, absl::StrCat("rename ", partial_, " to ", path_));
  }
  exists_ = false;
  return absl::OkStatus();
}

absl::Status WriteAndRename(const std::string& path, const std::vector<std::string_view>& parts) {
  PartialFile file(path);
  ADARES_RETURN_IF_ERROR(file.Create());
  for (const std::string_view part : parts) ADARES_RETURN_IF_ERROR(file.Write(part));
  return file.Finish();
}

std::string FolderOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

// `message` (what failed and why), and what that means for the file.
absl::Status WithWayOut(const absl::Status& status, std::string_view way_out) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(status.message(), "; ", std::string(way_out)));
}

}  // namespace

absl::Status FlushFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed(errno, absl::StrCat("open the folder ", folder));
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return error == 0 ? absl::OkStatus() : Failed(error, absl::StrCat("flush the folder ", folder));
}

absl::Status WriteFileAtomically(const std::string& path,
                                 const std::vector<std::string_view>& parts) {
  ADARES_RETURN_IF_ERROR(WithWayOut(
      WriteAndRename(path, parts),
      absl::StrCat(path, " is as it was before; check the folder's free space and rights")));
  return WithWayOut(FlushFolder(FolderOf(path)),
                    absl::StrCat(path, " is written, but a loss of power may undo it"));
}

}  // namespace adares
