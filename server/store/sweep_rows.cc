#include "server/store/sweep_rows.h"

#include "core/status.h"
#include "server/store/json_text.h"

namespace adares {

absl::StatusOr<Schedule> ReadSchedule(const Query& query, int first_column) {
  const std::string order = query.Text(first_column + 2);
  const auto parsed = ParseTrialOrder(order);
  if (!parsed) {
    return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                     "a sweep has the unknown order " + order);
  }
  Schedule schedule;
  schedule.priority = query.Int32(first_column);
  schedule.max_parallel = query.Int32(first_column + 1);
  schedule.order = *parsed;
  schedule.timeout = Duration(query.Int(first_column + 3));
  ADARES_ASSIGN_OR_RETURN(schedule.retries, RetryBudgetsFromJson(query.Text(first_column + 4)));
  ADARES_ASSIGN_OR_RETURN(const Requirement asked, ParseRequirement(query.Text(first_column + 5)));
  schedule.resources = asked.resources;
  const std::string stop = query.Text(first_column + 6);
  if (stop != "{}") {
    ADARES_ASSIGN_OR_RETURN(schedule.stop, ParseStopRule(stop));
  }
  return schedule;
}

}  // namespace adares
