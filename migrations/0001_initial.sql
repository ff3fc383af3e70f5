-- The first schema: sweeps, variants, trials, attempts, what they reported, workers, and the views
-- that people query. docs/schema.md explains the tables, docs/results.md the views.
--
-- Times are microseconds since the Unix epoch, UTC. Columns that hold JSON say so.

-- What a person submitted. The counts of its trials and finished_at are kept by triggers on trial;
-- its state follows from them and cannot be written (core/trial_state.h, DeriveSweepState).
CREATE TABLE sweep (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  labels TEXT NOT NULL,    -- JSON object
  objective_metric TEXT NOT NULL,
  objective_goal TEXT NOT NULL,
  axes TEXT NOT NULL,      -- JSON array of {"name", "path", "values"}
  seeds TEXT NOT NULL,     -- JSON array
  baseline TEXT NOT NULL,  -- JSON object, axis -> value; {} for none
  priority INTEGER NOT NULL,
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  cancel_requested_at INTEGER,
  finished_at INTEGER,
  revision INTEGER NOT NULL,  -- of its last change or of a trial's of it
  queued_trials INTEGER NOT NULL DEFAULT 0,
  running_trials INTEGER NOT NULL DEFAULT 0,
  stopping_trials INTEGER NOT NULL DEFAULT 0,
  succeeded_trials INTEGER NOT NULL DEFAULT 0,
  failed_trials INTEGER NOT NULL DEFAULT 0,
  cancelled_trials INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL GENERATED ALWAYS AS (
    CASE
      WHEN queued_trials + running_trials + stopping_trials > 0
        THEN iif(cancel_requested_at IS NULL, 'running', 'cancelling')
      WHEN failed_trials + cancelled_trials = 0 THEN 'succeeded'
      WHEN cancel_requested_at IS NOT NULL OR failed_trials = 0 THEN 'cancelled'
      ELSE 'failed'
    END) VIRTUAL,
  CONSTRAINT sweep_name_unique UNIQUE (name),
  CONSTRAINT sweep_name_valid CHECK (
    name GLOB '[a-z]*' AND name NOT GLOB '*[^a-z0-9-]*' AND name NOT GLOB '*-'
    AND length(name) <= 63),
  CONSTRAINT sweep_json_valid CHECK (
    json_valid(labels) AND json_valid(axes) AND json_valid(seeds) AND json_valid(baseline)),
  CONSTRAINT sweep_goal_valid CHECK (objective_goal IN ('maximize', 'minimize')),
  CONSTRAINT sweep_priority_valid CHECK (priority BETWEEN 0 AND 100),
  CONSTRAINT sweep_counts_valid CHECK (
    min(queued_trials, running_trials, stopping_trials, succeeded_trials, failed_trials,
        cancelled_trials) >= 0),
  -- A sweep has no trials yet while it is inserted; it is not finished then.
  CONSTRAINT sweep_final_is_finished CHECK (
    (finished_at IS NOT NULL) = (
      queued_trials + running_trials + stopping_trials = 0
      AND succeeded_trials + failed_trials + cancelled_trials > 0))
) STRICT;

-- The file as it was submitted: apart, because every change of a counter rewrites a sweep's row.
CREATE TABLE sweep_file (
  sweep_id INTEGER PRIMARY KEY REFERENCES sweep (id),
  text TEXT NOT NULL
) STRICT;

CREATE TABLE variant (
  id INTEGER PRIMARY KEY,
  sweep_id INTEGER NOT NULL REFERENCES sweep (id),
  position INTEGER NOT NULL,                  -- in product order, from 0
  name TEXT NOT NULL,                         -- 12 hex digits
  label TEXT NOT NULL,
  axes TEXT NOT NULL,                         -- JSON object in product order, axis -> value
  baseline_id INTEGER REFERENCES variant (id),  -- itself for a baseline; NULL for none
  CONSTRAINT variant_name_unique UNIQUE (sweep_id, name),
  CONSTRAINT variant_position_unique UNIQUE (sweep_id, position),
  CONSTRAINT variant_sweep_unique UNIQUE (id, sweep_id),
  CONSTRAINT variant_axes_valid CHECK (json_valid(axes))
) STRICT;

