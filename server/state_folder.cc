#include "server/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/store/database_copy.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

constexpr char kTimeFormat[] = "%Y%m%dT%H%M%SZ";

bool Exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool AreOne(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored);
}

// Whether the database was written to since the log lost its name beside it.
bool IsNewerThan(const std::string& database, const std::string& log) {
  struct stat written;
  struct stat renamed;
  if (stat(database.c_str(), &written) != 0 || stat(log.c_str(), &renamed) != 0) return true;
  return std::tie(written.st_mtim.tv_sec, written.st_mtim.tv_nsec) >
         std::tie(renamed.st_ctim.tv_sec, renamed.st_ctim.tv_nsec);
}

// The log `kept` gets its name beside the database again. Where that was used without it, one does
// not go with the other any more, and a person must look.
absl::Status GiveLogBack(const std::string& kept, const std::string& database, const char* suffix) {
  const std::string log = database + suffix;
  if (AreOne(kept, log)) return absl::OkStatus();
  if (Exists(log) || IsNewerThan(database, kept)) {
    return absl::InternalError(
        absl::StrCat(database, " was used without its log ", kept,
                     " after a replacement was cut off; put both aside, and restore a backup"));
  }
  if (link(kept.c_str(), log.c_str()) == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("cannot give ", database, " its log ", kept, " again: ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateFolder>> StateFolder::Open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--state ", path, ": cannot be used as a folder",
                     error ? absl::StrCat(": ", error.message()) : std::string()));
  }
  const std::string lock = path + "/server.lock";
  const int fd = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("--state ", path, ": cannot write ", lock, ": ", std::strerror(errno)));
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error_number = errno;
    close(fd);
    if (error_number != EWOULDBLOCK) {
      return absl::FailedPreconditionError(
          absl::StrCat("--state ", path, ": cannot be locked: ", std::strerror(error_number),
                       "; take a folder on a local disk"));
    }
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kStateFolderInUse,
                     absl::StrCat("--state ", path,
                                  ": another adares-server or `adares run` uses this folder; stop "
                                  "it, or take another folder"));
  }
  std::unique_ptr<StateFolder> folder(new StateFolder(path, fd));
  ADARES_RETURN_IF_ERROR(folder->TakeBackReplacement());
  return folder;
}

std::string StateFolder::TimeName(Timestamp time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), kTimeFormat, &parts);
  return text;
}

std::vector<std::string> StateFolder::Replaced() const {
  const std::string prefix = fs::path(replaced()).filename();
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path_, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(prefix) || name.ends_with("-wal") || name.ends_with("-journal")) continue;
    names.push_back(name);
  }
  return names;
}

std::optional<Timestamp> StateFolder::LastReplaced() const {
  const size_t prefix = fs::path(replaced()).filename().string().size();
  std::optional<Timestamp> last;
  for (const std::string& name : Replaced()) {
    std::tm parts = {};
    if (strptime(name.c_str() + prefix, kTimeFormat, &parts) == nullptr) continue;
    const Timestamp time = FromMicros(int64_t{timegm(&parts)} * 1'000'000);
    if (!last || time > *last) last = time;
  }
  return last;
}

absl::Status StateFolder::TakeBackReplacement() const {
  for (const std::string& name : Replaced()) {
    const std::string kept = path_ + "/" + name;
    if (AreOne(kept, database())) ADARES_RETURN_IF_ERROR(TakeBack(kept));
  }
  return absl::OkStatus();
}

// Each name goes once what it stood for has its first one again, on the disk; that of the database
// goes last, as it is the one that is looked for.
absl::Status StateFolder::TakeBack(const std::string& kept) const {
  std::vector<std::string> names;
  for (const char* suffix : {"-wal", "-journal"}) {
    if (!Exists(kept + suffix)) continue;
    ADARES_RETURN_IF_ERROR(GiveLogBack(kept + suffix, database(), suffix));
    names.push_back(kept + suffix);
  }
  names.push_back(kept);
  ADARES_RETURN_IF_ERROR(SyncToDisk(path_));
  for (const std::string& name : names) unlink(name.c_str());
  return SyncToDisk(path_);
}

StateFolder::~StateFolder() { close(lock_fd_); }

}  // namespace adares
