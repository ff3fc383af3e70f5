// The border to SQLiteCpp.
#include "server/store/sqlite.h"

#include <sqlite3.h>

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

// How long a statement waits for another process' lock.
constexpr int kBusyTimeoutMs = 5'000;
// The part of an extended result code that names its family.
constexpr int kPrimaryCode = 0xff;

int OpenFlags(Connection::Mode mode) {
  // A connection has one user at a time: SQLite need not lock it.
  const int access = mode == Connection::Mode::kReadOnly
                         ? SQLite::OPEN_READONLY
                         : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  return access | SQLite::OPEN_NOMUTEX;
}

}  // namespace

absl::Status ToStatus(const SQLite::Exception& error, const std::string& what) {
  const std::string message = absl::StrCat(what, ": ", error.what());
  switch (error.getErrorCode() & kPrimaryCode) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return MakeError(absl::StatusCode::kUnavailable, reason::kDatabaseBusy, message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt, message);
    case SQLITE_FULL:
      return MakeError(absl::StatusCode::kResourceExhausted, reason::kDatabaseFull,
                       absl::StrCat(message, "; free space on the volume of the state folder"));
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return absl::InternalError(absl::StrCat(
          message, "; see whether the volume of the state folder is sound, writable and local"));
    default:
      return absl::InternalError(message);
  }
}

Query::~Query() { statement_.tryReset(); }

Query& Query::Bind(int64_t value) {
  statement_.bind(++bound_, value);
  return *this;
}

Query& Query::Bind(double value) {
  statement_.bind(++bound_, value);
  return *this;
}

Query& Query::Bind(const std::string& value) {
  statement_.bind(++bound_, value);
  return *this;
}

Query& Query::BindNull() {
  statement_.bind(++bound_);
  return *this;
}

int64_t Query::Run() { return statement_.exec(); }

void Query::Again() {
  statement_.reset();
  bound_ = 0;
}

bool Query::IsNull(int column) const { return statement_.isColumnNull(column); }

int64_t Query::Int(int column) const { return statement_.getColumn(column).getInt64(); }

double Query::Real(int column) const {
  if (IsNull(column)) return std::numeric_limits<double>::quiet_NaN();
  return statement_.getColumn(column).getDouble();
}

std::string Query::Text(int column) const { return statement_.getColumn(column).getString(); }

std::optional<Timestamp> Query::OptionalTime(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Time(column);
}

Connection::Connection(const std::string& path, Mode mode)
    : database_(path, OpenFlags(mode), kBusyTimeoutMs) {}

SQLite::Statement& Connection::Prepare(const char* sql) {
  std::unique_ptr<SQLite::Statement>& statement = statements_[sql];
  if (statement == nullptr) statement = std::make_unique<SQLite::Statement>(database_, sql);
  return *statement;
}

int64_t Connection::ExecuteAndGetInt(const std::string& sql) {
  return database_.execAndGet(sql).getInt64();
}

bool Connection::InTransaction() const {
  return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

int64_t Connection::TotalChanges() const { return sqlite3_total_changes64(database_.getHandle()); }

Transaction::Transaction(Connection& connection, Kind kind) : connection_(connection) {
  connection_.Execute(kind == Kind::kRead ? "BEGIN" : "BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!connection_.InTransaction()) return;
  try {
    connection_.Execute("ROLLBACK");
  } catch (const SQLite::Exception&) {
    // Nothing is left to undo: SQLite rolled back by itself, or the connection is unusable and says
    // so at its next use.
  }
}

void Transaction::Commit() { connection_.Execute("COMMIT"); }

}  // namespace adares
