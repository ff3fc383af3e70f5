-- Which checkpoints are of use and which is the best one, and trials that begin from scratch again
-- on request.

-- Nobody goes on from checkpoints of attempts up to this one.
ALTER TABLE trial ADD COLUMN scratch_after INTEGER NOT NULL DEFAULT 0
  CONSTRAINT trial_scratch_after_valid CHECK (scratch_after BETWEEN 0 AND attempt_count);

-- How each checkpoint stands among those of its trial. `usable`: an attempt can go on from it.
-- `objective`: the newest value of the sweep's objective at its step or before, of the rows that
-- survive. `best`: the one with the best objective, and of equal ones the newest.
CREATE VIEW checkpoint_standing AS
SELECT
  *,
  usable AND objective IS NOT NULL AND row_number() OVER (
    PARTITION BY trial_id
    ORDER BY usable AND objective IS NOT NULL DESC, sense * objective DESC, step DESC) = 1 AS best
FROM (
  SELECT
    checkpoint.id AS checkpoint_id,
    checkpoint.trial_id AS trial_id,
    checkpoint.step AS step,
    checkpoint.attempt > trial.scratch_after
      AND (attempt.surviving_until_step IS NULL
        OR checkpoint.step <= attempt.surviving_until_step) AS usable,
    iif(sweep.objective_goal = 'minimize', -1, 1) AS sense,
    (SELECT metric_point.value
      FROM metric_point
      JOIN attempt AS source ON source.trial_id = metric_point.trial_id
        AND source.number = metric_point.attempt
      WHERE metric_point.trial_id = checkpoint.trial_id
        AND metric_point.key_id = (SELECT id FROM metric_key WHERE name = sweep.objective_metric)
        AND metric_point.step <= checkpoint.step
        AND (source.surviving_until_step IS NULL
          OR metric_point.step <= source.surviving_until_step)
      ORDER BY metric_point.step DESC LIMIT 1) AS objective
  FROM checkpoint
  JOIN attempt ON attempt.trial_id = checkpoint.trial_id AND attempt.number = checkpoint.attempt
  JOIN trial ON trial.id = checkpoint.trial_id
  JOIN sweep ON sweep.id = trial.sweep_id);

DROP VIEW v1_checkpoints;
CREATE VIEW v1_checkpoints AS
SELECT
  sweep.name AS sweep,
  trial.name AS trial,
  checkpoint.attempt AS attempt,
  checkpoint.step AS step,
  checkpoint.epoch AS epoch,
  checkpoint.reason AS reason,
  strftime('%Y-%m-%dT%H:%M:%S', checkpoint.recorded_at / 1000000, 'unixepoch')
    || printf('.%06dZ', checkpoint.recorded_at % 1000000) AS recorded,
  checkpoint_file.name AS file,
  checkpoint_file.sha256 AS sha256,
  checkpoint_file.size_bytes AS size_bytes,
  NOT standing.usable AS superseded,
  standing.objective AS objective,
  standing.best AS best
FROM checkpoint_file
JOIN checkpoint ON checkpoint.id = checkpoint_file.checkpoint_id
JOIN checkpoint_standing AS standing ON standing.checkpoint_id = checkpoint.id
JOIN trial ON trial.id = checkpoint.trial_id
JOIN sweep ON sweep.id = trial.sweep_id;
