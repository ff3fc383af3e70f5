// Reader: why waiting trials do not run.
#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "server/store/reader_impl.h"
#include "server/store/sweep_rows.h"
#include "server/store/worker_rows.h"

namespace adares {
namespace {

// Steps over the index from one requirement to the next: costs as much as there are groups, and
// the few trials that wait for their next attempt.
constexpr char kGroups[] = R"sql(
WITH RECURSIVE ready(id) AS (
  SELECT min(requirement_id) FROM trial
  WHERE sweep_id = ?1 AND state = 'queued' AND not_before IS NULL
  UNION ALL
  SELECT (SELECT min(requirement_id) FROM trial
          WHERE sweep_id = ?1 AND state = 'queued' AND not_before IS NULL
            AND requirement_id > ready.id)
  FROM ready WHERE ready.id IS NOT NULL)
SELECT requirement.id, requirement.text FROM requirement
WHERE requirement.id IN (
  SELECT id FROM ready
  UNION SELECT requirement_id FROM trial WHERE not_before IS NOT NULL AND sweep_id = ?1)
ORDER BY requirement.id)sql";

constexpr char kCount[] = R"sql(
SELECT count(*) FROM trial WHERE sweep_id = ? AND requirement_id = ? AND state = 'queued')sql";

constexpr size_t kShownReasons = 3;

// Why none of the workers can take such trials, their number left out; nullopt where one can.
std::optional<PendingReason> WhyNone(const Requirement& requirement,
                                     const std::vector<WorkerRecord>& workers) {
  using Cause = PendingReason::Cause;
  if (!requirement.unreadable.empty()) {
    return PendingReason{0, Cause::kUnreadable, *WhyUnfit(requirement, {})};
  }
  if (workers.empty()) return PendingReason{0, Cause::kNoWorker, "no worker is connected"};
  std::set<std::string> reasons;
  bool fit_but_closed = false;
  for (const WorkerRecord& worker : workers) {
    const auto why = WhyUnfit(requirement, worker.capability);
    if (why) {
      reasons.insert(*why);
    } else if (worker.cordoned_at || worker.state == WorkerState::kDraining) {
      fit_but_closed = true;
    } else {
      return std::nullopt;
    }
  }
  if (fit_but_closed) {
    return PendingReason{0, Cause::kCordoned,
                         "every worker that could run them is cordoned or leaves"};
  }
  const auto end =
      std::next(reasons.begin(), static_cast<ptrdiff_t>(std::min(reasons.size(), kShownReasons)));
  return PendingReason{0, Cause::kUnfit,
                       absl::StrCat("no connected worker can run them: ",
                                    absl::StrJoin(reasons.begin(), end, "; "))};
}

}  // namespace

absl::Status ReadPending(Connection& connection, int64_t sweep_row, LiveWorkers& workers,
                         SweepRecord& sweep) {
  if (sweep.counts.queued == 0) return absl::OkStatus();
  if (!sweep.schedule.unreadable.empty()) {
    sweep.pending.push_back(
        {sweep.counts.queued, PendingReason::Cause::kUnreadable,
         absl::StrCat("the sweep's schedule cannot be read: ", sweep.schedule.unreadable)});
    return absl::OkStatus();
  }
  if (!workers) {
    ADARES_ASSIGN_OR_RETURN(workers, ReadLiveWorkers(connection));
  }
  Query query(connection.Prepare(kGroups));
  query.Bind(sweep_row);
  std::vector<std::pair<int64_t, Requirement>> groups;
  while (query.Step()) {
    groups.emplace_back(query.Int(0), StoredRequirement(query.Text(1)));
  }
  for (const auto& [row, requirement] : groups) {
    auto why = WhyNone(requirement, *workers);
    if (!why) continue;
    Query count(connection.Prepare(kCount));
    count.Bind(sweep_row).Bind(row).Step();
    why->trials = count.Int32(0);
    sweep.pending.push_back(*std::move(why));
  }
  return absl::OkStatus();
}

}  // namespace adares
