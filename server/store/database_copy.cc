// The copy is written in portions that are forced to the disk one by one. Otherwise the system
// writes all of it at once some day, and a commit that waits for the disk then waits for all of it.
#include "server/store/database_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/volume.h"
#include "server/store/sqlite.h"

namespace adares {
namespace {

// 4 MiB of SQLite's usual pages: a hundredth of a second of a slow disk.
constexpr int kPagesPerStep = 1024;
constexpr int64_t kReserveBytes = 64 << 20;

constexpr const char* kBeside[] = {"-wal", "-shm", "-journal"};

absl::Status Failed(const std::string& what, const std::string& path) {
  const int error = errno;
  const std::string message = absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return MakeError(absl::StatusCode::kResourceExhausted, reason::kDatabaseFull, message);
  }
  return absl::InternalError(message);
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status CopyPages(Connection& from, Connection& to, int to_fd, const CopyObserver& observer) {
  const int64_t page_bytes = from.ExecuteAndGetInt("PRAGMA page_size");
  PageCopy copy(to, from);
  while (copy.Step(kPagesPerStep)) {
    if (fdatasync(to_fd) != 0) return Failed("write", "the copy");
    if (observer.stop && observer.stop()) return absl::CancelledError("the copy was given up");
    if (!observer.progress) continue;
    const int64_t total = copy.total_pages();
    observer.progress((total - copy.remaining_pages()) * page_bytes, total * page_bytes);
  }
  return absl::OkStatus();
}

absl::Status Copy(const std::string& from_path, const std::string& to_path, int to_fd,
                  const CopyObserver& observer) {
  Connection from(from_path, ReadingMode(from_path));
  // The first read fixes the moment; the transaction holds it however long the copy takes.
  const Transaction snapshot(from, Transaction::Kind::kRead);
  from.ExecuteAndGetInt("SELECT count(*) FROM sqlite_schema");
  {
    Connection to(to_path, Connection::Mode::kReadWrite);
    to.Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    ADARES_RETURN_IF_ERROR(CopyPages(from, to, to_fd, observer));
  }
  // The copy says of itself that it has a write-ahead log, as its original has. It has none.
  Connection to(to_path, Connection::Mode::kReadWrite);
  Query query(to.Prepare("PRAGMA journal_mode = DELETE"));
  if (query.Step() && query.Text(0) == "delete") return absl::OkStatus();
  return absl::InternalError(absl::StrCat(to_path, " cannot be made a file without a log"));
}

}  // namespace

absl::Status CopyDatabase(const std::string& from, const std::string& to,
                          const CopyObserver& observer) {
  const Descriptor file(to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (file.get() < 0 && errno == EEXIST) {
    return MakeError(absl::StatusCode::kAlreadyExists, reason::kDatabaseExists,
                     absl::StrCat(to, " exists already"));
  }
  if (file.get() < 0) return Failed("make", to);
  ADARES_RETURN_IF_ERROR(Guarded(absl::StrCat("copy ", from).c_str(),
                                 [&] { return Copy(from, to, file.get(), observer); }));
  if (fsync(file.get()) != 0) return Failed("write", to);
  return SyncToDisk(std::filesystem::path(to).parent_path().string());
}

absl::Status CloseInOrder(const std::string& path) {
  return Guarded(absl::StrCat("close ", path).c_str(), [&] {
    // SQLite throws the log of a file away that it cannot make sense of.
    Connection(path, Connection::Mode::kInspect)
        .ExecuteAndGetInt("SELECT count(*) FROM sqlite_schema");
    Connection connection(path, Connection::Mode::kReadWrite);
    connection.Execute("PRAGMA synchronous = FULL");
    Query query(connection.Prepare("PRAGMA journal_mode = DELETE"));
    while (query.Step()) {
    }
    return absl::OkStatus();
  });
}

absl::Status RemoveDatabase(const std::string& path) {
  std::error_code error;
  for (const char* suffix : kBeside) {
    std::filesystem::remove(path + suffix, error);
    if (error) break;
  }
  if (!error) std::filesystem::remove(path, error);
  if (!error) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("cannot remove ", path, ": ", error.message()));
}

absl::Status SyncToDisk(const std::string& path) {
  const Descriptor file(path.empty() ? "." : path, O_RDONLY);
  if (file.get() < 0 || fsync(file.get()) != 0) return Failed("write", path);
  return absl::OkStatus();
}

int64_t SizeOfDatabase(const std::string& path) {
  int64_t sum = 0;
  for (const std::string& file : {path, path + "-wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (!error) sum += static_cast<int64_t>(size);
  }
  return sum;
}

absl::Status CheckRoom(const std::string& folder, int64_t bytes, const std::string& what) {
  ADARES_ASSIGN_OR_RETURN(const Volume volume, VolumeOf(folder));
  if (volume.free_bytes >= bytes + kReserveBytes) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, reason::kDatabaseFull,
                   absl::StrCat(what, " needs ", (bytes + kReserveBytes) >> 20, " MiB in ", folder,
                                ", which has ", volume.free_bytes >> 20, " MiB free; make room"),
                   {{"needed_bytes", absl::StrCat(bytes + kReserveBytes)},
                    {"free_bytes", absl::StrCat(volume.free_bytes)}});
}

}  // namespace adares
