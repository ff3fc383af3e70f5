#include "worker/agent/disk_error.h"

#include "core/status.h"

namespace adares::worker {
namespace {

// Never sent: no coordinator answers with it.
constexpr std::string_view kReason = "WORKER_DISK_FAILED";

}  // namespace

absl::Status DiskError(std::string_view message) {
  return MakeError(absl::StatusCode::kInternal, kReason, message);
}

bool IsDiskError(const absl::Status& status) { return ErrorReason(status) == kReason; }

}  // namespace adares::worker
