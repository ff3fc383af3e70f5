// Deletes what retention allows (server/store/retention.h) through the commit loop, one small
// piece after the other, so that what others post is stored between them.
//
// Called on a thread that may wait, never on the loop's own.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "core/maintenance.h"
#include "core/timestamp.h"
#include "server/coordinator/commit_loop.h"

namespace adares {

struct PruneRequest {
  std::string database = {};  // its path
  Timestamp before = {};      // of attempts that ended before
  bool dry_run = false;       // only counts
  int rows_per_piece = 1000;
};

struct PruneObserver {
  std::function<absl::Status(const PruneCounts&)> progress;  // after each piece; an error ends it
  std::function<bool()> stop;                                // whether to end early
};

// Returns what was deleted, or would be. Where it fails, what was deleted before stays deleted.
// Errors: those of reading the file and of the commit loop; CANCELLED where `stop` says so.
absl::StatusOr<PruneCounts> Prune(CommitLoop& loop, const PruneRequest& request,
                                  const PruneObserver& observer);

// "12 log lines, 3 superseded points": what is not 0, or "nothing".
std::string CountsText(const PruneCounts& counts);

}  // namespace adares
