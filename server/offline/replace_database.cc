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

// The log of a database that could not be closed in order. A log that stays would be taken for the
// new database's.
absl::Status KeepLog(const std::string& database, const std::string& kept) {
  for (const char* suffix : {"-wal", "-journal"}) {
    const std::string log = database + suffix;
    if (!Exists(log)) continue;
    ADARES_RETURN_IF_ERROR(Link(log, kept + suffix));
    if (unlink(log.c_str()) != 0) return Failed("remove", log);
  }
  std::error_code ignored;  // it says nothing without its log
  fs::remove(database + "-shm", ignored);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReplaceDatabase(const StateFolder& folder, Timestamp now) {
  const std::string database = folder.database();
  std::string kept;
  if (Exists(database)) {
    // Where it is damaged it stays as it is, with its log.
    CloseInOrder(database).IgnoreError();
    kept = NameToKeep(folder, now);
    ADARES_RETURN_IF_ERROR(Link(database, kept));
    ADARES_RETURN_IF_ERROR(KeepLog(database, kept));
    ADARES_RETURN_IF_ERROR(SyncToDisk(folder.path()));
  } else {
    // A log without its database would be taken for the new one's.
    ADARES_RETURN_IF_ERROR(RemoveDatabase(database));
  }
  if (std::rename(folder.copy().c_str(), database.c_str()) != 0) {
    return Failed(absl::StrCat("put ", folder.copy(), " in the place of"), database);
  }
  ADARES_RETURN_IF_ERROR(SyncToDisk(folder.path()));
  return kept;
}

}  // namespace adares
