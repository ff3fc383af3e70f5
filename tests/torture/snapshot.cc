#include "tests/torture/snapshot.h"

#include <SQLiteCpp/SQLiteCpp.h>

namespace adares::torture {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

constexpr char kSweeps[] = R"sql(
SELECT name, stop_rule <> '{}', max_parallel,
  (SELECT count(*) FROM trial WHERE sweep_id = sweep.id AND state IN ('running', 'stopping'))
FROM sweep)sql";

constexpr char kTrials[] = R"sql(
SELECT sweep.name || '/' || trial.name, trial.state, coalesce(trial.stop_aim, ''),
  trial.attempt_count, trial.scratch_after, coalesce(newest.end_reason, ''),
  (SELECT count(*) FROM attempt
    WHERE trial_id = trial.id AND number > trial.forgiven_attempts
      AND end_reason = newest.end_reason),
  newest.resumed_step - coalesce((SELECT resumed_step FROM attempt
    WHERE trial_id = trial.id AND number > trial.forgiven_attempts AND end_reason = 'worker-lost'
    ORDER BY number DESC LIMIT 1 OFFSET 4), 0)
FROM trial
JOIN sweep ON sweep.id = trial.sweep_id
LEFT JOIN attempt AS newest
  ON newest.trial_id = trial.id AND newest.number = trial.attempt_count)sql";

constexpr char kAttempts[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || attempt.number,
  coalesce(attempt.end_reason || ' at ' || attempt.ended_at, ''),
  (SELECT count(*) FROM metric_point
    WHERE trial_id = attempt.trial_id AND attempt = attempt.number)
  + (SELECT count(*) FROM skip_weight
    WHERE trial_id = attempt.trial_id AND attempt = attempt.number)
  + (SELECT count(*) FROM flag WHERE trial_id = attempt.trial_id AND attempt = attempt.number),
  (SELECT count(*) FROM log_line WHERE attempt_id = attempt.id)
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id)sql";

constexpr char kCheckpoints[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || checkpoint.attempt, checkpoint.step
FROM checkpoint
JOIN trial ON trial.id = checkpoint.trial_id
JOIN sweep ON sweep.id = trial.sweep_id)sql";

constexpr char kWorkers[] = "SELECT name, cordoned_at IS NOT NULL, cordon_reason FROM worker";

TrialStage StageOf(const std::string& state, const std::string& aim) {
  return {ParseTrialState(state).value(), ParseStopAim(aim)};
}

void ReadSweeps(SQLite::Database& database, Snapshot& snapshot) {
  SQLite::Statement sweep(database, kSweeps);
  while (sweep.executeStep()) {
    snapshot.sweeps[sweep.getColumn(0).getString()] = {sweep.getColumn(1).getInt() != 0,
                                                       sweep.getColumn(2).getInt64(),
                                                       sweep.getColumn(3).getInt64()};
  }
}

void ReadTrials(SQLite::Database& database, Snapshot& snapshot) {
  SQLite::Statement trial(database, kTrials);
  while (trial.executeStep()) {
    snapshot.trials[trial.getColumn(0).getString()] = {
        StageOf(trial.getColumn(1).getString(), trial.getColumn(2).getString()),
        trial.getColumn(3).getInt64(),
        trial.getColumn(4).getInt64(),
        trial.getColumn(5).getString(),
        trial.getColumn(6).getInt64(),
        trial.getColumn(7).getInt64()};
  }
}

void ReadAttempts(SQLite::Database& database, Snapshot& snapshot) {
  SQLite::Statement attempt(database, kAttempts);
  while (attempt.executeStep()) {
    snapshot.attempts[attempt.getColumn(0).getString()] = {attempt.getColumn(1).getString(),
                                                           attempt.getColumn(2).getInt64(),
                                                           attempt.getColumn(3).getInt64(),
                                                           {}};
  }
  SQLite::Statement checkpoint(database, kCheckpoints);
  while (checkpoint.executeStep()) {
    snapshot.attempts[checkpoint.getColumn(0).getString()].checkpoints.insert(
        checkpoint.getColumn(1).getInt64());
  }
}

void ReadWorkers(SQLite::Database& database, Snapshot& snapshot) {
  SQLite::Statement worker(database, kWorkers);
  while (worker.executeStep()) {
    snapshot.workers[worker.getColumn(0).getString()] = {worker.getColumn(1).getInt() != 0,
                                                         worker.getColumn(2).getString()};
  }
}

}  // namespace

Snapshot TakeSnapshot(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY, kBusyTimeoutMs);
  SQLite::Transaction transaction(database);
  Snapshot snapshot;
  ReadSweeps(database, snapshot);
  ReadTrials(database, snapshot);
  ReadAttempts(database, snapshot);
  ReadWorkers(database, snapshot);
  return snapshot;
}

}  // namespace adares::torture
