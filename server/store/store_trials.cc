// Store: which trials there are, and what becomes of them.
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/store/json_text.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"
#include "server/store/trial_rows.h"

namespace adares {
namespace {

// ?2 to ?5 are JSON arrays of ids, states, seeds and [axis, value] pairs; each may be empty.
constexpr char kSelect[] = R"sql(
SELECT trial.id, trial.name, trial.sweep_id, trial.requirement_id, trial.state, trial.stop_aim,
  trial.not_before IS NOT NULL, coalesce(attempt.worker, ''), trial.message,
  trial.trained_to_end
FROM trial
LEFT JOIN attempt ON attempt.trial_id = trial.id AND attempt.number = trial.current_attempt
WHERE trial.sweep_id = ?1
  AND (?2 = '[]' OR trial.name IN (SELECT value FROM json_each(?2)))
  AND (?3 = '[]' OR trial.state IN (SELECT value FROM json_each(?3)))
  AND (?4 = '[]' OR trial.seed IN (SELECT value FROM json_each(?4)))
  AND (?5 = '{}' OR NOT EXISTS (
    SELECT 1 FROM json_each(?5) AS wanted
    WHERE NOT EXISTS (
      SELECT 1 FROM variant, json_each(variant.axes) AS axis
      WHERE variant.id = trial.variant_id AND axis.key = wanted.key AND axis.value = wanted.value)))
ORDER BY trial.position)sql";

constexpr char kGet[] = R"sql(
SELECT trial.id, trial.name, trial.sweep_id, trial.requirement_id, trial.state, trial.stop_aim,
  trial.not_before IS NOT NULL, coalesce(attempt.worker, ''), trial.message,
  trial.trained_to_end
FROM trial
LEFT JOIN attempt ON attempt.trial_id = trial.id AND attempt.number = trial.current_attempt
WHERE trial.id = ?)sql";

// Of the attempt only its number is cleared here: EndAttempt ended it.
constexpr char kUpdate[] = R"sql(
UPDATE trial SET
  state = ?2,
  stop_aim = ?3,
  message = ?4,
  finished_at = iif(?5, coalesce(finished_at, ?6), NULL),
  queued_at = iif(?2 = 'queued' AND state <> 'queued', ?6, queued_at),
  current_attempt = iif(?2 IN ('running', 'stopping'), current_attempt, NULL),
  not_before = ?7,
  avoided_worker = ?8,
  avoid_until = ?9,
  forgiven_attempts = iif(?10, attempt_count, forgiven_attempts),
  trained_to_end = max(trained_to_end, ?11),
  revision = ?12
WHERE id = ?1)sql";

constexpr char kEndings[] = R"sql(
SELECT number, worker, end_reason, attempt.message, resumed_step, parameters FROM attempt
JOIN trial ON trial.id = attempt.trial_id
WHERE trial_id = ? AND number > forgiven_attempts AND end_reason IS NOT NULL
ORDER BY number)sql";

absl::Status Corrupt(const std::string& message) {
  return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt, message);
}

absl::Status NoTrial(int64_t row) {
  return MakeError(absl::StatusCode::kNotFound, reason::kTrialNotFound,
                   absl::StrCat("no trial has the row ", row));
}

absl::StatusOr<TrialRow> ReadRow(const Query& query) {
  TrialRow trial;
  trial.row = query.Int(0);
  trial.id = query.Text(1);
  trial.group = {query.Int(2), query.Int(3)};
  ADARES_ASSIGN_OR_RETURN(trial.stage, ReadStage(query, 4));
  trial.delayed = query.Int(6) != 0;
  trial.worker = query.Text(7);
  trial.message = query.Text(8);
  trial.trained_to_end = query.Int(9) != 0;
  return trial;
}

}  // namespace

absl::StatusOr<std::vector<TrialRow>> Store::SelectTrials(int64_t sweep_row,
                                                          const TrialFilter& filter) {
  return Guarded("select trials", [&]() -> absl::StatusOr<std::vector<TrialRow>> {
    Query query(impl_->connection.Prepare(kSelect));
    query.Bind(sweep_row)
        .Bind(ToJson(filter.ids))
        .Bind(ToJson(filter.states))
        .Bind(ToJson(filter.seeds))
        .Bind(ToJson(filter.axes));
    std::vector<TrialRow> trials;
    while (query.Step()) {
      ADARES_ASSIGN_OR_RETURN(trials.emplace_back(), ReadRow(query));
    }
    return trials;
  });
}

absl::StatusOr<TrialRow> Store::GetTrial(int64_t trial_row) {
  return Guarded("get a trial", [&]() -> absl::StatusOr<TrialRow> {
    Query query(impl_->connection.Prepare(kGet));
    if (!query.Bind(trial_row).Step()) return NoTrial(trial_row);
    return ReadRow(query);
  });
}

absl::Status Store::UpdateTrial(int64_t trial_row, const TrialUpdate& update, Timestamp now) {
  return GuardedWrite(impl_->connection, "update a trial", [&]() -> absl::Status {
    std::optional<std::string> aim;
    if (update.stage.aim) aim = std::string(Name(*update.stage.aim));
    std::optional<std::string> avoided;
    std::optional<Timestamp> avoid_until;
    if (!update.avoided_worker.empty()) {
      avoided = update.avoided_worker;
      avoid_until = update.avoid_until;
    }
    const int64_t changed = Query(impl_->connection.Prepare(kUpdate))
                                .Bind(trial_row)
                                .Bind(std::string(Name(update.stage.state)))
                                .Bind(aim)
                                .Bind(update.message)
                                .Bind(int64_t{IsFinal(update.stage.state)})
                                .Bind(now)
                                .Bind(update.not_before)
                                .Bind(avoided)
                                .Bind(avoid_until)
                                .Bind(int64_t{update.forgive})
                                .Bind(int64_t{update.train_to_end})
                                .Bind(impl_->revision)
                                .Run();
    return changed == 1 ? absl::OkStatus() : NoTrial(trial_row);
  });
}

absl::StatusOr<std::vector<AttemptEnding>> Store::CountedEndings(int64_t trial_row) {
  return Guarded("list ends of attempts", [&]() -> absl::StatusOr<std::vector<AttemptEnding>> {
    Query query(impl_->connection.Prepare(kEndings));
    query.Bind(trial_row);
    std::vector<AttemptEnding> endings;
    while (query.Step()) {
      const std::string word = query.Text(2);
      const auto reason = ParseEndReason(word);
      if (!reason) return Corrupt("an attempt has the unknown end reason " + word);
      endings.push_back({query.Int32(0), query.Text(1), *reason, query.Text(3)});
      // A network without parameters is none: its start was not reported.
      if (query.Int(5) > 0) endings.back().began_from = query.Int(4);
    }
    return endings;
  });
}

}  // namespace adares
