#include "worker/agent/attempt_folders.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/volume.h"

namespace adares::worker {
namespace {

namespace fs = std::filesystem;

absl::Status Failure(std::string_view action, const fs::path& path, const std::error_code& error) {
  return absl::InternalError(
      absl::StrCat("cannot ", std::string(action), " ", path.string(), ": ", error.message()));
}

constexpr char kProbeFile[] = "probe";
constexpr size_t kWrittenBytes = 64 << 10;

// Of a file that is open: 0, or an error number.
int Write(int fd, size_t bytes) {
  const std::string zeros(bytes, '\0');
  for (size_t done = 0; done < bytes;) {
    const ssize_t written = write(fd, zeros.data() + done, bytes - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    done += static_cast<size_t>(written);
  }
  return 0;
}

// Takes the room without filling it: a limit of the user's or of files' size counts as well. Where
// the file system cannot do that, what it says of its free space must do.
int Reserve(int fd, const fs::path& folder, int64_t bytes) {
  int result = 0;
  do {
    result = fallocate(fd, 0, 0, bytes);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return 0;
  if (errno != EOPNOTSUPP && errno != ENOSYS) return errno;
  const auto volume = VolumeOf(folder.string());
  return volume.ok() && volume->free_bytes < bytes ? ENOSPC : 0;
}

int64_t BytesIn(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const bool is_file = entry->is_regular_file(gone);
    const auto size = is_file ? static_cast<int64_t>(entry->file_size(gone)) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

std::string FolderName(const AttemptId& id) {
  return absl::StrCat(id.sweep, "-", id.trial, "-", id.attempt);
}

// Folders of the root, oldest first.
absl::StatusOr<std::vector<fs::path>> FoldersByAge(const fs::path& root) {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  for (fs::directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;
    const auto time = fs::last_write_time(entry->path(), unreadable);
    if (entry->is_directory(unreadable)) found.emplace_back(time, entry->path());
  }
  if (error) return Failure("list", root, error);
  std::sort(found.begin(), found.end());
  std::vector<fs::path> folders;
  for (auto& [time, path] : found) folders.push_back(std::move(path));
  return folders;
}

}  // namespace

absl::StatusOr<AttemptFolders> AttemptFolders::Open(const fs::path& state_folder,
                                                    const KeptLogs& kept) {
  AttemptFolders folders(state_folder / "attempts", kept);
  std::error_code error;
  fs::create_directories(folders.root_, error);
  if (error) return Failure("create", folders.root_, error);
  absl::StatusOr<std::vector<fs::path>> earlier = FoldersByAge(folders.root_);
  if (!earlier.ok()) return earlier.status();
  for (const fs::path& folder : *earlier) folders.KeepLog(folder);
  return folders;
}

fs::path AttemptFolders::PathOf(const AttemptId& id) const { return root_ / FolderName(id); }

absl::StatusOr<fs::path> AttemptFolders::Create(const AttemptId& id) {
  const fs::path folder = PathOf(id);
  std::erase_if(retired_, [&folder](const Retired& retired) { return retired.folder == folder; });
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) return Failure("empty", folder, error);
  fs::create_directories(folder, error);
  if (error) return Failure("create", folder, error);
  return folder;
}

int64_t AttemptFolders::BytesOf(const AttemptId& id) const { return BytesIn(PathOf(id)); }

absl::Status AttemptFolders::CheckRoom(int64_t bytes) const {
  const fs::path probe = root_ / kProbeFile;
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) return Failure("create", root_, error);
  const int fd = open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int cause = fd < 0 ? errno : 0;
  std::error_code ignored;
  fs::remove(probe, ignored);  // at once: nobody finds it, whenever this process is killed
  if (cause == 0) cause = Write(fd, kWrittenBytes);
  if (cause == 0) cause = Reserve(fd, root_, bytes);
  if (fd >= 0 && close(fd) != 0 && cause == 0) cause = errno;
  if (cause == 0) return absl::OkStatus();
  const absl::Status failure =
      Failure("write", probe, std::error_code(cause, std::generic_category()));
  const bool is_full = cause == ENOSPC || cause == EDQUOT || cause == EFBIG;
  return is_full ? absl::ResourceExhaustedError(failure.message()) : failure;
}

absl::Status AttemptFolders::MakeRoom(int64_t bytes) {
  absl::Status room = CheckRoom(bytes);
  while (absl::IsResourceExhausted(room) && retired_.size() > 1) {
    DropOldestLog();
    room = CheckRoom(bytes);
  }
  return room;
}

void AttemptFolders::Retire(const AttemptId& id) { KeepLog(PathOf(id)); }

// What cannot be removed now is tried again when the agent next starts.
void AttemptFolders::KeepLog(const fs::path& folder) {
  std::error_code ignored;
  fs::remove(folder / kSpoolFile, ignored);
  for (const char* part : {kCheckpointFolder, kUploadFolder, kFetchFolder}) {
    fs::remove_all(folder / part, ignored);
  }
  retired_.push_back({folder, BytesIn(folder)});
  while (KeepsTooMuch()) DropOldestLog();
}

void AttemptFolders::DropOldestLog() {
  std::error_code ignored;
  fs::remove_all(retired_.front().folder, ignored);
  retired_.pop_front();
}

bool AttemptFolders::KeepsTooMuch() const {
  if (retired_.size() < 2) return false;
  int64_t bytes = 0;
  for (const Retired& retired : retired_) bytes += retired.bytes;
  return retired_.size() > kept_.most || bytes > kept_.bytes;
}

}  // namespace adares::worker
