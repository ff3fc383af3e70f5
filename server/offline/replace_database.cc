#include "server/offline/replace_database.h"

#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/store/database_copy.h"
#include "server/store/lock_holder.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const std::string& what, const std::string& path) {
  return absl::InternalError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// One that is not taken.
std::string NameToKeep(const StateFolder& folder, Timestamp now) {
  const std::string base = folder.replaced() + StateFolder::TimeName(now);
  std::string name = base;
  for (int i = 2; Exists(name); ++i) name = absl::StrCat(base, "-", i);
  return name;
}

// A second name: the database has its first one until the new one takes it.
absl::Status Link(const std::string& from, const std::string& to) {
  if (link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return Failed(absl::StrCat("keep ", from, " as"), to);
}

// Where the file is so damaged that its log cannot be put into it, both stay as they are.
absl::Status PutLogIntoFile(const std::string& database) {
  const absl::Status closed = CloseInOrder(database);
  if (ErrorReason(closed) == reason::kDatabaseCorrupt) return absl::OkStatus();
  if (ErrorReason(closed) != reason::kDatabaseBusy) return closed;
  return MakeError(closed.code(), reason::kDatabaseBusy,
                   absl::StrCat(LockHolder(database), " has ", database,
                                " open; end it, and try again. Nothing was changed"));
}

constexpr const char* kLogs[] = {"-wal", "-journal"};

// Gives the database, and its log if it still has one, a second name.
absl::Status Keep(const StateFolder& folder, const std::string& kept) {
  const std::string database = folder.database();
  ADARES_RETURN_IF_ERROR(Link(database, kept));
  for (const char* suffix : kLogs) {
    if (Exists(database + suffix)) ADARES_RETURN_IF_ERROR(Link(database + suffix, kept + suffix));
  }
  return SyncToDisk(folder.path());
}

// A log that stays would be taken for the new database's. From here until the copy has the
// database's name, StateFolder finds what was cut off and gives the log back.
absl::Status RemoveLog(const StateFolder& folder) {
  for (const char* suffix : kLogs) {
    const std::string log = folder.database() + suffix;
    if (unlink(log.c_str()) != 0 && errno != ENOENT) return Failed("remove", log);
  }
  std::error_code ignored;  // it says nothing without its log
  fs::remove(folder.database() + "-shm", ignored);
  return SyncToDisk(folder.path());
}

absl::Status PutInPlace(const StateFolder& folder) {
  if (std::rename(folder.copy().c_str(), folder.database().c_str()) == 0) return absl::OkStatus();
  return Failed(absl::StrCat("put ", folder.copy(), " in the place of"), folder.database());
}

}  // namespace

absl::StatusOr<std::string> ReplaceDatabase(const StateFolder& folder, Timestamp now) {
  std::string kept;
  absl::Status replaced;
  if (Exists(folder.database())) {
    ADARES_RETURN_IF_ERROR(PutLogIntoFile(folder.database()));
    kept = NameToKeep(folder, now);
    replaced = Keep(folder, kept);
    if (replaced.ok()) replaced = RemoveLog(folder);
  } else {
    // A log without its database would be taken for the new one's.
    replaced = RemoveDatabase(folder.database());
  }
  if (replaced.ok()) replaced = PutInPlace(folder);
  if (!replaced.ok()) {
    folder.TakeBackReplacement().IgnoreError();  // where it fails now, the next start tries again
    return replaced;
  }
  ADARES_RETURN_IF_ERROR(SyncToDisk(folder.path()));
  return kept;
}

}  // namespace adares
