// Checks on a read-only connection first, so that a file that is refused stays as it is.
#include "server/store/migrator.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/sha256.h"
#include "core/status.h"
#include "server/store/foreign_keys.h"
#include "server/store/schema_check.h"
#include "server/store/sqlite.h"

namespace adares {
namespace {

constexpr char kCreateRecord[] = R"sql(
CREATE TABLE schema_migration (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT)sql";

constexpr char kTables[] = R"sql(
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
  AND name NOT LIKE '\_litestream\_%' ESCAPE '\'
ORDER BY name)sql";

constexpr char kApplied[] = "SELECT version, name, sha256 FROM schema_migration ORDER BY version";

constexpr char kRecord[] =
    "INSERT INTO schema_migration (version, name, sha256, applied_at) VALUES (?, ?, ?, ?)";

constexpr char kRecordTable[] = "schema_migration";
constexpr size_t kShownDigits = 12;

struct Applied {
  std::string name;
  std::string sha256;
};

absl::Status Mismatch(const std::string& message) {
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kSchemaMismatch, message);
}

std::vector<std::string> Tables(Connection& connection) {
  Query query(connection.Prepare(kTables));
  std::vector<std::string> names;
  while (query.Step()) names.push_back(query.Text(0));
  return names;
}

// What the file says was applied, by version; nothing for a new file.
absl::StatusOr<std::map<int64_t, Applied>> ReadApplied(Connection& connection) {
  const std::vector<std::string> tables = Tables(connection);
  std::map<int64_t, Applied> applied;
  if (tables.empty()) return applied;
  if (std::find(tables.begin(), tables.end(), kRecordTable) == tables.end()) {
    return Mismatch(absl::StrCat("this SQLite database is not one of adares: it has the table ",
                                 tables.front(), " but no ", kRecordTable, "; name another file"));
  }
  Query query(connection.Prepare(kApplied));
  while (query.Step()) applied[query.Int(0)] = {query.Text(1), query.Text(2)};
  return applied;
}

absl::Status CheckApplied(const std::map<int64_t, Applied>& applied,
                          const std::vector<Migration>& migrations) {
  if (applied.empty()) return absl::OkStatus();
  const auto& [newest, newest_applied] = *applied.rbegin();
  const int64_t known = migrations.empty() ? 0 : migrations.back().version;
  if (newest > known) {
    return Mismatch(
        absl::StrCat("the file has schema ", newest, " (", newest_applied.name,
                     "), this program knows schemas up to ", known,
                     "; use the version of adares that wrote the file, or a newer one"));
  }
  for (const Migration& migration : migrations) {
    const auto found = applied.find(migration.version);
    if (found == applied.end()) {
      if (migration.version > newest) break;
      return Mismatch(absl::StrCat("the file has schema ", newest, " but lacks migration ",
                                   migration.version, " (", std::string(migration.name),
                                   "); restore it from a backup"));
    }
    const std::string sha256 = Sha256Hex(migration.sql);
    if (found->second.sha256 == sha256) continue;
    return Mismatch(absl::StrCat(
        "migration ", migration.version, " was applied to the file as ", found->second.name,
        " with checksum ", found->second.sha256.substr(0, kShownDigits), ", this program has ",
        std::string(migration.name), " with ", sha256.substr(0, kShownDigits),
        "; use the version of adares that wrote the file"));
  }
  return absl::OkStatus();
}

void Apply(Connection& connection, const Migration& migration, Timestamp now) {
  connection.Execute(std::string(migration.sql));
  Query(connection.Prepare(kRecord))
      .Bind(migration.version)
      .Bind(std::string(migration.name))
      .Bind(Sha256Hex(migration.sql))
      .Bind(now)
      .Run();
}

