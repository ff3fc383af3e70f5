#include "tests/torture/row_rules.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "absl/strings/str_cat.h"

namespace adares::torture {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

// Each gives SWEEP/ID#ATTEMPT and what is wrong with it.
//
// What a trainer reports comes in order, so that what is missing in the middle was lost. The loss
// is reported at least once an epoch, the value of the step that ends it.
constexpr char kHoles[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || metric_point.attempt,
  printf('has a hole: epochs %d to %d, %d of them; steps %d to %d, %d of them',
    min(metric_point.epoch), max(metric_point.epoch), count(DISTINCT metric_point.epoch),
    min(metric_point.step), max(metric_point.step), count(*))
FROM metric_point
JOIN metric_key ON metric_key.id = metric_point.key_id
JOIN trial ON trial.id = metric_point.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE metric_key.name = 'train/loss'
GROUP BY metric_point.trial_id, metric_point.attempt
HAVING count(DISTINCT metric_point.epoch) <> max(metric_point.epoch) - min(metric_point.epoch) + 1
  OR (sweep.name LIKE 'scripted-%'
    AND count(*) <> max(metric_point.step) - min(metric_point.step) + 1))sql";

constexpr char kOthersPoints[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || metric_point.attempt,
  printf('has at step %d a point of attempt %s', metric_point.step,
    coalesce(metric_point.value, 'nan'))
FROM metric_point
JOIN metric_key ON metric_key.id = metric_point.key_id
JOIN trial ON trial.id = metric_point.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE metric_key.name = 'attempt/number' AND metric_point.value IS NOT metric_point.attempt)sql";

constexpr char kFirstSteps[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || attempt.number,
  printf('went on from step %d and reported step %d first', attempt.resumed_step,
    min(metric_point.step))
FROM metric_point
JOIN metric_key ON metric_key.id = metric_point.key_id
JOIN attempt ON attempt.trial_id = metric_point.trial_id AND attempt.number = metric_point.attempt
JOIN trial ON trial.id = metric_point.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE metric_key.name = 'attempt/number'
GROUP BY attempt.id
HAVING min(metric_point.step) <> attempt.resumed_step + 1)sql";

// What the checkpoint's line has already is not stored a second time. Of the checkpoint's own step
// there may be more to say: the real trainer evaluates after it.
constexpr char kRepeatedSteps[] = R"sql(
SELECT DISTINCT sweep.name || '/' || trial.name || '#' || attempt.number,
  printf('went on from step %d and has a point of step %d', attempt.resumed_step,
    metric_point.step)
FROM metric_point
JOIN attempt ON attempt.trial_id = metric_point.trial_id AND attempt.number = metric_point.attempt
JOIN trial ON trial.id = metric_point.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE metric_point.step < attempt.resumed_step)sql";

constexpr char kOrder[] = R"sql(
SELECT sweep || '/' || trial || '#' || attempt,
  printf('has step %d, and step %d is of attempt %d', step, last_step, last_attempt)
FROM (
  SELECT sweep, trial, step, attempt,
    lag(step) OVER line AS last_step, lag(attempt) OVER line AS last_attempt
  FROM v1_metrics
  WHERE key = 'attempt/number'
  WINDOW line AS (PARTITION BY sweep, trial ORDER BY step))
WHERE attempt < last_attempt)sql";

constexpr char kScratch[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || attempt.number,
  printf('went on from step %d and was to begin from scratch', attempt.resumed_step)
FROM attempt
JOIN trial ON trial.id = attempt.trial_id AND attempt.number = trial.scratch_after + 1
JOIN sweep ON sweep.id = trial.sweep_id
WHERE attempt.resumed_step > 0)sql";

constexpr char kLogs[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || attempt.number,
  printf('has %d log lines, numbered %d to %d', count(*), min(log_line.number),
    max(log_line.number))
FROM log_line
JOIN attempt ON attempt.id = log_line.attempt_id
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
GROUP BY attempt.id
HAVING min(log_line.number) <> 1 OR max(log_line.number) <> count(*))sql";

}  // namespace

std::vector<std::string> BreachesOfRows(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY, kBusyTimeoutMs);
  std::vector<std::string> breaches;
  for (const char* rule :
       {kHoles, kOthersPoints, kFirstSteps, kRepeatedSteps, kOrder, kScratch, kLogs}) {
    SQLite::Statement query(database, rule);
    while (query.executeStep()) {
      breaches.push_back(absl::StrCat("attempt ", query.getColumn(0).getString(), " ",
                                      query.getColumn(1).getString()));
    }
  }
  return breaches;
}

}  // namespace adares::torture
