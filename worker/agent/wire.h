// The border between the agent's words and those of adares.v1.WorkerService. Thread-safe: pure
// functions.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "adares/v1/worker_service.pb.h"
#include "core/requirement.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/instance.h"

namespace adares::worker {

// Who this worker is.
struct WorkerIdentity {
  std::string name;
  Instance instance;
  std::string hostname;
  Capability capability;
  int slots = 1;
  std::string version;
};

v1::RegisterWorkerRequest ToRegisterRequest(const WorkerIdentity& identity);
v1::SyncRequest ToSyncRequest(const WorkerIdentity& identity, const SyncState& state);
v1::ReportRequest ToReportRequest(const WorkerIdentity& identity, const ReportBatch& batch);

// INTERNAL where the coordinator names no positive interval and lease.
absl::StatusOr<WorkerTerms> FromWire(const v1::RegisterWorkerResponse& response);

// Orders about attempts whose names cannot be read are logged and left out: nothing can be answered
// about them. Checkpoints that cannot be read are logged and come without files: no trainer can go
// on from one, and so the attempt ends as an error and supersedes nothing.
SyncOrders FromWire(const v1::SyncResponse& response);
std::optional<ReportAnswer> FromWire(const v1::ReportResponse& response);

}  // namespace adares::worker