// Rows of the tables in `ours` must refer to rows that are there; what people's own tables refer to
// is their business. DATA_LOSS DATABASE_CORRUPT with the first.
absl::Status CheckReferences(Connection& connection, const std::vector<std::string>& ours) {
  std::string first;
  int64_t count = 0;
  for (const std::string& each : ours) {
    FindDanglingRowsOf(connection, each, [&](const std::string& table, const std::string& problem) {
      if (++count == 1) first = absl::StrCat("in ", table, " ", problem);
    });
  }
  if (count == 0) return absl::OkStatus();
  return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                   absl::StrCat("the result is not sound: ", first,
                                count > 1 ? absl::StrCat(", and ", count - 1, " more such") : "",
                                "; the migration was undone. See `adares db check --state` of the "
                                "version that wrote the file; restore a backup that passes it"));
}

// The schema of the file must be what its migrations made of it.
absl::StatusOr<SchemaState> CheckFile(Connection& connection,
                                      const std::vector<Migration>& migrations) {
  ADARES_ASSIGN_OR_RETURN(const auto applied, ReadApplied(connection));
  ADARES_RETURN_IF_ERROR(CheckApplied(applied, migrations));
  SchemaState state;
  if (!applied.empty()) state.version = applied.rbegin()->first;
  Connection expected(":memory:", Connection::Mode::kReadWrite);
  expected.Execute(kCreateRecord);
  for (const Migration& migration : migrations) {
    if (applied.contains(migration.version)) {
      expected.Execute(std::string(migration.sql));
    } else {
      state.missing.push_back(migration);
    }
  }
  if (!applied.empty()) ADARES_RETURN_IF_ERROR(CheckSchema(expected, connection));
  return state;
}

// One migration in a transaction of its own, unless the file has it. `expected` gets it, too.
absl::Status ApplyOne(Connection& connection, Connection& expected, const Migration& migration,
                      Timestamp now) {
  Transaction transaction(connection, Transaction::Kind::kWrite);
  ADARES_ASSIGN_OR_RETURN(const auto applied, ReadApplied(connection));
  if (applied.contains(migration.version)) {
    expected.Execute(std::string(migration.sql));
    return absl::OkStatus();
  }
  if (applied.empty()) connection.Execute(kCreateRecord);
  const std::string what =
      absl::StrCat("apply migration ", migration.version, " (", std::string(migration.name), ")");
  const absl::Status status = Guarded(what.c_str(), [&] {
    Apply(connection, migration, now);
    expected.Execute(std::string(migration.sql));
    return Annotate(CheckReferences(connection, Tables(expected)), what);
  });
  ADARES_RETURN_IF_ERROR(status);
  transaction.Commit();
  return absl::OkStatus();
}

absl::Status ApplyMissing(const std::string& path, const std::vector<Migration>& migrations,
                          Timestamp now) {
  Connection connection(path, Connection::Mode::kReadWrite);
  Connection expected(":memory:", Connection::Mode::kReadWrite);
  for (const Migration& migration : migrations) {
    ADARES_RETURN_IF_ERROR(ApplyOne(connection, expected, migration, now));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SchemaState> InspectSchema(const std::string& path,
                                          const std::vector<Migration>& migrations) {
  auto state = Guarded("read the schema", [&]() -> absl::StatusOr<SchemaState> {
    Connection connection(path, ReadingMode(path));
    return CheckFile(connection, migrations);
  });
  if (!state.ok()) return Annotate(state.status(), path);
  return state;
}

absl::Status Migrate(const std::string& path, const std::vector<Migration>& migrations,
                     Timestamp now) {
  const absl::Status status = Guarded("open the database", [&]() -> absl::Status {
    std::error_code ignored;  // what cannot be looked at fails with a better message when opened
    if (std::filesystem::exists(path, ignored)) {
      Connection connection(path, Connection::Mode::kReadOnly);
      ADARES_RETURN_IF_ERROR(CheckFile(connection, migrations).status());
    }
    return ApplyMissing(path, migrations, now);
  });
  return Annotate(status, path);
}

}  // namespace adares
