#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/convert_admin.h"
#include "server/offline/offline_work.h"
#include "server/store/database_check.h"

namespace adares {

absl::StatusOr<std::unique_ptr<StateFolder>> LockFolder(const std::string& state_dir,
                                                        bool needs_database) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(state_dir, ignored)) {
    return MakeError(absl::StatusCode::kNotFound, reason::kDatabaseMissing,
                     absl::StrCat("--state ", state_dir, ": there is no such folder"));
  }
  ADARES_ASSIGN_OR_RETURN(auto folder, StateFolder::Open(state_dir));
  if (needs_database && !std::filesystem::exists(folder->database(), ignored)) {
    return MakeError(absl::StatusCode::kNotFound, reason::kDatabaseMissing,
                     absl::StrCat("--state ", state_dir, ": there is no adares.db in it"));
  }
  return folder;
}

absl::StatusOr<v1::CheckReport> CheckOffline(const std::string& state_dir, const EventSink& sink) {
  ADARES_ASSIGN_OR_RETURN(const auto folder, LockFolder(state_dir, /*needs_database=*/true));
  v1::CheckReport report;
  CheckObserver observer;
  observer.begin = [&](const std::string& check) {
    v1::OfflineEvent event;
    event.mutable_check()->set_begun(check);
    sink(event);
  };
  observer.end = [&](const CheckResult& result) {
    v1::OfflineEvent event;
    *event.mutable_check()->mutable_result() = ToProto(result);
    sink(event);
    if (result.outcome == CheckResult::Outcome::kFailed) {
      report.set_failed_checks(report.failed_checks() + 1);
    }
  };
  ADARES_RETURN_IF_ERROR(
      CheckDatabase(folder->database(), CheckDepth::kAll, observer, folder->artifacts()));
  return report;
}

}  // namespace adares
