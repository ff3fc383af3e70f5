#include "server/store/foreign_keys.h"

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

constexpr char kOfAll[] = "PRAGMA foreign_key_check";
constexpr char kOfOne[] = R"sql(SELECT "table", rowid, parent FROM pragma_foreign_key_check(?))sql";

void TellRows(Query& query, const DanglingRowSink& found) {
  while (query.Step()) {
    // Tables without row ids have no number to name a row by.
    const std::string row = query.IsNull(1) ? "a row" : absl::StrCat("row ", query.Int(1));
    found(query.Text(0),
          absl::StrCat(row, " refers to a row of ", query.Text(2), " that is not there"));
  }
}

}  // namespace

void FindDanglingRows(Connection& connection, const DanglingRowSink& found) {
  Query query(connection.Prepare(kOfAll));
  TellRows(query, found);
}

void FindDanglingRowsOf(Connection& connection, const std::string& table,
                        const DanglingRowSink& found) {
  Query query(connection.Prepare(kOfOne));
  TellRows(query.Bind(table), found);
}

}  // namespace adares
