// Reader: why waiting trials do not run.
#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "server/store/reader_impl.h"
#include "server/store/worker_rows.h"

namespace adares {
namespace {

constexpr char kGroups[] = R"sql(
SELECT requirement.text, count(*)
FROM trial JOIN requirement ON requirement.id = trial.requirement_id
WHERE trial.sweep_id = ? AND trial.state = 'queued' AND trial.not_before IS NULL
GROUP BY trial.requirement_id ORDER BY trial.requirement_id)sql";

constexpr size_t kShownReasons = 3;

bool IsLive(const WorkerRecord& worker) {
  return worker.state != WorkerState::kLost && worker.state != WorkerState::kLeft;
}

// Why none of the workers can take such a trial; nullopt where one can.
std::optional<PendingReason> WhyNone(const Requirement& requirement, int32_t trials,
                                     const std::vector<WorkerRecord>& workers) {
  using Cause = PendingReason::Cause;
  if (workers.empty()) return PendingReason{trials, Cause::kNoWorker, "no worker is connected"};
  std::set<std::string> reasons;
  bool fit_but_cordoned = false;
  for (const WorkerRecord& worker : workers) {
    const auto why = WhyUnfit(requirement, worker.capability);
    if (why) {
      reasons.insert(*why);
    } else if (worker.cordoned_at) {
      fit_but_cordoned = true;
    } else {
      return std::nullopt;
    }
  }
  if (fit_but_cordoned) {
    return PendingReason{trials, Cause::kCordoned, "every worker that could run them is cordoned"};
  }
  const auto end =
      std::next(reasons.begin(), static_cast<ptrdiff_t>(std::min(reasons.size(), kShownReasons)));
  return PendingReason{trials, Cause::kUnfit,
                       absl::StrCat("no connected worker can run them: ",
                                    absl::StrJoin(reasons.begin(), end, "; "))};
}

}  // namespace

absl::StatusOr<std::vector<PendingReason>> ReadPending(Connection& connection, int64_t sweep_row) {
  Query query(connection.Prepare(kGroups));
  query.Bind(sweep_row);
  std::vector<std::pair<Requirement, int32_t>> groups;
  while (query.Step()) {
    ADARES_ASSIGN_OR_RETURN(Requirement requirement, ParseRequirement(query.Text(0)));
    groups.emplace_back(std::move(requirement), query.Int32(1));
  }
  if (groups.empty()) return std::vector<PendingReason>();
  ADARES_ASSIGN_OR_RETURN(std::vector<WorkerRecord> workers,
                          ReadWorkers(connection, /*after=*/"", /*limit=*/-1));
  std::erase_if(workers, [](const WorkerRecord& worker) { return !IsLive(worker); });
  std::vector<PendingReason> pending;
  for (const auto& [requirement, count] : groups) {
    if (auto why = WhyNone(requirement, count, workers)) pending.push_back(*std::move(why));
  }
  return pending;
}

}  // namespace adares
