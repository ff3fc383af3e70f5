// The statement that hands out trials, apart so that a test can read its query plan.
#pragma once

namespace adares {

// One statement over the index trial_queue: what is handed out cannot be handed out twice, whatever
// else runs. Binds: now, revision. Gives the trial's row, id, attempt number, queued_at, sweep,
// spec; no row where nothing is queued.
inline constexpr char kClaimStatement[] = R"sql(
UPDATE trial SET
  state = 'running',
  attempt_count = attempt_count + 1,
  current_attempt = attempt_count + 1,
  started_at = coalesce(started_at, ?1),
  message = '',
  step = 0, total_steps = 0, epoch = 0, total_epochs = 0, images_per_second = 0,
  revision = ?2
WHERE id = (
  SELECT id FROM trial WHERE state = 'queued'
  ORDER BY priority DESC, sweep_id, position LIMIT 1)
RETURNING id, name, current_attempt, queued_at,
  (SELECT name FROM sweep WHERE sweep.id = trial.sweep_id),
  (SELECT spec FROM trial_spec WHERE trial_id = trial.id))sql";

}  // namespace adares
