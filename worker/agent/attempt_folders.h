// The folders of attempts below the agent's state folder: attempts/<sweep>-<trial>-<attempt>/ with
// the log and, until everything is acknowledged, the spool and checkpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>

#include "absl/status/statusor.h"
#include "core/records.h"

namespace adares::worker {

// Not thread-safe.
class AttemptFolders {
 public:
  static constexpr char kLogFile[] = "trainer.log";
  static constexpr char kSpoolFile[] = "outbox";
  static constexpr char kCheckpointFolder[] = "checkpoints";  // the trainer's
  static constexpr char kUploadFolder[] = "uploads";          // of those that are on their way
  static constexpr char kFetchFolder[] = "fetched";           // of one that comes
  static constexpr size_t kKeptLogs = 200;

  // Takes over the folder of an earlier agent: its spools are removed, since its leases end with
  // our registration; its logs count as kept ones. INTERNAL with path and cause.
  static absl::StatusOr<AttemptFolders> Open(const std::filesystem::path& state_folder,
                                             size_t kept_logs = kKeptLogs);

  // The folder of an attempt.
  std::filesystem::path PathOf(const AttemptId& id) const;

  // An empty folder for an attempt that begins. INTERNAL with path and cause.
  absl::StatusOr<std::filesystem::path> Create(const AttemptId& id);

  // What the attempt's folder holds.
  int64_t BytesOf(const AttemptId& id) const;

  // Whether attempts could keep so many bytes here now. INTERNAL with path and cause.
  absl::Status CheckRoom(int64_t bytes) const;

  // The attempt is over: of its folder only the log stays, and of the logs only the newest.
  void Retire(const AttemptId& id);

 private:
  AttemptFolders(std::filesystem::path root, size_t kept_logs)
      : root_(std::move(root)), kept_logs_(kept_logs) {}

  void KeepLog(const std::filesystem::path& folder);

  std::filesystem::path root_;
  size_t kept_logs_;
  std::deque<std::filesystem::path> retired_;  // oldest first
};

}  // namespace adares::worker
