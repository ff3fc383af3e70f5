#include "client/backup_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/fetch_folder.h"
#include "client/problem.h"
#include "core/status.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;

absl::Status Exists(const std::string& path) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(path, ignored);
  return WithHint(
      MakeError(absl::StatusCode::kAlreadyExists, reason::kDatabaseExists,
                absl::StrCat(path, is_folder ? " is a folder" : " exists already")),
      is_folder ? "name a file in it" : "a backup never replaces a file; give it another name");
}

// Never over another file. Some file systems know neither of the first two ways; what is lost there
// is only that somebody else makes a file of this name at the same moment.
absl::Status RenameToNew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return absl::OkStatus();
  }
  if (errno == EEXIST) return Exists(to);
  if (link(from.c_str(), to.c_str()) == 0) {
    unlink(from.c_str());
    return absl::OkStatus();
  }
  if (errno == EEXIST) return Exists(to);
  return Rename(from, to);
}

absl::Status CheckFolderOf(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code ignored;
  if (folder.empty() || fs::is_directory(folder, ignored)) return absl::OkStatus();
  return UsageError(absl::StrCat("cannot write ", path, ": there is no folder ", folder.string()),
                    "make it, or name a file elsewhere");
}

}  // namespace

absl::StatusOr<std::unique_ptr<BackupFile>> BackupFile::Begin(const std::string& path) {
  ADARES_RETURN_IF_ERROR(CheckFolderOf(path));
  std::error_code ignored;
  if (fs::symlink_status(path, ignored).type() != fs::file_type::not_found) return Exists(path);
  ADARES_ASSIGN_OR_RETURN(auto partial, PartialFile::Open(path + ".partial"));
  ADARES_RETURN_IF_ERROR(partial->Clear());  // what a process left that was killed
  return std::unique_ptr<BackupFile>(new BackupFile(path, std::move(partial)));
}

BackupFile::~BackupFile() {
  if (!finished_) unlink(PartialPath().c_str());
}

absl::Status BackupFile::Append(std::string_view bytes) {
  hash_.Add(bytes);
  return partial_->Append(bytes);
}

absl::Status BackupFile::Finish(int64_t bytes, const std::string& sha256) {
  if (size() != bytes || hash_.Hex() != sha256) {
    return absl::DataLossError(
        absl::StrCat("what arrived is not what the coordinator sent: ", size(), " of ", bytes,
                     " bytes, or other ones; try again"));
  }
  ADARES_RETURN_IF_ERROR(partial_->Sync());
  ADARES_RETURN_IF_ERROR(RenameToNew(PartialPath(), path_));
  finished_ = true;
  const std::string folder = fs::path(path_).parent_path().string();
  return SyncFolder(folder.empty() ? "." : folder);
}

}  // namespace adares::client
