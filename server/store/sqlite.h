// A connection to an SQLite file, with statements that are prepared once and the border at which
// SQLiteCpp's exceptions become statuses. Private to server/store.
//
// Not thread-safe. Methods throw SQLite::Exception; what calls them from outside goes through
// Guarded, the only place that catches.
#pragma once

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "core/status.h"
#include "core/timestamp.h"

namespace adares {

// Whether SQLite would not have the values themselves, so that they come to the same however often
// they are tried.
bool IsRefusedByFile(const absl::Status& status);
// The same error without that: for those who only were in the same transaction.
absl::Status WithoutRefusal(absl::Status status);

// BUSY, LOCKED: UNAVAILABLE DATABASE_BUSY; CORRUPT, NOTADB: DATA_LOSS DATABASE_CORRUPT; FULL:
// RESOURCE_EXHAUSTED DATABASE_FULL; INTERRUPT: CANCELLED; anything else: INTERNAL. The message is
// "`what`: ", SQLite's words, and for what an operator can mend the way out.
absl::Status ToStatus(const SQLite::Exception& error, const std::string& what);

// Calls `body` (which returns absl::Status or absl::StatusOr) and turns what SQLite throws in it
// into a status. `what` says what is tried: "claim a trial".
template <typename Body>
auto Guarded(const char* what, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, what);
  }
}

// One use of a prepared statement: bind in order, run or step, read columns (from 0). The statement
// is free for its next use when this goes out of scope. NaN is bound as NULL and NULL is read as
// NaN: SQLite has no NaN.
class Query {
 public:
  explicit Query(SQLite::Statement& statement) : statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& Bind(int64_t value);
  Query& Bind(int32_t value) { return Bind(int64_t{value}); }
  Query& Bind(double value);
  Query& Bind(const std::string& value);
  Query& Bind(const char* value) = delete;
  Query& Bind(Timestamp value) { return Bind(ToMicros(value)); }
  template <typename T>
  Query& Bind(const std::optional<T>& value) {
    if (value) return Bind(*value);
    return BindNull();
  }
  Query& BindNull();

  // Goes to the next row; false at the end.
  bool Step() { return statement_.executeStep(); }
  // Runs a statement that gives no rows; returns how many rows it changed.
  int64_t Run();
  // Makes it ready to be bound and run again.
  void Again();

  bool IsNull(int column) const;
  int64_t Int(int column) const;
  int32_t Int32(int column) const { return static_cast<int32_t>(Int(column)); }
  double Real(int column) const;
  std::string Text(int column) const;
  Timestamp Time(int column) const { return FromMicros(Int(column)); }
  std::optional<Timestamp> OptionalTime(int column) const;

 private:
  SQLite::Statement& statement_;
  int bound_ = 0;
};

inline constexpr std::chrono::milliseconds kBusyTimeout{5'000};

class Connection {
 public:
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Mode {
    kReadOnly,
    kReadWrite,
    // Reads a file that nobody writes to meanwhile, and leaves nothing beside it. What its
    // write-ahead log holds is not seen.
    kUnshared,
    // Reads, and could write: SQLite forgets the CHECKs of files that it may only read. A log that
    // is there stays as it is.
    kInspect,
  };
  // A statement waits as long as `busy_timeout` for another process' lock.
  Connection(const std::string& path, Mode mode,
             std::chrono::milliseconds busy_timeout = kBusyTimeout);

  // A use of the statement, which is prepared at the first. `sql` must be a constant: the cache
  // knows it by its address. Two uses of one statement must not overlap.
  SQLite::Statement& Prepare(const char* sql);
  // One that is used once: `sql` may be put together.
  std::unique_ptr<SQLite::Statement> PrepareOnce(const std::string& sql);
  // Runs statements that are needed once: pragmas, migrations.
  void Execute(const std::string& sql) { database_.exec(sql); }
  int64_t ExecuteAndGetInt(const std::string& sql);
  // Whether BEGIN was run and neither COMMIT nor ROLLBACK since; SQLite itself rolls back after
  // some errors.
  bool InTransaction() const;
  // Rows that were changed since it was opened.
  int64_t TotalChanges() const;
  // From now on statements ask `stop` every some thousand steps, and end with SQLITE_INTERRUPT once
  // it holds. It must not use the connection.
  void StopWhen(std::function<bool()> stop);

 private:
  friend class PageCopy;
  SQLite::Database database_;
  std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements_;
  std::function<bool()> stop_;
};

// How to read a file that may or may not be in use: kUnshared where no log lies beside it, as it
// does while anything has the file open to write, or has not closed it.
Connection::Mode ReadingMode(const std::string& path);

// Column 0 of all rows.
std::vector<int64_t> ReadIntegers(Query& query);
std::vector<std::string> ReadTexts(Query& query);

// Copies all pages of one database over another, some at a time. While `from` is in a read
// transaction the copy is of that moment, whoever writes meanwhile. Both must outlive it.
class PageCopy {
 public:
  PageCopy(Connection& to, Connection& from) : backup_(to.database_, from.database_) {}

  // Copies at most so many pages; false once all are there.
  bool Step(int pages);
  // Known after the first step.
  int64_t total_pages() { return backup_.getTotalPageCount(); }
  int64_t remaining_pages() { return backup_.getRemainingPageCount(); }

 private:
  SQLite::Backup backup_;
};

// A transaction of a connection that is rolled back unless it was committed.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };
  Transaction(Connection& connection, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void Commit();

 private:
  Connection& connection_;
};

}  // namespace adares