CREATE TABLE trial (
  id INTEGER PRIMARY KEY,
  sweep_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL,
  position INTEGER NOT NULL,  -- in the sweep's queue, from 0
  name TEXT NOT NULL,         -- 12 hex digits
  seed INTEGER NOT NULL,
  priority INTEGER NOT NULL,  -- its sweep's, for trial_queue
  state TEXT NOT NULL DEFAULT 'queued',
  message TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  queued_at INTEGER NOT NULL,  -- when it last began to wait
  started_at INTEGER,          -- of the first attempt
  finished_at INTEGER,
  attempt_count INTEGER NOT NULL DEFAULT 0,
  current_attempt INTEGER,     -- number of the attempt that holds it
  -- Progress of the newest attempt; 0 while unknown.
  step INTEGER NOT NULL DEFAULT 0,
  total_steps INTEGER NOT NULL DEFAULT 0,
  epoch INTEGER NOT NULL DEFAULT 0,
  total_epochs INTEGER NOT NULL DEFAULT 0,
  images_per_second REAL NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL,
  CONSTRAINT trial_variant_of_sweep FOREIGN KEY (variant_id, sweep_id)
    REFERENCES variant (id, sweep_id),
  -- Deferred: a claim names the attempt that is inserted next.
  CONSTRAINT trial_current_attempt_exists FOREIGN KEY (id, current_attempt)
    REFERENCES attempt (trial_id, number) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT trial_name_unique UNIQUE (name, sweep_id),
  CONSTRAINT trial_position_unique UNIQUE (sweep_id, position),
  CONSTRAINT trial_seed_unique UNIQUE (variant_id, seed),
  CONSTRAINT trial_state_valid CHECK (
    state IN ('queued', 'running', 'stopping', 'succeeded', 'failed', 'cancelled')),
  CONSTRAINT trial_final_is_finished CHECK (
    (finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
  CONSTRAINT trial_live_has_attempt CHECK (
    (current_attempt IS NOT NULL) = (state IN ('running', 'stopping'))),
  CONSTRAINT trial_current_attempt_is_newest CHECK (
    current_attempt IS NULL OR current_attempt = attempt_count),
  CONSTRAINT trial_started_has_attempt CHECK ((started_at IS NOT NULL) = (attempt_count > 0)),
  CONSTRAINT trial_success_was_tried CHECK (state <> 'succeeded' OR attempt_count > 0)
) STRICT;

-- Exactly the order in which trials are handed out.
CREATE INDEX trial_queue ON trial (priority DESC, sweep_id, position) WHERE state = 'queued';
CREATE INDEX trial_waiting ON trial (queued_at) WHERE state = 'queued';
CREATE INDEX trial_open ON trial (sweep_id, position)
  WHERE state IN ('queued', 'running', 'stopping');
CREATE INDEX trial_revision ON trial (sweep_id, revision, position);

-- A trial's whole configuration: apart, because every report rewrites a trial's row.
CREATE TABLE trial_spec (
  trial_id INTEGER PRIMARY KEY REFERENCES trial (id),
  spec TEXT NOT NULL,  -- canonical JSON
  CONSTRAINT trial_spec_valid CHECK (json_valid(spec))
) STRICT;

-- `worker` is a name and no reference: attempts outlive the rows of workers.
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  trial_id INTEGER NOT NULL REFERENCES trial (id),
  number INTEGER NOT NULL,  -- 1, 2, ... in each trial; the fencing token
  worker TEXT NOT NULL,
  instance TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  end_reason TEXT,
  message TEXT NOT NULL DEFAULT '',
  exit_code INTEGER,
  log_tail TEXT NOT NULL DEFAULT '[]',    -- JSON array of lines
  provenance TEXT NOT NULL DEFAULT '{}',  -- JSON object
  parameters INTEGER NOT NULL DEFAULT 0,  -- 0 while unknown
  acknowledged_sequence INTEGER NOT NULL DEFAULT 0,
  -- Up to which step its rows in metric_point and skip_weight count: NULL = all, -1 = none, because
  -- a later attempt began from scratch.
  surviving_until_step INTEGER,
  CONSTRAINT attempt_number_unique UNIQUE (trial_id, number),
  CONSTRAINT attempt_number_valid CHECK (number >= 1),
  CONSTRAINT attempt_ended_has_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
  CONSTRAINT attempt_end_reason_valid CHECK (
    end_reason IN ('finished', 'error', 'diverged', 'out-of-memory', 'worker-lost', 'preempted',
                   'cancelled')),
  CONSTRAINT attempt_json_valid CHECK (json_valid(log_tail) AND json_valid(provenance)),
  CONSTRAINT attempt_surviving_valid CHECK (surviving_until_step >= -1)
) STRICT;

CREATE UNIQUE INDEX attempt_one_live_per_trial ON attempt (trial_id) WHERE ended_at IS NULL;
CREATE INDEX attempt_live ON attempt (worker) WHERE ended_at IS NULL;

CREATE TABLE metric_key (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  CONSTRAINT metric_key_name_unique UNIQUE (name),
  CONSTRAINT metric_key_name_valid CHECK (
    length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^a-z0-9_/.-]*')
) STRICT;

-- SQLite keeps NaN as NULL: a value that is NULL is NaN.
CREATE TABLE metric_point (
  trial_id INTEGER NOT NULL,
  key_id INTEGER NOT NULL REFERENCES metric_key (id),
  step INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (trial_id, key_id, step, attempt),
  CONSTRAINT metric_point_of_attempt FOREIGN KEY (trial_id, attempt)
    REFERENCES attempt (trial_id, number),
  CONSTRAINT metric_point_step_valid CHECK (step >= 0 AND epoch >= 0)
) WITHOUT ROWID, STRICT;

-- What a list shows of a trial's surviving points, kept with them.
CREATE TABLE metric_summary (
  trial_id INTEGER NOT NULL REFERENCES trial (id),
  key_id INTEGER NOT NULL REFERENCES metric_key (id),
  count INTEGER NOT NULL,
  last_step INTEGER NOT NULL,
  last_value REAL,  -- NULL is NaN
  min_value REAL,   -- NULL while all values are NaN
  max_value REAL,
  PRIMARY KEY (trial_id, key_id),
  CONSTRAINT metric_summary_count_valid CHECK (count > 0)
) WITHOUT ROWID, STRICT;

CREATE TABLE site (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  CONSTRAINT site_name_unique UNIQUE (name),
  CONSTRAINT site_name_valid CHECK (
    length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^a-z0-9_.-]*')
) STRICT;

-- NULL in value or gradient is NaN.
CREATE TABLE skip_weight (
  trial_id INTEGER NOT NULL,
  site_id INTEGER NOT NULL REFERENCES site (id),
  step INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  value REAL,
  gradient REAL,
  PRIMARY KEY (trial_id, site_id, step, attempt),
  CONSTRAINT skip_weight_of_attempt FOREIGN KEY (trial_id, attempt)
    REFERENCES attempt (trial_id, number),
  CONSTRAINT skip_weight_step_valid CHECK (step >= 0 AND epoch >= 0)
) WITHOUT ROWID, STRICT;

CREATE TABLE log_line (
  attempt_id INTEGER NOT NULL REFERENCES attempt (id),
  number INTEGER NOT NULL,  -- 1, 2, ... in each attempt
  text TEXT NOT NULL,
  logged_at INTEGER NOT NULL,
  PRIMARY KEY (attempt_id, number),
  CONSTRAINT log_line_number_valid CHECK (number >= 1)
) WITHOUT ROWID, STRICT;

CREATE TABLE worker (
  name TEXT PRIMARY KEY NOT NULL,
  instance TEXT NOT NULL,
  state TEXT NOT NULL,
  hostname TEXT NOT NULL,
  device TEXT NOT NULL,
  slots INTEGER NOT NULL,
  version TEXT NOT NULL,
  registered_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  CONSTRAINT worker_state_valid CHECK (state IN ('ready', 'busy', 'draining', 'lost', 'left')),
  CONSTRAINT worker_slots_valid CHECK (slots >= 0)
) WITHOUT ROWID, STRICT;

-- The state machine -------------------------------------------------------------------------------

CREATE TRIGGER trial_starts_queued BEFORE INSERT ON trial
WHEN NEW.state <> 'queued'
BEGIN
  SELECT RAISE(ABORT, 'trial_starts_queued: a trial begins as queued');
END;

-- The edges of core/trial_state.h.
CREATE TRIGGER trial_transition_valid BEFORE UPDATE OF state ON trial
WHEN (OLD.state, NEW.state) NOT IN (VALUES
  ('queued', 'running'), ('queued', 'cancelled'),
  ('running', 'succeeded'), ('running', 'failed'), ('running', 'queued'), ('running', 'stopping'),
  ('stopping', 'stopping'), ('stopping', 'succeeded'), ('stopping', 'cancelled'))
BEGIN
  SELECT RAISE(ABORT, 'trial_transition_valid: a trial cannot take this step');
END;

CREATE TRIGGER trial_releases_attempt BEFORE UPDATE OF state ON trial
WHEN NEW.state NOT IN ('running', 'stopping')
  AND EXISTS (SELECT 1 FROM attempt WHERE trial_id = OLD.id AND ended_at IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'trial_releases_attempt: the attempt must end before its trial goes on');
END;

CREATE TRIGGER trial_is_kept BEFORE DELETE ON trial
BEGIN
  SELECT RAISE(ABORT, 'trial_is_kept: trials are never deleted');
END;

CREATE TRIGGER attempt_end_is_final BEFORE UPDATE OF ended_at, end_reason ON attempt
WHEN OLD.ended_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'attempt_end_is_final: the attempt has ended already');
END;

