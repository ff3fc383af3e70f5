-- Checkpoints that workers uploaded, and attempts that go on from them.

-- The step of the checkpoint that an attempt went on from; 0: it began from scratch.
ALTER TABLE attempt ADD COLUMN resumed_step INTEGER NOT NULL DEFAULT 0
  CONSTRAINT attempt_resumed_step_valid CHECK (resumed_step >= 0);

-- An attempt can go on from one while the rows of its attempt survive up to its step.
CREATE TABLE checkpoint (
  id INTEGER PRIMARY KEY,
  trial_id INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  step INTEGER NOT NULL,         -- optimizer steps done
  epoch INTEGER NOT NULL,
  reason TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  CONSTRAINT checkpoint_step_unique UNIQUE (trial_id, attempt, step),
  CONSTRAINT checkpoint_of_attempt FOREIGN KEY (trial_id, attempt)
    REFERENCES attempt (trial_id, number),
  CONSTRAINT checkpoint_step_valid CHECK (step >= 1 AND epoch >= 0),
  CONSTRAINT checkpoint_reason_valid CHECK (reason IN ('periodic', 'on-stop', 'final'))
) STRICT;

-- Its files; the hash names the blob in the folder artifacts/, which others may name, too.
CREATE TABLE checkpoint_file (
  checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (checkpoint_id, name),
  CONSTRAINT checkpoint_file_name_valid CHECK (
    length(name) BETWEEN 1 AND 100 AND name NOT GLOB '*[^a-zA-Z0-9._-]*' AND name NOT GLOB '.*'),
  CONSTRAINT checkpoint_file_sha256_valid CHECK (
    length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
  CONSTRAINT checkpoint_file_size_valid CHECK (size_bytes >= 0)
) WITHOUT ROWID, STRICT;
CREATE INDEX checkpoint_file_blob ON checkpoint_file (sha256);

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
  attempt.digests AS digests,
  attempt.resumed_step AS resumed_step
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id;

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
  checkpoint_file.size_bytes AS size_bytes
FROM checkpoint_file
JOIN checkpoint ON checkpoint.id = checkpoint_file.checkpoint_id
JOIN trial ON trial.id = checkpoint.trial_id
JOIN sweep ON sweep.id = trial.sweep_id;
