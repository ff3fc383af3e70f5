#include "worker/agent/wire.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/report_limits.h"
#include "rpc/convert.h"
#include "rpc/names.h"
#include "worker/agent/fit_texts.h"

namespace adares::worker {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

google::protobuf::Duration ToWire(Duration duration) {
  google::protobuf::Duration message;
  message.set_seconds(duration.count() / kMicrosPerSecond);
  message.set_nanos(static_cast<int32_t>(duration.count() % kMicrosPerSecond * 1000));
  return message;
}

Duration FromWire(const google::protobuf::Duration& message) {
  return FromProto(message);  // within its limits, whatever the coordinator says
}

v1::HeldAttempt::Phase ToWire(AttemptPhase phase) {
  switch (phase) {
    case AttemptPhase::kRunning:
      return v1::HeldAttempt::PHASE_RUNNING;
    case AttemptPhase::kStopping:
      return v1::HeldAttempt::PHASE_STOPPING;
    case AttemptPhase::kReporting:
      return v1::HeldAttempt::PHASE_REPORTING;
  }
  return v1::HeldAttempt::PHASE_UNSPECIFIED;
}

// A reason of a newer coordinator is a wish to stop, too.
StopReason FromWire(v1::StopOrder::Reason reason) {
  switch (reason) {
    case v1::StopOrder::REASON_LEASE_LOST:
      return StopReason::kLeaseLost;
    case v1::StopOrder::REASON_PAUSED:
      return StopReason::kPaused;
    case v1::StopOrder::REASON_STOPPED_EARLY:
      return StopReason::kStoppedEarly;
    case v1::StopOrder::REASON_TIMEOUT:
      return StopReason::kTimeout;
    default:
      return StopReason::kCancelled;
  }
}

template <typename Message>
std::optional<AttemptId> IdOf(const Message& message) {
  auto id = ParseAttempt(message.trial(), message.attempt());
  if (id.ok()) return *std::move(id);
  spdlog::error("event=order_unreadable error={:?}", std::string(id.status().message()));
  return std::nullopt;
}

}  // namespace

v1::RegisterWorkerRequest ToRegisterRequest(const WorkerIdentity& identity) {
  v1::RegisterWorkerRequest request;
  request.set_worker(identity.name);
  request.set_instance(identity.instance.own);
  request.set_previous_instance(identity.instance.previous);
  request.set_hostname(FitText(identity.hostname, kMaxNameBytes));
  request.set_device(FitText(identity.capability.device, kMaxNameBytes));
  request.set_memory_bytes(identity.capability.memory_bytes);
  for (const auto& [key, value] : identity.capability.labels) {
    (*request.mutable_labels())[key] = value;
  }
  if (const auto& datasets = identity.capability.datasets) {
    request.set_datasets_known(true);
    request.mutable_datasets()->Assign(datasets->begin(), datasets->end());
  }
  request.set_slots(identity.slots);
  request.set_version(identity.version);
  return request;
}

v1::SyncRequest ToSyncRequest(const WorkerIdentity& identity, const SyncState& state) {
  v1::SyncRequest request;
  request.set_worker(identity.name);
  request.set_instance(identity.instance.own);
  for (const HeldAttempt& held : state.attempts) {
    v1::HeldAttempt* message = request.add_attempts();
    message->set_trial(TrialResource(held.id.sweep, held.id.trial));
    message->set_attempt(held.id.attempt);
    message->set_phase(ToWire(held.phase));
  }
  request.set_draining(state.draining);
  request.set_leaving(state.leaving);
  request.set_stuck_slots(state.stuck_slots);
  *request.mutable_max_wait() = ToWire(state.max_wait);
  request.set_sequence(state.sequence);
  return request;
}

v1::ReportRequest ToReportRequest(const WorkerIdentity& identity, const ReportBatch& batch) {
  v1::ReportRequest request;
  request.set_worker(identity.name);
  request.set_instance(identity.instance.own);
  request.set_trial(TrialResource(batch.id.sweep, batch.id.trial));
  request.set_attempt(batch.id.attempt);
  request.set_first_sequence(batch.first_sequence);
  for (const std::string& record : batch.records) {
    // One that does not parse, from a spoiled disk, goes empty and is refused by the coordinator.
    request.add_records()->ParseFromString(record);
  }
  return request;
}

absl::StatusOr<WorkerTerms> FromWire(const v1::RegisterWorkerResponse& response) {
  const WorkerTerms terms{FromWire(response.sync_interval()), FromWire(response.lease_duration())};
  if (terms.sync_interval <= Duration::zero() || terms.lease_duration <= Duration::zero()) {
    return absl::InternalError("the coordinator named no sync interval or no lease duration");
  }
  return terms;
}

SyncOrders FromWire(const v1::SyncResponse& response) {
  SyncOrders orders;
  for (const v1::Assignment& assignment : response.start()) {
    auto id = IdOf(assignment);
    if (!id) continue;
    orders.start.push_back({*std::move(id), assignment.spec_json()});
    if (!assignment.has_checkpoint()) continue;
    auto checkpoint = FromProto(assignment.checkpoint());
    if (checkpoint.ok()) {
      orders.start.back().checkpoint = *std::move(checkpoint);
    } else {
      spdlog::error("event=order_unreadable error={:?}",
                    std::string(checkpoint.status().message()));
      // Nothing that a trainer can go on from, which ends the attempt before it supersedes
      // anything.
      orders.start.back().checkpoint = Checkpoint{};
      orders.start.back().checkpoint->step = assignment.checkpoint().step();
    }
  }
  orders.drain = response.drain();
  for (const v1::StopOrder& order : response.stop()) {
    if (auto id = IdOf(order)) {
      orders.stop.push_back({*std::move(id), FromWire(order.reason())});
    }
  }
  return orders;
}

std::optional<ReportAnswer> FromWire(const v1::ReportResponse& response) {
  auto id = IdOf(response);
  if (!id) return std::nullopt;
  ReportAnswer answer{*std::move(id), std::nullopt, ""};
  if (response.has_refused()) {
    answer.refusal = absl::StrCat(response.refused().reason(), ": ", response.refused().message());
  } else {
    answer.acknowledged = response.acknowledged_sequence();
  }
  return answer;
}

}  // namespace adares::worker
