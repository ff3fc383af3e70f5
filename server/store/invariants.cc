#include "server/store/invariants.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

constexpr char kCountColumns[] = R"sql(
SELECT name FROM pragma_table_info('sweep') WHERE name LIKE '%\_trials' ESCAPE '\' ORDER BY cid)sql";

constexpr char kTrials[] = "SELECT id FROM trial ORDER BY id";

constexpr char kSweepRevisions[] = R"sql(
SELECT sweep.name, printf('its revision %d is older than the revision %d of its trial %s',
  sweep.revision, trial.revision, trial.name)
FROM sweep JOIN trial ON trial.sweep_id = sweep.id
WHERE trial.revision > sweep.revision)sql";

constexpr char kWholeSweeps[] = R"sql(
SELECT sweep.name || '/' || trial.name, 'its configuration is missing'
FROM trial JOIN sweep ON sweep.id = trial.sweep_id
WHERE NOT EXISTS (SELECT 1 FROM trial_spec WHERE trial_id = trial.id)
UNION ALL
SELECT name, 'its file is missing' FROM sweep
WHERE NOT EXISTS (SELECT 1 FROM sweep_file WHERE sweep_id = sweep.id)
UNION ALL
SELECT name, 'it has no trials' FROM sweep
WHERE NOT EXISTS (SELECT 1 FROM trial WHERE sweep_id = sweep.id))sql";

constexpr char kAttemptCounts[] = R"sql(
SELECT sweep.name || '/' || trial.name,
  printf('it counts %d attempts, there are %d, of which the newest is %d', trial.attempt_count,
    coalesce(there.n, 0), coalesce(there.newest, 0))
FROM trial
JOIN sweep ON sweep.id = trial.sweep_id
LEFT JOIN (SELECT trial_id, count(*) AS n, max(number) AS newest FROM attempt GROUP BY trial_id)
  AS there ON there.trial_id = trial.id
WHERE trial.attempt_count <> coalesce(there.n, 0)
  OR trial.attempt_count <> coalesce(there.newest, 0))sql";

constexpr char kLiveAttempts[] = R"sql(
SELECT sweep.name || '/' || trial.name,
  printf('its attempt %d has not ended, and it is %s', attempt.number, trial.state)
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE attempt.ended_at IS NULL AND trial.current_attempt IS NOT attempt.number
UNION ALL
SELECT sweep.name || '/' || trial.name,
  printf('it is %s, and its attempt %d has ended', trial.state, attempt.number)
FROM trial
JOIN sweep ON sweep.id = trial.sweep_id
JOIN attempt ON attempt.trial_id = trial.id AND attempt.number = trial.current_attempt
WHERE attempt.ended_at IS NOT NULL)sql";

constexpr char kSupersededAttempts[] = R"sql(
SELECT sweep.name || '/' || trial.name,
  iif(attempt.number = trial.attempt_count,
    printf('its attempt %d is the newest, and its rows do not count after step %d',
      attempt.number, attempt.surviving_until_step),
    printf('all rows of its attempt %d count, and attempt %d followed it', attempt.number,
      trial.attempt_count))
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE (attempt.surviving_until_step IS NULL) <> (attempt.number = trial.attempt_count))sql";

constexpr char kResults[] = R"sql(
SELECT sweep.name || '/' || trial.name,
  printf('it has succeeded, and its newest attempt %d %s', attempt.number,
    coalesce('ended as ' || attempt.end_reason, 'has not ended'))
FROM trial
JOIN sweep ON sweep.id = trial.sweep_id
JOIN attempt ON attempt.trial_id = trial.id AND attempt.number = trial.attempt_count
WHERE trial.state = 'succeeded' AND attempt.end_reason IS NOT 'finished')sql";

constexpr char kCheckpointFiles[] = R"sql(
SELECT sweep.name || '/' || trial.name,
  printf('its checkpoint of step %d has no files', checkpoint.step)
FROM checkpoint
JOIN trial ON trial.id = checkpoint.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE NOT EXISTS (SELECT 1 FROM checkpoint_file WHERE checkpoint_id = checkpoint.id)
UNION ALL
SELECT 'blob ' || sha256, printf('checkpoints give it %d sizes', count(DISTINCT size_bytes))
FROM checkpoint_file GROUP BY sha256 HAVING count(DISTINCT size_bytes) > 1)sql";

constexpr char kSurvivingPoints[] = R"sql(
SELECT sweep.name || '/' || trial.name,
  printf('%d points of %s at step %d survive', count(*), metric_key.name, metric_point.step)
FROM metric_point
JOIN attempt ON attempt.trial_id = metric_point.trial_id AND attempt.number = metric_point.attempt
JOIN metric_key ON metric_key.id = metric_point.key_id
JOIN trial ON trial.id = metric_point.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE metric_point.trial_id = ?1
  AND (attempt.surviving_until_step IS NULL OR metric_point.step <= attempt.surviving_until_step)
GROUP BY metric_point.key_id, metric_point.step HAVING count(*) > 1)sql";

constexpr char kSurvivingWeights[] = R"sql(
SELECT sweep.name || '/' || trial.name,
  printf('%d skip weights of %s at step %d survive', count(*), site.name, skip_weight.step)
FROM skip_weight
JOIN attempt ON attempt.trial_id = skip_weight.trial_id AND attempt.number = skip_weight.attempt
JOIN site ON site.id = skip_weight.site_id
JOIN trial ON trial.id = skip_weight.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE skip_weight.trial_id = ?1
  AND (attempt.surviving_until_step IS NULL OR skip_weight.step <= attempt.surviving_until_step)
