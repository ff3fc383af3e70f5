#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/offline/offline_work.h"
#include "server/offline/replace_database.h"
#include "server/offline/working_copy.h"
#include "server/store/database_check.h"
#include "server/store/database_copy.h"
#include "server/store/migrator.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

absl::Status CheckSource(const RestoreRequest& request) {
  std::error_code ignored;
  if (!fs::is_regular_file(request.source, ignored)) {
    return MakeError(absl::StatusCode::kNotFound, reason::kDatabaseMissing,
                     absl::StrCat("there is no file ", request.source));
  }
  if (fs::equivalent(request.source, request.state_dir + "/adares.db", ignored)) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                     absl::StrCat(request.source, " is the database of this folder itself"));
  }
  return absl::OkStatus();
}

absl::Status CheckTarget(const RestoreRequest& request, const StateFolder& folder) {
  std::error_code ignored;
  if (request.replace || !fs::exists(folder.database(), ignored)) return absl::OkStatus();
  // A database that is damaged cannot be counted.
  const auto contents = ContentsOf(folder.database());
  const std::string size = contents.ok() ? absl::StrCat(" with ", contents->sweeps, " sweeps and ",
                                                        contents->trials, " trials")
                                         : "";
  return MakeError(absl::StatusCode::kAlreadyExists, reason::kDatabaseExists,
                   absl::StrCat("--state ", request.state_dir, " has a database already", size));
}

absl::StatusOr<SchemaState> CheckedSchema(const std::string& source, const std::string& path) {
  auto schema = InspectSchema(path, EmbeddedMigrations());
  if (!schema.ok()) {
    // The copy's name is nobody's business.
    return MakeError(schema.status().code(), ErrorReason(schema.status()),
                     absl::StrCat(source, ": ", std::string(schema.status().message())),
                     ErrorMetadata(schema.status()));
  }
  if (schema->version > 0) return schema;
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kSchemaMismatch,
                   absl::StrCat(source, " is empty: it holds no database of adares"));
}

}  // namespace

absl::StatusOr<v1::RestoreReport> RestoreOffline(const RestoreRequest& request, Timestamp now,
                                                 const EventSink& sink) {
  ADARES_RETURN_IF_ERROR(CheckSource(request));
  ADARES_ASSIGN_OR_RETURN(const auto folder, StateFolder::Open(request.state_dir));
  ADARES_RETURN_IF_ERROR(CheckTarget(request, *folder));
  WorkingCopy copy(*folder);
  ADARES_RETURN_IF_ERROR(copy.Make(request.source, "the database", sink));
  ADARES_ASSIGN_OR_RETURN(const SchemaState schema, CheckedSchema(request.source, copy.path()));
  ADARES_RETURN_IF_ERROR(copy.Check(sink));
  v1::RestoreReport report;
  report.set_schema_version(static_cast<int32_t>(schema.version));
  report.set_bytes(SizeOfDatabase(copy.path()));
  ADARES_ASSIGN_OR_RETURN(const DatabaseContents contents, ContentsOf(copy.path()));
  report.set_sweeps(contents.sweeps);
  report.set_trials(contents.trials);
  ADARES_ASSIGN_OR_RETURN(*report.mutable_kept_as(), ReplaceDatabase(*folder, now));
  return report;
}

}  // namespace adares
