// BlobCollector removes blobs that no checkpoint names any more, in small steps: it asks the commit
// loop which of a few are unnamed, takes those out of sight in the same step, and removes their
// files once it was committed. A process that is killed in between leaves files without a row,
// which a later round finds by their age.
//
// Committed and Ticked are for the loop's owner thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/artifacts/blob_store.h"
#include "server/artifacts/file_pool.h"
#include "server/coordinator/commit_loop.h"

namespace adares {

class BlobCollector {
 public:
  // How long after a look at all blobs the next one begins.
  static constexpr Duration kRoundPeriod = std::chrono::minutes(10);

  // Both must outlive it. `failed` is told what could not be removed, on any thread.
  BlobCollector(BlobStore* blobs, FilePool* files, std::function<void(const absl::Status&)> failed)
      : blobs_(blobs), files_(files), failed_(std::move(failed)) {}

  // Until then it does nothing.
  void SetLoop(CommitLoop* loop) { loop_ = loop; }

  void Committed(const Effects& effects);
  void Ticked(Timestamp now);

 private:
  static constexpr size_t kAtOnce = 100;
  static constexpr size_t kLookedAtAtOnce = 1000;

  // What may go; empty where there is nothing to do now.
  std::vector<std::string> NextCandidates(Timestamp now);
  void Collect(std::vector<std::string> candidates);
  void Settle(const std::vector<std::string>& retired, const absl::Status& committed);

  BlobStore* const blobs_;
  FilePool* const files_;
  const std::function<void(const absl::Status&)> failed_;
  std::atomic<CommitLoop*> loop_ = nullptr;

  // Owner thread only.
  std::set<std::string> dropped_;  // by checkpoints
  bool busy_ = false;
  Timestamp next_round_;
  std::string looked_at_;  // the last one of the round under way
};

}  // namespace adares
