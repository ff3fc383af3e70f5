// The border to SQLiteCpp.
#include "server/store/sqlite.h"

#include <sqlite3.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace adares {
namespace {

// The part of an extended result code that names its family.
constexpr int kPrimaryCode = 0xff;

// How many of SQLite's steps lie between two questions whether to stop: some tens of microseconds.
constexpr int kStepsBetweenLooks = 4'000;

int OpenFlags(Connection::Mode mode) {
  // A connection has one user at a time: SQLite need not lock it.
  switch (mode) {
    case Connection::Mode::kReadOnly:
      return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READONLY;
    case Connection::Mode::kUnshared:
      return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READONLY | SQLite::OPEN_URI;
    case Connection::Mode::kInspect:
      return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READWRITE;
    case Connection::Mode::kReadWrite:
      break;
  }
  return SQLite::OPEN_NOMUTEX | SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
}

// A path, or the URI that says that the file does not change.
std::string OpenName(const std::string& path, Connection::Mode mode) {
  if (mode != Connection::Mode::kUnshared) return path;
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '/' || c == '.' || c == '-' || c == '_') {
      uri += c;
    } else {
      absl::StrAppend(&uri, "%", absl::Hex(byte, absl::kZeroPad2));
    }
  }
  return uri + "?immutable=1";
}

// The payload of a status says so.
constexpr char kRefused[] = "adares/refused-by-file";

int AskWhetherToStop(void* stop) { return (*static_cast<std::function<bool()>*>(stop))() ? 1 : 0; }

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
    case SQLITE_INTERRUPT:
      return absl::CancelledError(message);
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return absl::InternalError(absl::StrCat(
          message, "; see whether the volume of the state folder is sound, writable and local"));
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG: {
      absl::Status refused = absl::InternalError(message);
      refused.SetPayload(kRefused, absl::Cord());
      return refused;
    }
    default:
      return absl::InternalError(message);
  }
}

bool IsRefusedByFile(const absl::Status& status) { return status.GetPayload(kRefused).has_value(); }

absl::Status WithoutRefusal(absl::Status status) {
  status.ErasePayload(kRefused);
  return status;
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

Connection::Connection(const std::string& path, Mode mode, std::chrono::milliseconds busy_timeout)
    : database_(OpenName(path, mode), OpenFlags(mode), static_cast<int>(busy_timeout.count())) {
  if (mode != Mode::kInspect) return;
  if (ReadingMode(path) == Mode::kReadOnly) {
    sqlite3_db_config(database_.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  Execute("PRAGMA query_only = ON");
}

SQLite::Statement& Connection::Prepare(const char* sql) {
  std::unique_ptr<SQLite::Statement>& statement = statements_[sql];
  if (statement == nullptr) statement = std::make_unique<SQLite::Statement>(database_, sql);
  return *statement;
}

std::unique_ptr<SQLite::Statement> Connection::PrepareOnce(const std::string& sql) {
  return std::make_unique<SQLite::Statement>(database_, sql);
}

int64_t Connection::ExecuteAndGetInt(const std::string& sql) {
  return database_.execAndGet(sql).getInt64();
}

bool Connection::InTransaction() const {
  return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

int64_t Connection::TotalChanges() const { return sqlite3_total_changes64(database_.getHandle()); }

void Connection::StopWhen(std::function<bool()> stop) {
  stop_ = std::move(stop);
  sqlite3_progress_handler(database_.getHandle(), kStepsBetweenLooks, AskWhetherToStop, &stop_);
}

Connection::Mode ReadingMode(const std::string& path) {
  std::error_code ignored;
  for (const char* log : {"-wal", "-journal"}) {
    if (std::filesystem::exists(path + log, ignored)) return Connection::Mode::kReadOnly;
  }
  return Connection::Mode::kUnshared;
}

std::vector<int64_t> ReadIntegers(Query& query) {
  std::vector<int64_t> values;
  while (query.Step()) values.push_back(query.Int(0));
  return values;
}

std::vector<std::string> ReadTexts(Query& query) {
  std::vector<std::string> values;
  while (query.Step()) values.push_back(query.Text(0));
  return values;
}

bool PageCopy::Step(int pages) {
  const int code = backup_.executeStep(pages);
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    throw SQLite::Exception("the database is locked", code);
  }
  return code != SQLITE_DONE;
}

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
