#include "server/maintenance/database_snapshot.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/store/database_check.h"
#include "server/store/database_copy.h"
#include "server/store/migrator.h"

namespace adares {
namespace {

absl::Status Failed(const std::string& what, const std::string& path) {
  return absl::InternalError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

// Removes the copy when it goes out of scope.
class CopyFile {
 public:
  explicit CopyFile(std::string path) : path_(std::move(path)) {}
  // What stays is removed by the next one, or by the next start.
  ~CopyFile() { RemoveDatabase(path_).IgnoreError(); }
  CopyFile(const CopyFile&) = delete;
  CopyFile& operator=(const CopyFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DatabaseSnapshot>> DatabaseSnapshot::Take(const StateFolder& folder,
                                                                         Timestamp now,
                                                                         const Observer& observer) {
  ADARES_RETURN_IF_ERROR(RemoveDatabase(folder.copy()));
  ADARES_RETURN_IF_ERROR(CheckRoom(folder.path(), SizeOfDatabase(folder.database()), "a backup"));

  const CopyFile file(folder.copy());
  ADARES_RETURN_IF_ERROR(
      CopyDatabase(folder.database(), file.path(), {observer.copying, observer.stop}));
  const int64_t bytes = SizeOfDatabase(file.path());
  if (observer.verifying) observer.verifying(bytes);
  ADARES_RETURN_IF_ERROR(CheckStructure(file.path(), observer.stop));
  ADARES_ASSIGN_OR_RETURN(const SchemaState schema,
                          InspectSchema(file.path(), EmbeddedMigrations()));
  const int fd = open(file.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return Failed("read", file.path());
  return std::unique_ptr<DatabaseSnapshot>(new DatabaseSnapshot(fd, bytes, schema.version, now));
}

DatabaseSnapshot::~DatabaseSnapshot() { close(fd_); }

absl::StatusOr<std::string> DatabaseSnapshot::Read(size_t at_most) {
  std::string bytes(at_most, '\0');
  ssize_t got = 0;
  do {
    got = pread(fd_, bytes.data(), bytes.size(), read_);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Failed("read", "the copy");
  read_ += got;
  bytes.resize(static_cast<size_t>(got));
  return bytes;
}

}  // namespace adares
