#include "server/maintenance/pruning.h"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "server/store/retention.h"

namespace adares {
namespace {

// Waits until it is durable. The loop answers everything, also while it stops.
absl::StatusOr<int64_t> Delete(CommitLoop& loop, const PrunePiece& piece, Timestamp before) {
  using Deleted = absl::StatusOr<int64_t>;
  const auto answer = std::make_shared<std::promise<Deleted>>();
  loop.Call<int64_t>([piece, before](Coordinator& coordinator,
                                     Timestamp) { return coordinator.Prune(piece, before); },
                     [answer](Deleted deleted) { answer->set_value(std::move(deleted)); });
  return answer->get_future().get();
}

// Of a piece of which so many rows were deleted: fewer than were found where something else
// changed them meanwhile.
PruneCounts CountsOf(const PrunePiece& piece, int64_t deleted) {
  if (deleted == piece.counts.rows()) return piece.counts;
  PruneCounts counts;
  switch (piece.rows) {
    case PrunableRows::kLogLines:
      counts.log_lines = deleted;
      counts.log_bytes = deleted == 0 ? 0 : piece.counts.log_bytes;
      break;
    case PrunableRows::kPoints:
      counts.points = deleted;
      break;
    case PrunableRows::kSkipWeights:
      counts.skip_weights = deleted;
      break;
    case PrunableRows::kFlags:
      counts.flags = deleted;
      break;
    case PrunableRows::kCheckpoints:
      counts.checkpoints = deleted;
      break;
  }
  return counts;
}

void Add(PruneCounts& sum, const PruneCounts& counts) {
  sum.log_lines += counts.log_lines;
  sum.log_bytes += counts.log_bytes;
  sum.points += counts.points;
  sum.skip_weights += counts.skip_weights;
  sum.flags += counts.flags;
  sum.checkpoints += counts.checkpoints;
}

}  // namespace

absl::StatusOr<PruneCounts> Prune(CommitLoop& loop, const PruneRequest& request,
                                  const PruneObserver& observer) {
  PrunableScan::Options options;
  options.before = request.before;
  options.rows_per_piece = request.rows_per_piece;
  options.stop = observer.stop;
  ADARES_ASSIGN_OR_RETURN(const auto scan,
                          PrunableScan::Open(request.database, std::move(options)));
  PruneCounts sum;
  for (;;) {
    if (observer.stop && observer.stop()) return absl::CancelledError("the deletion was given up");
    ADARES_ASSIGN_OR_RETURN(const std::optional<PrunePiece> piece, scan->Next());
    if (!piece) return sum;
    int64_t deleted = piece->counts.rows();
    if (!request.dry_run) {
      ADARES_ASSIGN_OR_RETURN(deleted, Delete(loop, *piece, request.before));
    }
    Add(sum, CountsOf(*piece, deleted));
    if (observer.progress) ADARES_RETURN_IF_ERROR(observer.progress(sum));
  }
}

std::string CountsText(const PruneCounts& counts) {
  const std::pair<int64_t, const char*> parts[] = {{counts.log_lines, "log lines"},
                                                   {counts.points, "superseded points"},
                                                   {counts.skip_weights, "superseded skip weights"},
                                                   {counts.flags, "superseded flags"},
                                                   {counts.checkpoints, "checkpoints"}};
  std::vector<std::string> texts;
  for (const auto& [count, what] : parts) {
    if (count > 0) texts.push_back(absl::StrCat(count, " ", what));
  }
  return texts.empty() ? "nothing" : absl::StrJoin(texts, ", ");
}

}  // namespace adares