GROUP BY skip_weight.site_id, skip_weight.step HAVING count(*) > 1)sql";

// NULL is NaN, which lowest and highest values pass over.
constexpr char kSummaries[] = R"sql(
WITH
  recount AS (
    SELECT metric_point.key_id AS key_id, count(*) AS count, max(metric_point.step) AS last_step,
      min(metric_point.value) AS min_value, max(metric_point.value) AS max_value
    FROM metric_point
    JOIN attempt ON attempt.trial_id = metric_point.trial_id
      AND attempt.number = metric_point.attempt
    WHERE metric_point.trial_id = ?1
      AND (attempt.surviving_until_step IS NULL
        OR metric_point.step <= attempt.surviving_until_step)
    GROUP BY metric_point.key_id),
  whole AS (
    SELECT *,
      (SELECT metric_point.value FROM metric_point
        JOIN attempt ON attempt.trial_id = metric_point.trial_id
          AND attempt.number = metric_point.attempt
        WHERE metric_point.trial_id = ?1 AND metric_point.key_id = recount.key_id
          AND metric_point.step = recount.last_step
          AND (attempt.surviving_until_step IS NULL
            OR metric_point.step <= attempt.surviving_until_step)
        LIMIT 1) AS last_value
    FROM recount),
  kept AS (SELECT * FROM metric_summary WHERE trial_id = ?1)
SELECT
  (SELECT sweep.name || '/' || trial.name FROM trial JOIN sweep ON sweep.id = trial.sweep_id
    WHERE trial.id = ?1),
  printf('the summary of %s says %d points, last %s at step %d, from %s to %s; '
      || 'a recount gives %d, %s at %d, from %s to %s',
    (SELECT name FROM metric_key WHERE id = coalesce(whole.key_id, kept.key_id)),
    coalesce(kept.count, 0), coalesce(kept.last_value, 'nan'), coalesce(kept.last_step, -1),
    coalesce(kept.min_value, 'nan'), coalesce(kept.max_value, 'nan'),
    coalesce(whole.count, 0), coalesce(whole.last_value, 'nan'), coalesce(whole.last_step, -1),
    coalesce(whole.min_value, 'nan'), coalesce(whole.max_value, 'nan'))
FROM whole FULL JOIN kept ON kept.key_id = whole.key_id
WHERE kept.count IS NOT whole.count
  OR kept.last_step IS NOT whole.last_step
  OR kept.last_value IS NOT whole.last_value
  OR kept.min_value IS NOT whole.min_value
  OR kept.max_value IS NOT whole.max_value)sql";

// "stopped_early_trials" counts those that are "stopped-early".
std::string StateOf(const std::string& column) {
  std::string state = column.substr(0, column.rfind("_trials"));
  std::replace(state.begin(), state.end(), '_', '-');
  return state;
}

}  // namespace

void Findings::Add(std::string subject, std::string problem) {
  result_.outcome = CheckResult::Outcome::kFailed;
  ++result_.finding_count;
  if (result_.findings.size() == static_cast<size_t>(kMaxFindings)) return;
  result_.findings.push_back({std::move(subject), std::move(problem)});
}

void Findings::AddRows(Query& query) {
  while (query.Step()) Add(query.Text(0), query.Text(1));
}

const std::vector<Invariant>& Invariants() {
  static const std::vector<Invariant> kInvariants = {{"sweep-revisions", kSweepRevisions},
                                                     {"whole-sweeps", kWholeSweeps},
                                                     {"attempt-counts", kAttemptCounts},
                                                     {"live-attempts", kLiveAttempts},
                                                     {"superseded-attempts", kSupersededAttempts},
                                                     {"results", kResults},
                                                     {"checkpoint-files", kCheckpointFiles},
                                                     {"surviving-points", kSurvivingPoints, true},
                                                     {"surviving-weights", kSurvivingWeights, true},
                                                     {"summaries", kSummaries, true}};
  return kInvariants;
}

void CheckSweepCounts(Connection& connection, Findings& findings) {
  Query columns(connection.Prepare(kCountColumns));
  std::string sum = "0";
  while (columns.Step()) {
    const std::string column = columns.Text(0);
    absl::StrAppend(&sum, " + sweep.", column);
    const auto statement = connection.PrepareOnce(absl::StrCat(
        "SELECT sweep.name, printf('it counts %d %s trials, there are %d', sweep.", column,
        ", ?1, count(trial.id)) FROM sweep "
        "LEFT JOIN trial ON trial.sweep_id = sweep.id AND trial.state = ?1 "
        "GROUP BY sweep.id HAVING sweep.",
        column, " <> count(trial.id)"));
    Query query(*statement);
    findings.AddRows(query.Bind(StateOf(column)));
  }
  const auto statement = connection.PrepareOnce(
      absl::StrCat("SELECT sweep.name, printf('it counts %d trials, there are %d', ", sum,
                   ", count(trial.id)) FROM sweep LEFT JOIN trial ON trial.sweep_id = sweep.id "
                   "GROUP BY sweep.id HAVING ",
                   sum, " <> count(trial.id)"));
  Query query(*statement);
  findings.AddRows(query);
}

std::vector<int64_t> AllTrials(Connection& connection) {
  Query query(connection.Prepare(kTrials));
  std::vector<int64_t> trials;
  while (query.Step()) trials.push_back(query.Int(0));
  return trials;
}

}  // namespace adares
