// What AdminService and the offline commands tell, as messages. Conversions to messages cannot
// fail. Thread-safe: pure functions.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adares/v1/admin_service.pb.h"
#include "adares/v1/offline.pb.h"
#include "core/maintenance.h"
#include "core/timestamp.h"
#include "core/volume.h"
#include "rpc/convert.h"

namespace adares {

v1::VolumeInfo ToProto(const Volume& volume);
v1::CheckResult ToProto(const CheckResult& result);
v1::PruneCounts ToProto(const PruneCounts& counts);

// INVALID_ARGUMENT ARGUMENT_INVALID that names the field where the length is missing, negative or
// longer than a hundred years.
absl::StatusOr<Duration> OlderThan(const v1::PruneDatabaseRequest& request);

// An error as the offline commands print it, and back.
v1::OfflineError ToOfflineError(const absl::Status& status);
absl::Status FromOfflineError(const v1::OfflineError& error);

}  // namespace adares