CREATE TRIGGER sweep_cancel_is_in_time BEFORE UPDATE OF cancel_requested_at ON sweep
WHEN OLD.finished_at IS NOT NULL OR OLD.cancel_requested_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'sweep_cancel_is_in_time: the sweep is final or was cancelled already');
END;

-- Counts and revisions of sweeps --------------------------------------------------------------------

CREATE TRIGGER sweep_counts_insert AFTER INSERT ON trial
BEGIN
  UPDATE sweep SET queued_trials = queued_trials + 1 WHERE id = NEW.sweep_id;
END;

CREATE TRIGGER sweep_counts_update AFTER UPDATE OF state ON trial
WHEN OLD.state <> NEW.state
BEGIN
  UPDATE sweep SET
    queued_trials = queued_trials - (OLD.state = 'queued') + (NEW.state = 'queued'),
    running_trials = running_trials - (OLD.state = 'running') + (NEW.state = 'running'),
    stopping_trials = stopping_trials - (OLD.state = 'stopping') + (NEW.state = 'stopping'),
    succeeded_trials = succeeded_trials + (NEW.state = 'succeeded'),
    failed_trials = failed_trials + (NEW.state = 'failed'),
    cancelled_trials = cancelled_trials + (NEW.state = 'cancelled'),
    finished_at = iif(
      queued_trials + running_trials + stopping_trials = 1 AND NEW.finished_at IS NOT NULL,
      NEW.finished_at, NULL)
  WHERE id = NEW.sweep_id;
