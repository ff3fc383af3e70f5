// Notices a schema that was changed by something else than a migration.
#pragma once

#include "absl/status/status.h"
#include "server/store/sqlite.h"

namespace adares {

// FAILED_PRECONDITION SCHEMA_MISMATCH, naming the first difference, where `actual` lacks a table,
// index, trigger or view of `expected`, defines it in other words, or has an index or a trigger on
// one of its tables that `expected` has not. Further tables and views are people's own business.
absl::Status CheckSchema(Connection& expected, Connection& actual);

}  // namespace adares
