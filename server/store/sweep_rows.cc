#include "server/store/sweep_rows.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/near_miss.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "server/store/json_text.h"

namespace adares {
namespace {

constexpr char kSweepNames[] = "SELECT name FROM sweep ORDER BY id DESC";

absl::StatusOr<Schedule> ParseSchedule(const Query& query, int first_column) {
  const std::string order = query.Text(first_column + 2);
  const auto parsed = ParseTrialOrder(order);
  if (!parsed) {
    return absl::DataLossError(absl::StrCat("there is no order ", Quoted(order)));
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

}  // namespace

Schedule ReadSchedule(const Query& query, int first_column) {
  absl::StatusOr<Schedule> schedule = ParseSchedule(query, first_column);
  if (schedule.ok()) return *std::move(schedule);
  Schedule unreadable;
  unreadable.unreadable = std::string(schedule.status().message());
  return unreadable;
}

Requirement StoredRequirement(const std::string& text) {
  absl::StatusOr<Requirement> requirement = ParseRequirement(text);
  if (requirement.ok()) return *std::move(requirement);
  return {{}, {}, std::string(requirement.status().message())};
}

absl::Status NoSuchSweep(Connection& connection, const std::string& sweep) {
  std::map<std::string, std::string> metadata = {{"sweep", sweep}};
  std::string message = absl::StrCat("there is no sweep ", Quoted(sweep));
  Query names(connection.Prepare(kSweepNames));
  if (const auto nearest = NearMiss(sweep, ReadTexts(names))) {
    metadata["nearest"] = *nearest;
    absl::StrAppend(&message, "; did you mean ", *nearest, "?");
  }
  return MakeError(absl::StatusCode::kNotFound, reason::kSweepNotFound, message, metadata);
}

}  // namespace adares
