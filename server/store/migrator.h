// Brings a file to this program's schema. The migrations are migrations/*.sql, embedded at build
// time; each is applied in one transaction and recorded with its checksum in schema_migration.
// Tables of Litestream (`_litestream_*`) and people's own tables and views may stand in the file.
//
// Not thread-safe for one file; the state folder's lock keeps a second server away.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/timestamp.h"

namespace adares {

struct Migration {
  int version = 0;        // 1, 2, ... without a gap
  std::string_view name;  // "initial"
  std::string_view sql;
};

// What migrations/ held when this program was built, by version.
const std::vector<Migration>& EmbeddedMigrations();

// What the schema of a file is, and what this program's lacks in it.
struct SchemaState {
  int64_t version = 0;             // 0: it holds nothing yet
  std::vector<Migration> missing;  // in the order in which Migrate would apply them
};

// Only reads the file, and leaves nothing beside it where nobody uses it. Errors as Migrate's.
absl::StatusOr<SchemaState> InspectSchema(const std::string& path,
                                          const std::vector<Migration>& migrations);

// Creates the file if there is none, and applies those of `migrations` that it lacks. Before it
// changes a byte it checks the file: FAILED_PRECONDITION SCHEMA_MISMATCH where the schema is newer,
// an applied migration has another checksum, something else has altered what the migrations made
// (schema_check.h), or the database is not one of adares; DATA_LOSS
// DATABASE_CORRUPT where it is no SQLite database. A migration that fails leaves nothing of itself,
// nor does one after which rows of adares' tables refer to rows that are not there: DATA_LOSS
// DATABASE_CORRUPT, which names the first.
absl::Status Migrate(const std::string& path, const std::vector<Migration>& migrations,
                     Timestamp now);

}  // namespace adares
