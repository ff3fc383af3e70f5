#include "worker/agent/attempt_folders.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace adares::worker {
namespace {

namespace fs = std::filesystem;

absl::Status Failure(std::string_view action, const fs::path& path, const std::error_code& error) {
  return absl::InternalError(
      absl::StrCat("cannot ", std::string(action), " ", path.string(), ": ", error.message()));
}

constexpr char kProbeFile[] = "probe";
constexpr size_t kProbeBytes = 1 << 20;

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
                                                    size_t kept_logs) {
  AttemptFolders folders(state_folder / "attempts", kept_logs);
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
  std::erase(retired_, folder);
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) return Failure("empty", folder, error);
  fs::create_directories(folder, error);
  if (error) return Failure("create", folder, error);
  return folder;
}

absl::Status AttemptFolders::CheckWritable() const {
  const fs::path probe = root_ / kProbeFile;
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) return Failure("create", root_, error);
  std::ofstream file(probe, std::ios::binary | std::ios::trunc);
  file << std::string(kProbeBytes, '.');
  file.close();
  if (!file) error.assign(errno, std::generic_category());
  std::error_code ignored;
  fs::remove(probe, ignored);
  return error ? Failure("write", probe, error) : absl::OkStatus();
}

void AttemptFolders::Retire(const AttemptId& id) { KeepLog(PathOf(id)); }

// What cannot be removed now is tried again when the agent next starts.
void AttemptFolders::KeepLog(const fs::path& folder) {
  std::error_code ignored;
  fs::remove(folder / kSpoolFile, ignored);
  for (const char* part : {kCheckpointFolder, kUploadFolder, kFetchFolder}) {
    fs::remove_all(folder / part, ignored);
  }
  retired_.push_back(folder);
  while (retired_.size() > kept_logs_) {
    fs::remove_all(retired_.front(), ignored);
    retired_.pop_front();
  }
}

}  // namespace adares::worker
