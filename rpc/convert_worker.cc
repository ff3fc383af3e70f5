#include "rpc/convert_worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/registration.h"
#include "core/report_limits.h"
#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/names.h"

namespace adares {
namespace {

HeldPhase PhaseOf(v1::HeldAttempt::Phase phase) {
  switch (phase) {
    case v1::HeldAttempt::PHASE_STOPPING:
      return HeldPhase::kStopping;
    case v1::HeldAttempt::PHASE_REPORTING:
      return HeldPhase::kReporting;
    default:
      return HeldPhase::kRunning;
  }
}

v1::StopOrder::Reason ToProto(StopReason reason) {
  switch (reason) {
    case StopReason::kLeaseLost:
      return v1::StopOrder::REASON_LEASE_LOST;
    case StopReason::kCancelled:
      return v1::StopOrder::REASON_CANCELLED;
    case StopReason::kPaused:
      return v1::StopOrder::REASON_PAUSED;
    case StopReason::kStoppedEarly:
      return v1::StopOrder::REASON_STOPPED_EARLY;
    case StopReason::kTimeout:
      return v1::StopOrder::REASON_TIMEOUT;
  }
  return v1::StopOrder::REASON_UNSPECIFIED;
}

absl::Status CheckHash(const std::string& sha256) {
  if (IsSha256(sha256)) return absl::OkStatus();
  return InvalidField("sha256", "must be 64 lower-case hex digits");
}

}  // namespace

absl::StatusOr<Registration> FromProto(const v1::RegisterWorkerRequest& request) {
  Registration registration;
  WorkerRecord& worker = registration.worker;
  worker.name = request.worker();
  worker.instance = request.instance();
  worker.hostname = request.hostname();
  worker.slots = request.slots();
  worker.version = request.version();
  worker.capability.device = request.device();
  worker.capability.memory_bytes = request.memory_bytes();
  worker.capability.labels.insert(request.labels().begin(), request.labels().end());
  if (request.datasets_known()) {
    worker.capability.datasets.emplace(request.datasets().begin(), request.datasets().end());
  }
  registration.previous_instance = request.previous_instance();
  ADARES_RETURN_IF_ERROR(CheckRegistration(registration));
  return registration;
}

absl::StatusOr<SyncInput> FromProto(const v1::SyncRequest& request) {
  if (request.attempts_size() > kMaxHeldAttempts) {
    return InvalidField("attempts", absl::StrCat("at most ", kMaxHeldAttempts));
  }
  if (request.stuck_slots() < 0) return InvalidField("stuck_slots", "must not be negative");
  if (request.sequence() < 0) return InvalidField("sequence", "must not be negative");
  SyncInput input{request.worker(),   request.instance(), {},
                  request.draining(), request.leaving(),  request.stuck_slots(),
                  request.sequence()};
  for (const v1::HeldAttempt& held : request.attempts()) {
    ADARES_ASSIGN_OR_RETURN(AttemptId id, ParseAttempt(held.trial(), held.attempt()));
    input.held.push_back({std::move(id), PhaseOf(held.phase())});
  }
  return input;
}

v1::SyncResponse ToProto(const SyncOutput& output) {
  v1::SyncResponse response;
  for (const Assignment& assignment : output.start) {
    v1::Assignment* message = response.add_start();
    message->set_trial(TrialResource(assignment.id.sweep, assignment.id.trial));
    message->set_attempt(assignment.id.attempt);
    message->set_spec_json(assignment.spec_json);
    if (assignment.checkpoint) {
      *message->mutable_checkpoint() = ToProto(*assignment.checkpoint);
    }
  }
  response.set_drain(output.drain);
  for (const StopOrder& order : output.stop) {
    v1::StopOrder* message = response.add_stop();
    message->set_trial(TrialResource(order.id.sweep, order.id.trial));
    message->set_attempt(order.id.attempt);
    message->set_reason(ToProto(order.reason));
  }
  return response;
}

Duration WaitOf(const v1::SyncRequest& request, Duration longest) {
  return std::clamp(FromProto(request.max_wait()), Duration(0),
                    request.leaving() ? Duration(0) : longest);
}

absl::StatusOr<UploadTarget> FromProto(const v1::BlobUpload& upload) {
  UploadTarget target{upload.worker(), upload.instance(), {}, {}};
  ADARES_ASSIGN_OR_RETURN(target.id, ParseAttempt(upload.trial(), upload.attempt()));
  ADARES_RETURN_IF_ERROR(CheckHash(upload.sha256()));
  if (upload.size_bytes() < 0 || upload.size_bytes() > kMaxBlobBytes) {
    return InvalidField("size_bytes",
                        absl::StrCat(upload.size_bytes(), " is not in 0..", kMaxBlobBytes));
  }
  target.blob = {upload.sha256(), upload.size_bytes()};
  return target;
}

absl::Status CheckPart(const v1::UploadBlobRequest& request, bool is_first) {
  if (request.has_begin() != is_first) {
    return InvalidField("part", "an upload has one beginning, and then chunks");
  }
  if (request.chunk().size() <= kMaxChunkBytes) return absl::OkStatus();
  return InvalidField("chunk", absl::StrCat("longer than ", kMaxChunkBytes, " bytes"));
}

absl::StatusOr<std::string> HashOf(const v1::DownloadBlobRequest& request) {
  ADARES_RETURN_IF_ERROR(CheckHash(request.sha256()));
  return request.sha256();
}

absl::StatusOr<std::string> ReasonOf(const v1::CordonWorkerRequest& request) {
  if (request.reason().size() > kLongestCordonReason) {
    return InvalidField("reason", absl::StrCat("longer than ", kLongestCordonReason, " bytes"));
  }
  return request.reason().empty() ? "on request" : request.reason();
}

}  // namespace adares
