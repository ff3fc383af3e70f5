-- Hashes of what a finished attempt came out with, so that a repetition can be held against it.
ALTER TABLE attempt ADD COLUMN digests TEXT NOT NULL DEFAULT '{}'
  CONSTRAINT attempt_digests_valid CHECK (json_valid(digests));

DROP VIEW v1_attempts;
CREATE VIEW v1_attempts AS
SELECT
  sweep.name AS sweep,
  trial.name AS trial,
  attempt.number AS attempt,
  attempt.worker AS worker,
  strftime('%Y-%m-%dT%H:%M:%S', attempt.started_at / 1000000, 'unixepoch')
    || printf('.%06dZ', attempt.started_at % 1000000) AS started,
  strftime('%Y-%m-%dT%H:%M:%S', attempt.ended_at / 1000000, 'unixepoch')
    || printf('.%06dZ', attempt.ended_at % 1000000) AS ended,
  (attempt.ended_at - attempt.started_at) / 1e6 AS duration_seconds,
  attempt.end_reason AS end_reason,
  attempt.exit_code AS exit_code,
  attempt.message AS message,
  nullif(attempt.parameters, 0) AS parameters,
  attempt.provenance AS provenance,
  attempt.digests AS digests
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id;
