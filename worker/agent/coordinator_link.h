// What an agent needs of its coordinator, in the agent's own words. The agent knows neither gRPC
// nor protobuf: grpc_coordinator_link.h speaks the protocol, tests script the other side.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/records.h"
#include "core/requirement.h"
#include "core/timestamp.h"

namespace adares::worker {

// What the coordinator wants of a registered worker.
struct WorkerTerms {
  Duration sync_interval{};
  Duration lease_duration{};
};

enum class AttemptPhase {
  kRunning,    // the trainer starts or trains
  kStopping,   // the trainer was told to stop
  kReporting,  // the trainer is done; records wait for their acknowledgement
};

struct HeldAttempt {
  AttemptId id;
  AttemptPhase phase = AttemptPhase::kRunning;
};

// All that a worker says of itself in one Sync.
struct SyncState {
  std::vector<HeldAttempt> attempts;
  bool draining = false;
  bool leaving = false;  // the last Sync: nothing is held any longer
  int stuck_slots = 0;   // that processes hold which do not die, or all while the disk is full
  Duration max_wait{};   // how long the coordinator may hold the call open
  int64_t sequence = 0;  // larger each time
};

struct Assignment {
  AttemptId id;
  std::string spec_json;
  std::optional<Checkpoint> checkpoint = std::nullopt;  // to go on from
};

// All but the last stop after the step and report what there is.
enum class StopReason {
  kCancelled,     // end as cancelled
  kPaused,        // end as preempted
  kStoppedEarly,  // end as cancelled
  kTimeout,       // end as timeout
  kLeaseLost,     // kill and forget
};

struct StopOrder {
  AttemptId id;
  StopReason reason = StopReason::kCancelled;
};

// All that the coordinator wants.
struct SyncOrders {
  std::vector<Assignment> start;
  std::vector<StopOrder> stop;
  bool drain = false;  // the worker is to leave
};

// Consecutive records of one attempt, each as CoordinatorLink::Encode gave it.
struct ReportBatch {
  AttemptId id;
  int64_t first_sequence = 0;
  std::vector<std::string> records;
};

// The coordinator's answer about one attempt: an acknowledgement, or else a refusal for good.
struct ReportAnswer {
  AttemptId id;
  std::optional<int64_t> acknowledged;  // the records up to this number are durable, and no others
  std::string refusal;                  // reason and message, where nothing is acknowledged
};

// What becomes of a report stream. Called on the owner thread.
struct ReportHandlers {
  std::function<void()> sent;  // there is room for the next batch
  // One for each batch, in their order. Nothing is stored after a gap; so the number of an attempt
  // falls only where the coordinator has lost records.
  std::function<void(const ReportAnswer&)> answered;
  std::function<void(const absl::Status&)> closed;  // last call; never OK
};

// Files on their way. Destroying it gives them up: its callback does not come then.
class Transfer {
 public:
  virtual ~Transfer() = default;
};

// Methods are called, and their callbacks made, on the agent's owner thread; never one inside the
// other. Destroying a link drops the callbacks that are under way.
class CoordinatorLink {
 public:
  virtual ~CoordinatorLink() = default;

  // The form in which a record waits in the outbox and travels.
  virtual std::string Encode(const ReportRecord& record) const = 0;

  // What the machine has now, for the registrations that follow.
  virtual void SetCapability(const Capability& capability) = 0;

  virtual void Register(std::function<void(absl::StatusOr<WorkerTerms>)> done) = 0;

  // At most one at a time.
  virtual void Sync(const SyncState& state,
                    std::function<void(absl::StatusOr<SyncOrders>)> done) = 0;

  // Ends the Sync under way early: its callback comes with CANCELLED, or with the answer that was
  // faster.
  virtual void CancelSync() = 0;

  // Opens the report stream, one at a time. The first batch may be sent at once.
  virtual void OpenReports(ReportHandlers handlers) = 0;

  // Sends one batch on the open stream. The next only after `sent`.
  virtual void SendReport(const ReportBatch& batch) = 0;

  // Brings the files of a folder to the coordinator, for an attempt that holds its lease, and tells
  // what they are once they are safe there. Goes on where an earlier try was cut off.
  using UploadDone = std::function<void(absl::StatusOr<std::vector<CheckpointFile>>)>;
  [[nodiscard]] virtual std::unique_ptr<Transfer> Upload(const AttemptId& id,
                                                         const std::filesystem::path& folder,
                                                         UploadDone done) = 0;

  // Fills a folder with files of those contents, verified. Goes on where an earlier try was cut
  // off. NOT_FOUND where the coordinator has none such, DATA_LOSS where other bytes came, and a
  // DiskError where this machine's disk failed.
  [[nodiscard]] virtual std::unique_ptr<Transfer> Download(
      const std::vector<CheckpointFile>& files, const std::filesystem::path& folder,
      std::function<void(absl::Status)> done) = 0;
};

}  // namespace adares::worker
