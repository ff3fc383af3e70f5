// A folder of another name, filled, flushed and renamed.
#include "worker/trainer/checkpoint_folder.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/trainer_protocol.h"
#include "worker/trainer/atomic_file.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kPartial = ".partial-";
constexpr std::string_view kReplaced = ".replaced-";

absl::Status Failed(const std::error_code& error, const std::string& what) {
  return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot ", what,
                                                         "; check the folder's free space and "
                                                         "rights"));
}

std::string NameOf(int64_t step) { return trainer_protocol::CheckpointFolderName(step); }

// nullopt for other names, also for those that NameOf would spell otherwise.
std::optional<int64_t> StepOf(const std::string& name) {
  int64_t step = 0;
  if (!name.starts_with(kPrefix) || !absl::SimpleAtoi(name.substr(kPrefix.size()), &step)) {
    return std::nullopt;
  }
  if (step < 0 || name != NameOf(step)) return std::nullopt;
  return step;
}

absl::Status Rename(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return error ? Failed(error, absl::StrCat("rename ", from, " to ", to)) : absl::OkStatus();
}

}  // namespace

absl::Status CheckpointFolder::Create() const {
  std::error_code error;
  fs::create_directories(path_, error);
  return error ? Failed(error, "make the folder " + path_) : absl::OkStatus();
}

void CheckpointFolder::RemoveLeftovers() const {
  std::error_code ignored;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(path_, ignored)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(kPartial) || name.starts_with(kReplaced)) leftovers.push_back(entry);
  }
  for (const fs::path& leftover : leftovers) fs::remove_all(leftover, ignored);
}

absl::StatusOr<std::vector<StoredCheckpoint>> CheckpointFolder::List() const {
  std::vector<StoredCheckpoint> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    const std::optional<int64_t> step = StepOf(entry.path().filename());
    if (step && entry.is_directory()) found.push_back({*step, entry.path()});
  }
  if (error) return Failed(error, "list the folder " + path_);
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.step > b.step; });
  return found;
}

absl::Status CheckpointFolder::SetAside(const StoredCheckpoint& checkpoint) const {
  const std::string broken = absl::StrCat(path_, "/broken-", NameOf(checkpoint.step));
  std::error_code ignored;
  fs::remove_all(broken, ignored);
  return Rename(checkpoint.path, broken);
}

absl::Status CheckpointFolder::Add(
    int64_t step, const std::function<absl::Status(const std::string&)>& write) const {
  const std::string own = absl::StrCat(getpid(), "-", step);
  const std::string partial = absl::StrCat(path_, "/", std::string(kPartial), own);
  std::error_code error;
  fs::create_directories(partial, error);
  if (error) return Failed(error, "make the folder " + partial);
  absl::Status status = write(partial);
  if (status.ok()) status = FlushFolder(partial);
  const std::string path = absl::StrCat(path_, "/", NameOf(step));
  const std::string replaced = absl::StrCat(path_, "/", std::string(kReplaced), own);
  // A folder that is not empty cannot be replaced in one step; it is out of the way for a moment.
  const bool replaces = status.ok() && fs::exists(path, error);
  if (replaces) status = Rename(path, replaced);
  if (status.ok()) status = Rename(partial, path);
  if (replaces && !status.ok() && !fs::exists(path, error)) fs::rename(replaced, path, error);
  if (status.ok()) status = FlushFolder(path_);
  std::error_code ignored;  // a later run removes what cannot be removed now
  fs::remove_all(partial, ignored);
  fs::remove_all(replaced, ignored);
  ADARES_RETURN_IF_ERROR(status);
  ADARES_ASSIGN_OR_RETURN(const std::vector<StoredCheckpoint> all, List());
  for (size_t i = kKept; i < all.size(); ++i) fs::remove_all(all[i].path, ignored);
  return absl::OkStatus();
}

}  // namespace adares