END;

CREATE TRIGGER sweep_revision AFTER UPDATE OF revision ON trial
WHEN OLD.revision <> NEW.revision
BEGIN
  UPDATE sweep SET revision = NEW.revision WHERE id = NEW.sweep_id AND revision < NEW.revision;
END;

-- The documented interface to the file --------------------------------------------------------------
-- docs/results.md describes these views. A change that would break a reader's query makes a v2_ view
-- beside the v1_ one. In all of them NULL in a metric's or weight's value means NaN.

CREATE VIEW v1_trials AS
SELECT
  sweep.name AS sweep,
  trial.name AS trial,
  variant.name AS variant,
  variant.label AS label,
  trial.seed AS seed,
  trial.state AS state,
  trial.attempt_count AS attempts,
  strftime('%Y-%m-%dT%H:%M:%S', trial.created_at / 1000000, 'unixepoch')
    || printf('.%06dZ', trial.created_at % 1000000) AS created,
  strftime('%Y-%m-%dT%H:%M:%S', trial.started_at / 1000000, 'unixepoch')
    || printf('.%06dZ', trial.started_at % 1000000) AS started,
  strftime('%Y-%m-%dT%H:%M:%S', trial.finished_at / 1000000, 'unixepoch')
    || printf('.%06dZ', trial.finished_at % 1000000) AS finished,
  (trial.finished_at - trial.started_at) / 1e6 AS duration_seconds,
  trial.message AS message,
  variant.axes AS axes,
  trial_spec.spec AS spec,
  json_extract(trial_spec.spec, '$.model.family') AS family,
  json_extract(trial_spec.spec, '$.model.depth') AS depth,
  json_extract(trial_spec.spec, '$.model.skip.granularity') AS granularity,
  CAST(json_extract(trial_spec.spec, '$.model.skip.init') AS TEXT) AS init,
  json_extract(trial_spec.spec, '$.data.dataset') AS dataset,
  json_extract(trial_spec.spec, '$.train.epochs') AS epochs,
  json_extract(trial_spec.spec, '$.train.batch_size') AS batch_size,
  json_extract(trial_spec.spec, '$.train.optimizer') AS optimizer,
  CAST(json_extract(trial_spec.spec, '$.train.lr') AS REAL) AS lr,
  (SELECT last_value FROM metric_summary WHERE trial_id = trial.id
    AND key_id = (SELECT id FROM metric_key WHERE name = 'test/accuracy')) AS test_accuracy,
  (SELECT last_value FROM metric_summary WHERE trial_id = trial.id
    AND key_id = (SELECT id FROM metric_key WHERE name = 'test/loss')) AS test_loss,
  (SELECT last_value FROM metric_summary WHERE trial_id = trial.id
    AND key_id = (SELECT id FROM metric_key WHERE name = 'validation/accuracy'))
    AS validation_accuracy,
  (SELECT last_value FROM metric_summary WHERE trial_id = trial.id
    AND key_id = (SELECT id FROM metric_key WHERE name = 'validation/loss')) AS validation_loss,
  (SELECT last_value FROM metric_summary WHERE trial_id = trial.id
    AND key_id = (SELECT id FROM metric_key WHERE name = 'train/accuracy')) AS train_accuracy,
  (SELECT last_value FROM metric_summary WHERE trial_id = trial.id
    AND key_id = (SELECT id FROM metric_key WHERE name = 'train/loss')) AS train_loss
