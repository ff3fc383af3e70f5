#include "server/store/schema_check.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {
namespace {

// SQLite keeps the words of each CREATE statement. Indexes that constraints bring have none.
constexpr char kObjects[] = R"sql(
SELECT type, name, tbl_name, sql FROM sqlite_schema
WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY name)sql";

struct SchemaObject {
  std::string type;
  std::string table;
  std::string sql;
};

std::map<std::string, SchemaObject> Objects(Connection& connection) {
  Query query(connection.Prepare(kObjects));
  std::map<std::string, SchemaObject> objects;
  while (query.Step()) objects[query.Text(1)] = {query.Text(0), query.Text(2), query.Text(3)};
  return objects;
}

absl::Status Altered(const SchemaObject& object, const std::string& name,
                     const std::string& problem, const std::string& way_out) {
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kSchemaMismatch,
                   absl::StrCat("the schema was altered by something else than adares: the ",
                                object.type, " ", name, " ", problem, "; ", way_out),
                   {{"object", name}});
}

}  // namespace

absl::Status CheckSchema(Connection& expected, Connection& actual) {
  const std::map<std::string, SchemaObject> ours = Objects(expected);
  const std::map<std::string, SchemaObject> found = Objects(actual);
  for (const auto& [name, object] : ours) {
    const auto it = found.find(name);
    if (it == found.end()) {
      return Altered(object, name, "is missing", "restore the file from a backup");
    }
    if (it->second.sql != object.sql) {
      return Altered(object, name, "is defined in another way", "restore the file from a backup");
    }
  }
  for (const auto& [name, object] : found) {
    const bool acts_on_writes = object.type == "index" || object.type == "trigger";
    if (acts_on_writes && !ours.contains(name) && ours.contains(object.table)) {
      return Altered(object, name, absl::StrCat("on ", object.table, " is not one of adares"),
                     absl::StrCat("drop it: DROP ", object.type, " ", name));
    }
  }
  return absl::OkStatus();
}

}  // namespace adares
