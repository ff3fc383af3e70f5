#include <chrono>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/convert_admin.h"
#include "server/offline/offline_work.h"
#include "server/offline/replace_database.h"
#include "server/offline/working_copy.h"
#include "server/store/database_copy.h"
#include "server/store/migrator.h"

namespace adares {
namespace {

class Stopwatch {
 public:
  Duration Length() const {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin_);
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// One migration at a time, so that each can be timed.
absl::Status ApplyMissing(const std::string& path, const SchemaState& schema, Timestamp now,
                          const EventSink& sink, v1::MigrationReport& report) {
  std::vector<Migration> known;
  for (const Migration& migration : EmbeddedMigrations()) {
    known.push_back(migration);
    if (migration.version <= schema.version) continue;
    TellStep(sink, absl::StrCat("applying migration ", migration.version, " (",
                                std::string(migration.name), ")"));
    const Stopwatch stopwatch;
    ADARES_RETURN_IF_ERROR(Migrate(path, known, now));
    v1::AppliedMigration* applied = report.add_migrations();
    applied->set_version(migration.version);
    applied->set_name(std::string(migration.name));
    *applied->mutable_duration() = ToProto(stopwatch.Length());
    report.set_to_version(migration.version);
  }
  // Migrations use a log of their own.
  return CloseInOrder(path);
}

}  // namespace

absl::StatusOr<v1::MigrationReport> MigrateOffline(const MigrationRequest& request, Timestamp now,
                                                   const EventSink& sink) {
  ADARES_ASSIGN_OR_RETURN(const auto folder, LockFolder(request.state_dir, true));
  ADARES_ASSIGN_OR_RETURN(const SchemaState schema,
                          InspectSchema(folder->database(), EmbeddedMigrations()));
  v1::MigrationReport report;
  report.set_dry_run(request.dry_run);
  report.set_from_version(static_cast<int32_t>(schema.version));
  report.set_to_version(static_cast<int32_t>(schema.version));
  report.set_bytes_before(SizeOfDatabase(folder->database()));
  report.set_bytes_after(report.bytes_before());
  if (schema.missing.empty()) return report;

  const Stopwatch stopwatch;
  WorkingCopy copy(*folder);
  ADARES_RETURN_IF_ERROR(copy.Make(folder->database(), "the migrated database", sink));
  *report.mutable_copy_duration() = ToProto(stopwatch.Length());
  ADARES_RETURN_IF_ERROR(ApplyMissing(copy.path(), schema, now, sink, report));
  ADARES_RETURN_IF_ERROR(copy.Check(sink));
  report.set_bytes_after(SizeOfDatabase(copy.path()));
  if (request.dry_run) return report;
  ADARES_RETURN_IF_ERROR(SyncToDisk(copy.path()));
  ADARES_ASSIGN_OR_RETURN(*report.mutable_kept_as(), ReplaceDatabase(*folder, now));
  return report;
}

}  // namespace adares
