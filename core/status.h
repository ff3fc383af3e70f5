// Error values. Every function of adares that can fail returns absl::Status or absl::StatusOr;
// the codes are the gRPC codes, and `reason` says in one UPPER_SNAKE word what a program may
// branch on (the catalogue is docs/errors.md). Thread-safe: values only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace adares {

// Makes an error that carries a machine-readable reason and the dynamic values of the message.
absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const std::map<std::string, std::string>& metadata = {});

// INVALID_ARGUMENT ARGUMENT_INVALID: what is wrong with that field of a request. The rpc layer
// tells it as a google.rpc.BadRequest too.
absl::Status InvalidField(std::string_view field, std::string_view problem);

// The reason MakeError gave, or "" where none was given.
std::string ErrorReason(const absl::Status& status);

// The metadata MakeError gave, or an empty map.
std::map<std::string, std::string> ErrorMetadata(const absl::Status& status);

// Puts "`context`: " before the message; keeps code, reason and metadata. OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view context);

// Reasons that more than one layer names.
namespace reason {
inline constexpr std::string_view kSpecInvalid = "SPEC_INVALID";
inline constexpr std::string_view kArgumentInvalid = "ARGUMENT_INVALID";
inline constexpr std::string_view kPageTokenInvalid = "PAGE_TOKEN_INVALID";
inline constexpr std::string_view kSweepNotFound = "SWEEP_NOT_FOUND";
inline constexpr std::string_view kTrialNotFound = "TRIAL_NOT_FOUND";
inline constexpr std::string_view kAttemptNotFound = "ATTEMPT_NOT_FOUND";
inline constexpr std::string_view kMetricNotFound = "METRIC_NOT_FOUND";
inline constexpr std::string_view kSiteNotFound = "SITE_NOT_FOUND";
inline constexpr std::string_view kSweepExists = "SWEEP_EXISTS";
inline constexpr std::string_view kStateConflict = "STATE_CONFLICT";
inline constexpr std::string_view kLeaseLost = "LEASE_LOST";
inline constexpr std::string_view kWorkerUnknown = "WORKER_UNKNOWN";
inline constexpr std::string_view kWorkerNotFound = "WORKER_NOT_FOUND";
inline constexpr std::string_view kRequestIdReused = "REQUEST_ID_REUSED";
inline constexpr std::string_view kWorkerNameTaken = "WORKER_NAME_TAKEN";
inline constexpr std::string_view kBlobNotFound = "BLOB_NOT_FOUND";
inline constexpr std::string_view kBlobMismatch = "BLOB_MISMATCH";
inline constexpr std::string_view kUploadMoved = "UPLOAD_MOVED";
inline constexpr std::string_view kUploadsExcessive = "UPLOADS_EXCESSIVE";
inline constexpr std::string_view kOverloaded = "OVERLOADED";
inline constexpr std::string_view kStorageFull = "STORAGE_FULL";
inline constexpr std::string_view kStorageFailed = "STORAGE_FAILED";
inline constexpr std::string_view kDraining = "DRAINING";
inline constexpr std::string_view kSchemaMismatch = "SCHEMA_MISMATCH";
inline constexpr std::string_view kDatabaseBusy = "DATABASE_BUSY";
inline constexpr std::string_view kDatabaseFull = "DATABASE_FULL";
inline constexpr std::string_view kDatabaseCorrupt = "DATABASE_CORRUPT";
inline constexpr std::string_view kDatabaseMissing = "DATABASE_MISSING";
inline constexpr std::string_view kDatabaseExists = "DATABASE_EXISTS";
inline constexpr std::string_view kStateFolderInUse = "STATE_FOLDER_IN_USE";
inline constexpr std::string_view kMaintenanceBusy = "MAINTENANCE_BUSY";
}  // namespace reason

}  // namespace adares

#define ADARES_CONCAT_INNER(a, b) a##b
#define ADARES_CONCAT(a, b) ADARES_CONCAT_INNER(a, b)

// Returns from the enclosing function if `expression` is an error.
#define ADARES_RETURN_IF_ERROR(expression)                                                       \
  do {                                                                                           \
    if (absl::Status adares_status_ = (expression); !adares_status_.ok()) return adares_status_; \
  } while (false)

// Assigns the value of a StatusOr, or returns its error from the enclosing function.
#define ADARES_ASSIGN_OR_RETURN(target, expression) \
  ADARES_ASSIGN_OR_RETURN_IMPL(ADARES_CONCAT(adares_statusor_, __LINE__), target, expression)
#define ADARES_ASSIGN_OR_RETURN_IMPL(result, target, expression) \
  auto result = (expression);                                    \
  if (!result.ok()) return result.status();                      \
  target = std::move(result).value()
