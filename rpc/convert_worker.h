// What workers ask for as values of the domain, and what they are told. Conversions from messages
// return INVALID_ARGUMENT naming the field; those to messages cannot fail. Thread-safe: pure
// functions.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "adares/v1/worker_service.pb.h"
#include "core/checkpoint.h"
#include "core/records.h"
#include "core/registration.h"
#include "core/sync_exchange.h"
#include "core/timestamp.h"

namespace adares {

// Who uploads what.
struct UploadTarget {
  std::string worker;
  std::string instance;
  AttemptId id;
  BlobName blob;
};

// A worker that passes CheckRegistration.
absl::StatusOr<Registration> FromProto(const v1::RegisterWorkerRequest& request);

// A phase that is not known counts as running: the coordinator then says what should be.
absl::StatusOr<SyncInput> FromProto(const v1::SyncRequest& request);
v1::SyncResponse ToProto(const SyncOutput& output);
// How long the call may be held open: no longer than `longest`, and not at all by who leaves.
Duration WaitOf(const v1::SyncRequest& request, Duration longest);

absl::StatusOr<UploadTarget> FromProto(const v1::BlobUpload& upload);
// Whether the message may come where it comes: the first one begins the upload, the others are
// chunks of at most kMaxChunkBytes.
absl::Status CheckPart(const v1::UploadBlobRequest& request, bool is_first);

// The hash of the blob that is asked for.
absl::StatusOr<std::string> HashOf(const v1::DownloadBlobRequest& request);

inline constexpr size_t kLongestCordonReason = 200;

// Why the worker is set aside: "on request" where nothing is said.
absl::StatusOr<std::string> ReasonOf(const v1::CordonWorkerRequest& request);

}  // namespace adares
