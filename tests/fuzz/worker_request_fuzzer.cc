// What workers ask for: requests are refused with a reason, or mean what they say and no more. The
// first byte says which request.
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/report_limits.h"
#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/convert_worker.h"
#include "rpc/names.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/require.h"

namespace adares {
namespace {

using fuzz::Require;
using fuzz::RequireRefusal;

void Registrations(const std::string& bytes) {
  v1::RegisterWorkerRequest request;
  if (!request.ParseFromString(bytes)) return;
  const absl::StatusOr<Registration> registration = FromProto(request);
  if (!registration.ok()) return RequireRefusal(registration.status());
  const WorkerRecord* const worker = &registration->worker;
  const auto name = ParseWorkerResource(WorkerResource(request.worker()));
  Require(name.ok() && *name == worker->name, "people can name the worker");
  Require(worker->slots >= 1 && worker->slots <= kMaxSlots, "slots are within their limits");
  for (const std::string& text : {worker->instance, registration->previous_instance,
                                  worker->hostname, worker->version, worker->capability.device}) {
    Require(text.size() <= kMaxNameBytes, "texts are short");
  }
  // As the database keeps it.
  const absl::StatusOr<Capability> kept = ParseCapability(ToText(worker->capability));
  Require(kept.ok() && *kept == worker->capability, "what the machine has can be kept");
  const v1::Worker told = ToProto(*worker);
  Require(told.name() == WorkerResource(request.worker()), "and told");
}

void Syncs(const std::string& bytes) {
  v1::SyncRequest request;
  if (!request.ParseFromString(bytes)) return;
  const Duration wait = WaitOf(request, std::chrono::seconds(5));
  Require(wait >= Duration(0) && wait <= std::chrono::seconds(5), "nothing waits for ever");
  const absl::StatusOr<SyncInput> input = FromProto(request);
  if (!input.ok()) return RequireRefusal(input.status());
  Require(static_cast<int>(input->held.size()) == request.attempts_size(), "nothing is invented");
  for (int i = 0; i < request.attempts_size(); ++i) {
    const AttemptId& id = input->held[static_cast<size_t>(i)].id;
    Require(TrialResource(id.sweep, id.trial) == request.attempts(i).trial() &&
                id.attempt == request.attempts(i).attempt() && id.attempt > 0,
            "an attempt is the one that was named");
  }
}

void RequireTarget(const v1::BlobUpload& upload, const UploadTarget& target) {
  Require(TrialResource(target.id.sweep, target.id.trial) == upload.trial() &&
              target.id.attempt == upload.attempt() && target.id.attempt > 0,
          "the attempt is the one that was named");
  Require(target.blob == BlobName{upload.sha256(), upload.size_bytes()}, "so is the blob");
  Require(target.blob.size_bytes >= 0 && IsSha256(target.blob.sha256), "which can be one");
}

// A stream: each message behind two bytes that say how long it is.
void Uploads(const std::string& bytes) {
  std::optional<UploadTarget> begun;
  for (size_t at = 0; at + 2 <= bytes.size();) {
    const size_t size = static_cast<uint8_t>(bytes[at]) | static_cast<uint8_t>(bytes[at + 1]) << 8;
    v1::UploadBlobRequest part;
    if (!part.ParseFromString(bytes.substr(at + 2, size))) return;
    at += 2 + size;
    const absl::Status fits = CheckPart(part, !begun);
    if (!fits.ok()) return RequireRefusal(fits);
    Require(part.has_begin() == !begun, "an upload begins once");
    if (begun) continue;
    absl::StatusOr<UploadTarget> target = FromProto(part.begin().upload());
    if (!target.ok()) return RequireRefusal(target.status());
    RequireTarget(part.begin().upload(), *target);
    begun = *std::move(target);
  }
}

void Others(const std::string& bytes) {
  v1::DownloadBlobRequest download;
  if (download.ParseFromString(bytes)) {
    const auto hash = HashOf(download);
    if (!hash.ok()) RequireRefusal(hash.status());
    Require(!hash.ok() || IsSha256(*hash), "only a hash names a file");
  }
  v1::CordonWorkerRequest cordon;
  if (!cordon.ParseFromString(bytes)) return;
  const auto reason = ReasonOf(cordon);
  if (!reason.ok()) return RequireRefusal(reason.status());
  Require(!reason->empty() && reason->size() <= kLongestCordonReason, "a reason can be shown");
}

constexpr std::array kTurns = {Registrations, Syncs, Uploads, Others};

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  adares::kTurns[data[0] % adares::kTurns.size()](std::string(data + 1, data + size));
  return 0;
}
