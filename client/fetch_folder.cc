#include "client/fetch_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/data_errors.h"
#include "client/problem.h"
#include "core/status.h"

namespace adares::client {

namespace fs = std::filesystem;

FetchFolder::FetchFolder(fs::path data, std::string dataset)
    : data_(std::move(data)), dataset_(std::move(dataset)), path_(data_ / ".fetch" / dataset_) {}

absl::Status FetchFolder::Make() const { return MakeFolders(path_); }

absl::StatusOr<std::unique_ptr<PartialFile>> FetchFolder::Lock() const {
  auto lock = PartialFile::Open(LockPath().string());
  if (ErrorReason(lock.status()) != reason::kDataBusy) return lock;
  return WithHint(
      MakeError(absl::StatusCode::kAborted, reason::kDataBusy,
                absl::StrCat("another process is fetching ", dataset_, " into ", data_.string())),
      "wait for it, or stop it");
}

// The lock goes last, so that nobody can begin in a folder that is being emptied.
void FetchFolder::CleanUp() const {
  std::error_code ignored;
  std::vector<fs::path> all;
  for (fs::directory_iterator entry(path_, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (entry->path() != LockPath()) all.push_back(entry->path());
  }
  for (const fs::path& path : all) fs::remove_all(path, ignored);
  fs::remove(LockPath(), ignored);
  fs::remove(path_, ignored);
  fs::remove(path_.parent_path(), ignored);  // unless another data set is on its way
}

absl::Status MakeFolders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return absl::OkStatus();
  errno = error.value();
  return FolderError("make", path.string());
}

absl::Status Rename(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return FolderError("make", to.string());
}

absl::Status SyncFolder(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FolderError("open", path.string());
  const bool is_synced = fsync(fd) == 0;
  const absl::Status status = is_synced ? absl::OkStatus() : FolderError("write", path.string());
  close(fd);
  return status;
}

int64_t SizeOrZero(const fs::path& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

}  // namespace adares::client
