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

// Of the attempts that are over; the newest one in any case.
struct KeptLogs {
  size_t most = 200;
  int64_t bytes = int64_t{2} << 30;  // in all
};

// Not thread-safe.
class AttemptFolders {
 public:
  static constexpr char kLogFile[] = "trainer.log";
  static constexpr char kSpoolFile[] = "outbox";
  static constexpr char kCheckpointFolder[] = "checkpoints";  // the trainer's
  static constexpr char kUploadFolder[] = "uploads";          // of those that are on their way
  static constexpr char kFetchFolder[] = "fetched";           // of one that comes

  // Takes over the folder of an earlier agent: its spools are removed, since its leases end with
  // our registration; its logs count as kept ones. INTERNAL with path and cause.
  static absl::StatusOr<AttemptFolders> Open(const std::filesystem::path& state_folder,
                                             const KeptLogs& kept = {});

  // The folder of an attempt.
  std::filesystem::path PathOf(const AttemptId& id) const;

  // An empty folder for an attempt that begins. INTERNAL with path and cause.
  absl::StatusOr<std::filesystem::path> Create(const AttemptId& id);

  // What the attempt's folder holds.
  int64_t BytesOf(const AttemptId& id) const;

  // Whether attempts could keep so many bytes here now. RESOURCE_EXHAUSTED where there is no room,
  // INTERNAL for other causes, with the path.
  absl::Status CheckRoom(int64_t bytes) const;
  // The same, and where there is no room makes some of the logs that are kept, the oldest first;
  // the newest stays.
  absl::Status MakeRoom(int64_t bytes);

  // The attempt is over: of its folder only the log stays, and of the logs only the newest.
  void Retire(const AttemptId& id);

 private:
  struct Retired {
    std::filesystem::path folder;
    int64_t bytes = 0;
  };

  AttemptFolders(std::filesystem::path root, const KeptLogs& kept)
      : root_(std::move(root)), kept_(kept) {}

  void KeepLog(const std::filesystem::path& folder);
  bool KeepsTooMuch() const;
  void DropOldestLog();

  std::filesystem::path root_;
  KeptLogs kept_;
  std::deque<Retired> retired_;  // oldest first
};

}  // namespace adares::worker
