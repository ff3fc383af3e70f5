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

absl::StatusOr<TrialOrder> StoredOrder(const std::string& word) {
  if (const auto order = ParseTrialOrder(word)) return *order;
  return absl::DataLossError(absl::StrCat("there is no order ", Quoted(word)));
}

}  // namespace

Schedule ReadSchedule(const Query& query, int first_column) {
  Schedule schedule;
  // Into `part`, or why not; the others stay as they are stored.
  const auto read = [&schedule](auto value, auto& part) {
    if (value.ok()) {
      part = *std::move(value);
    } else if (schedule.unreadable.empty()) {
      schedule.unreadable = std::string(value.status().message());
    }
  };
  schedule.priority = query.Int32(first_column);
  schedule.max_parallel = query.Int32(first_column + 1);
  read(StoredOrder(query.Text(first_column + 2)), schedule.order);
  schedule.timeout = Duration(query.Int(first_column + 3));
  read(RetryBudgetsFromJson(query.Text(first_column + 4)), schedule.retries);
  Requirement asked;
  read(ParseRequirement(query.Text(first_column + 5)), asked);
  schedule.resources = std::move(asked.resources);
  const std::string stop = query.Text(first_column + 6);
  if (stop != "{}") read(ParseStopRule(stop), schedule.stop);
  return schedule;
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
