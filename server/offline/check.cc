#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/convert_admin.h"
#include "server/offline/offline_work.h"
#include "server/store/database_check.h"

namespace adares {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressEvery{200};

}  // namespace

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

absl::StatusOr<v1::CheckReport> CheckOffline(const CheckRequest& request, const EventSink& sink) {
  ADARES_ASSIGN_OR_RETURN(const auto folder,
                          LockFolder(request.state_dir, /*needs_database=*/true));
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
  observer.progress = [&, last = SteadyClock::time_point()](int64_t done, int64_t total) mutable {
    const SteadyClock::time_point now = SteadyClock::now();
    if (now - last < kProgressEvery) return;
    last = now;
    v1::OfflineEvent event;
    event.mutable_check()->mutable_progress()->set_done_bytes(done);
    event.mutable_check()->mutable_progress()->set_total_bytes(total);
    sink(event);
  };
  const CheckDepth depth = request.deep ? CheckDepth::kDeep : CheckDepth::kAll;
  ADARES_RETURN_IF_ERROR(CheckDatabase(folder->database(), depth, observer, folder->artifacts()));
  return report;
}

}  // namespace adares
