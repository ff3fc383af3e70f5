// The statements that hand out trials, apart so that a test can read their query plans.
#pragma once

namespace adares {

// One statement over the index trial_queue: what is handed out cannot be handed out twice, whatever
// else runs. Binds: now, revision, sweep, requirement, worker. Gives the trial's row, id, attempt
// number, queued_at, sweep's name, spec; no row where nothing is ready for the worker.
inline constexpr char kClaimStatement[] = R"sql(
UPDATE trial SET
  state = 'running',
  attempt_count = attempt_count + 1,
  current_attempt = attempt_count + 1,
  started_at = coalesce(started_at, ?1),
  message = '',
  avoided_worker = NULL, avoid_until = NULL,
  step = 0, total_steps = 0, epoch = 0, total_epochs = 0, images_per_second = 0,
  revision = ?2
WHERE id = (
  SELECT id FROM trial
  WHERE state = 'queued' AND not_before IS NULL AND sweep_id = ?3 AND requirement_id = ?4
    AND (avoided_worker IS NOT ?5 OR avoid_until <= ?1)
  ORDER BY position LIMIT 1)
RETURNING id, name, current_attempt, queued_at,
  (SELECT name FROM sweep WHERE sweep.id = trial.sweep_id),
  (SELECT spec FROM trial_spec WHERE trial_id = trial.id))sql";

// Where the trial stands that the claim would take. Binds: now, sweep, requirement, worker.
inline constexpr char kFirstPositionStatement[] = R"sql(
SELECT position FROM trial
WHERE state = 'queued' AND not_before IS NULL AND sweep_id = ?2 AND requirement_id = ?3
  AND (avoided_worker IS NOT ?4 OR avoid_until <= ?1)
ORDER BY position LIMIT 1)sql";

}  // namespace adares
