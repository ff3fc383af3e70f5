#include "server/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {
namespace {

constexpr char kTimeFormat[] = "%Y%m%dT%H%M%SZ";

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
  return std::unique_ptr<StateFolder>(new StateFolder(path, fd));
}

std::string StateFolder::TimeName(Timestamp time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), kTimeFormat, &parts);
  return text;
}

std::optional<Timestamp> StateFolder::LastReplaced() const {
  const std::string prefix = std::filesystem::path(replaced()).filename();
  std::optional<Timestamp> last;
  std::error_code error;
  std::filesystem::directory_iterator entry(path_, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    std::tm parts = {};
    if (!name.starts_with(prefix) ||
        strptime(name.c_str() + prefix.size(), kTimeFormat, &parts) == nullptr) {
      continue;
    }
    const Timestamp time = FromMicros(int64_t{timegm(&parts)} * 1'000'000);
    if (!last || time > *last) last = time;
  }
  return last;
}

StateFolder::~StateFolder() { close(lock_fd_); }

}  // namespace adares
