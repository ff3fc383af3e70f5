// Carries the checkpoints of one attempt between this machine and the coordinator: fetches the one
// to go on from, and brings up those that the trainer writes, in their order and the newest for
// sure. No upload that fails fails the trial.
//
// In the attempt's folder, `checkpoints/` is where the trainer reads and writes; a checkpoint that
// it has announced is moved to `uploads/` and removed once it is up.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "core/checkpoint.h"
#include "core/records.h"
#include "worker/agent/backoff.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/event_loop.h"

namespace adares::worker {

// Lives on the owner thread; destroying it ends what is under way.
class CheckpointCourier {
 public:
  // How long it tries to fetch a checkpoint in spite of errors of the coordinator's disk. While the
  // coordinator is away it tries for ever.
  static constexpr Duration kFetchLimit = std::chrono::minutes(2);

  struct Context {
    EventLoop& loop;
    CoordinatorLink& link;
    std::filesystem::path folder;  // of the attempt
  };
  struct Handlers {
    std::function<void(const Checkpoint&)> uploaded;  // its blobs are there
    std::function<void()> settled;                    // nothing is under way any more
  };

  CheckpointCourier(AttemptId id, Context context, Handlers handlers);

  // Where the trainer reads and writes them; absolute.
  std::filesystem::path trainer_folder() const;

  // Brings a checkpoint to where the trainer reads. `done` is told OK once it is there; if not,
  // nothing is. NOT_FOUND where nobody has it any more; DATA_LOSS where it came damaged twice; a
  // DiskError, at once, where this machine's disk failed; else it may be had at another time. Once.
  using FetchDone = std::function<void(const absl::Status&)>;
  void Fetch(const Checkpoint& checkpoint, FetchDone done);

  // Takes over a checkpoint, without its files, that the trainer has written. One that waits for
  // the one under way gives place to it.
  void Take(const Checkpoint& checkpoint);

  // Nothing waits and nothing is under way.
  bool idle() const { return !current_ && !waiting_; }

  // The attempt waits for its last checkpoint: it is tried at once.
  void Hurry();

  // Why the newest upload has not passed yet; OK where none of it has failed.
  const absl::Status& upload_failure() const { return upload_failure_; }

  // Ends and forgets all. No handler is called for it.
  void Drop();

 private:
  void TryToFetch();
  void Fetched(absl::Status status);
  // Whether to fetch again after it failed so.
  bool FetchesAgain(const absl::Status& status);
  absl::Status PutFetchedInPlace() const;
  void Upload();
  void Uploaded(const absl::StatusOr<std::vector<CheckpointFile>>& files);
  void Next();
  std::filesystem::path UploadFolderOf(const Checkpoint& checkpoint) const;
  void Remove(const Checkpoint& checkpoint) const;

  const AttemptId id_;
  const Context context_;
  const Handlers handlers_;

  std::optional<Checkpoint> fetching_;
  FetchDone fetched_;
  bool came_damaged_ = false;  // once
  EventLoop::Instant fetch_until_;

  std::optional<Checkpoint> current_;  // being uploaded, or until it is tried again
  std::optional<Checkpoint> waiting_;  // for its turn
  absl::Status upload_failure_;        // of the last try, unless it passed
  bool unsupported_ = false;           // the coordinator takes no checkpoints
  Backoff backoff_;
  std::unique_ptr<Transfer> transfer_;       // the fetch's or the upload's
  std::unique_ptr<EventLoop::Timer> timer_;  // until the next try
};

}  // namespace adares::worker