FROM trial
JOIN sweep ON sweep.id = trial.sweep_id
JOIN variant ON variant.id = trial.variant_id
JOIN trial_spec ON trial_spec.trial_id = trial.id;

-- Standard deviations are taken in two passes, which loses no digits to cancellation.
CREATE VIEW v1_variants AS
WITH
  result AS (
    SELECT trial.variant_id, metric_summary.last_value AS value
    FROM trial
    JOIN metric_summary ON metric_summary.trial_id = trial.id
    WHERE trial.state = 'succeeded' AND metric_summary.last_value IS NOT NULL
      AND metric_summary.key_id = (SELECT id FROM metric_key WHERE name = 'test/accuracy')),
  center AS (
    SELECT variant_id, count(*) AS n, avg(value) AS mean FROM result GROUP BY variant_id),
  spread AS (
    SELECT variant_id, sum((value - mean) * (value - mean)) AS squares
    FROM result JOIN center USING (variant_id) GROUP BY variant_id),
  tally AS (
    SELECT variant_id, count(*) AS trials, sum(state = 'succeeded') AS succeeded,
      sum(state = 'failed') AS failed
    FROM trial GROUP BY variant_id)
SELECT
  sweep.name AS sweep,
  variant.name AS variant,
  variant.label AS label,
  variant.axes AS axes,
  variant.baseline_id IS variant.id AS is_baseline,
  coalesce(tally.trials, 0) AS trials,
  coalesce(tally.succeeded, 0) AS succeeded,
  coalesce(tally.failed, 0) AS failed,
  coalesce(center.n, 0) AS test_accuracy_n,
  center.mean AS test_accuracy_mean,
  iif(center.n > 1, sqrt(spread.squares / (center.n - 1)), NULL) AS test_accuracy_sd
FROM variant
JOIN sweep ON sweep.id = variant.sweep_id
LEFT JOIN tally ON tally.variant_id = variant.id
LEFT JOIN center ON center.variant_id = variant.id
LEFT JOIN spread ON spread.variant_id = variant.id;

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
  attempt.provenance AS provenance
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id;

CREATE VIEW v1_metrics AS
SELECT
  sweep.name AS sweep,
  trial.name AS trial,
  variant.name AS variant,
  variant.label AS label,
  trial.seed AS seed,
  metric_key.name AS key,
  metric_point.step AS step,
  metric_point.epoch AS epoch,
  metric_point.value AS value,
  metric_point.attempt AS attempt
FROM metric_point
JOIN metric_key ON metric_key.id = metric_point.key_id
JOIN trial ON trial.id = metric_point.trial_id
JOIN variant ON variant.id = trial.variant_id
JOIN sweep ON sweep.id = trial.sweep_id
JOIN attempt ON attempt.trial_id = metric_point.trial_id
  AND attempt.number = metric_point.attempt
WHERE attempt.surviving_until_step IS NULL
  OR metric_point.step <= attempt.surviving_until_step;

CREATE VIEW v1_skip_weights AS
SELECT
  sweep.name AS sweep,
  trial.name AS trial,
  variant.name AS variant,
  variant.label AS label,
  trial.seed AS seed,
  site.name AS site,
  skip_weight.step AS step,
  skip_weight.epoch AS epoch,
  skip_weight.value AS value,
  skip_weight.gradient AS gradient,
  skip_weight.attempt AS attempt
FROM skip_weight
JOIN site ON site.id = skip_weight.site_id
JOIN trial ON trial.id = skip_weight.trial_id
JOIN variant ON variant.id = trial.variant_id
JOIN sweep ON sweep.id = trial.sweep_id
JOIN attempt ON attempt.trial_id = skip_weight.trial_id
  AND attempt.number = skip_weight.attempt
WHERE attempt.surviving_until_step IS NULL
  OR skip_weight.step <= attempt.surviving_until_step;
