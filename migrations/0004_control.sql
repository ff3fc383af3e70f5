-- Trials that pause, stop early, wait for their next try and need certain machines; attempts that
-- take too long; workers that are set aside; requests that were answered already.
--
-- SQLite cannot change a CHECK, so sweep, trial and attempt are made anew around their rows. What
-- refers to them does so by name: foreign keys are off while migrations run, and checked after.
PRAGMA legacy_alter_table = ON;

-- What trials need of a machine, as canonical JSON (core/requirement.h). Few rows: most trials of a
-- sweep need the same.
CREATE TABLE requirement (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL,
  CONSTRAINT requirement_text_unique UNIQUE (text),
  CONSTRAINT requirement_text_valid CHECK (json_valid(text))
) STRICT;
-- Trials of earlier versions named no needs.
INSERT INTO requirement (id, text) VALUES (1, '{}');

CREATE TABLE sweep_new (
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
  max_parallel INTEGER NOT NULL DEFAULT 0,        -- trials at a time; 0 for any number
  trial_order TEXT NOT NULL DEFAULT 'seed-major',
  timeout INTEGER NOT NULL DEFAULT 0,             -- of an attempt, in microseconds; 0 for none
  retries TEXT NOT NULL DEFAULT '{}',             -- JSON object, end reason -> budget
  resources TEXT NOT NULL DEFAULT '{}',           -- JSON object
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  cancel_requested_at INTEGER,
  finished_at INTEGER,
  revision INTEGER NOT NULL,  -- of its last change or of a trial's of it
  queued_trials INTEGER NOT NULL DEFAULT 0,
  running_trials INTEGER NOT NULL DEFAULT 0,
  paused_trials INTEGER NOT NULL DEFAULT 0,
  stopping_trials INTEGER NOT NULL DEFAULT 0,
  succeeded_trials INTEGER NOT NULL DEFAULT 0,
  failed_trials INTEGER NOT NULL DEFAULT 0,
  cancelled_trials INTEGER NOT NULL DEFAULT 0,
  stopped_early_trials INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL GENERATED ALWAYS AS (
    CASE
      WHEN queued_trials + running_trials + stopping_trials + paused_trials > 0 THEN
        CASE
          WHEN cancel_requested_at IS NOT NULL THEN 'cancelling'
          WHEN queued_trials + running_trials + stopping_trials > 0 THEN 'running'
          ELSE 'paused'
        END
      WHEN failed_trials + cancelled_trials = 0 THEN 'succeeded'
      WHEN cancel_requested_at IS NOT NULL OR failed_trials = 0 THEN 'cancelled'
      ELSE 'failed'
    END) VIRTUAL,
  CONSTRAINT sweep_name_unique UNIQUE (name),
  CONSTRAINT sweep_name_valid CHECK (
    name GLOB '[a-z]*' AND name NOT GLOB '*[^a-z0-9-]*' AND name NOT GLOB '*-'
    AND length(name) <= 63),
  CONSTRAINT sweep_json_valid CHECK (
    json_valid(labels) AND json_valid(axes) AND json_valid(seeds) AND json_valid(baseline)
    AND json_valid(retries) AND json_valid(resources)),
  CONSTRAINT sweep_goal_valid CHECK (objective_goal IN ('maximize', 'minimize')),
  CONSTRAINT sweep_priority_valid CHECK (priority BETWEEN 0 AND 100),
  CONSTRAINT sweep_schedule_valid CHECK (
    max_parallel >= 0 AND timeout >= 0 AND trial_order IN ('seed-major', 'variant-major')),
  CONSTRAINT sweep_counts_valid CHECK (
    min(queued_trials, running_trials, paused_trials, stopping_trials, succeeded_trials,
        failed_trials, cancelled_trials, stopped_early_trials) >= 0),
  -- A sweep has no trials yet while it is inserted; it is not finished then.
  CONSTRAINT sweep_final_is_finished CHECK (
    (finished_at IS NOT NULL) = (
      queued_trials + running_trials + paused_trials + stopping_trials = 0
      AND succeeded_trials + failed_trials + cancelled_trials + stopped_early_trials > 0))
) STRICT;

INSERT INTO sweep_new (id, name, title, labels, objective_metric, objective_goal, axes, seeds,
  baseline, priority, digest, created_at, cancel_requested_at, finished_at, revision,
  queued_trials, running_trials, stopping_trials, succeeded_trials, failed_trials,
  cancelled_trials)
SELECT id, name, title, labels, objective_metric, objective_goal, axes, seeds,
  baseline, priority, digest, created_at, cancel_requested_at, finished_at, revision,
  queued_trials, running_trials, stopping_trials, succeeded_trials, failed_trials,
  cancelled_trials
FROM sweep;
DROP TABLE sweep;
ALTER TABLE sweep_new RENAME TO sweep;

CREATE INDEX sweep_open ON sweep (id) WHERE finished_at IS NULL;

CREATE TABLE trial_new (
  id INTEGER PRIMARY KEY,
  sweep_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL,
  position INTEGER NOT NULL,  -- in the sweep's queue, from 0
  name TEXT NOT NULL,         -- 12 hex digits
  seed INTEGER NOT NULL,
  requirement_id INTEGER NOT NULL REFERENCES requirement (id),
  state TEXT NOT NULL DEFAULT 'queued',
  stop_aim TEXT,              -- what becomes of it when it has stopped
  message TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  queued_at INTEGER NOT NULL,  -- when it last began to wait
  not_before INTEGER,          -- when its next attempt may begin, where that is not at once
  avoided_worker TEXT,         -- where it last failed: it waits for another one,
  avoid_until INTEGER,         -- but only until then
  started_at INTEGER,          -- of the first attempt
  finished_at INTEGER,
  attempt_count INTEGER NOT NULL DEFAULT 0,
  -- Attempts up to this number are not counted against budgets: a person asked for another try.
  forgiven_attempts INTEGER NOT NULL DEFAULT 0,
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
    state IN ('queued', 'running', 'paused', 'stopping', 'succeeded', 'failed', 'cancelled',
              'stopped-early')),
  CONSTRAINT trial_stop_aim_valid CHECK (
    (state = 'stopping') = (stop_aim IS NOT NULL)
    AND coalesce(stop_aim, 'cancel') IN ('cancel', 'pause', 'requeue', 'stop-early')),
  CONSTRAINT trial_final_is_finished CHECK (
    (finished_at IS NOT NULL) = (
      state IN ('succeeded', 'failed', 'cancelled', 'stopped-early'))),
  CONSTRAINT trial_live_has_attempt CHECK (
    (current_attempt IS NOT NULL) = (state IN ('running', 'stopping'))),
  CONSTRAINT trial_current_attempt_is_newest CHECK (
    current_attempt IS NULL OR current_attempt = attempt_count),
  CONSTRAINT trial_started_has_attempt CHECK ((started_at IS NOT NULL) = (attempt_count > 0)),
  CONSTRAINT trial_result_was_tried CHECK (
    state NOT IN ('succeeded', 'stopped-early') OR attempt_count > 0),
  CONSTRAINT trial_delayed_is_queued CHECK (not_before IS NULL OR state = 'queued'),
  CONSTRAINT trial_avoids_for_a_time CHECK (
    (avoided_worker IS NULL) = (avoid_until IS NULL)),
  CONSTRAINT trial_forgiven_valid CHECK (forgiven_attempts BETWEEN 0 AND attempt_count)
) STRICT;

INSERT INTO trial_new (id, sweep_id, variant_id, position, name, seed, requirement_id, state,
  stop_aim, message, created_at, queued_at, started_at, finished_at, attempt_count,
  current_attempt, step, total_steps, epoch, total_epochs, images_per_second, revision)
SELECT id, sweep_id, variant_id, position, name, seed, 1, state,
  iif(state = 'stopping', 'cancel', NULL), message, created_at, queued_at, started_at, finished_at,
  attempt_count, current_attempt, step, total_steps, epoch, total_epochs, images_per_second,
  revision
FROM trial;
DROP TABLE trial;
ALTER TABLE trial_new RENAME TO trial;

-- Exactly the order in which a sweep's trials of one requirement are handed out.
CREATE INDEX trial_queue ON trial (sweep_id, requirement_id, position)
  WHERE state = 'queued' AND not_before IS NULL;
CREATE INDEX trial_delayed ON trial (not_before) WHERE not_before IS NOT NULL;
CREATE INDEX trial_waiting ON trial (queued_at) WHERE state = 'queued';
CREATE INDEX trial_open ON trial (sweep_id, position)
  WHERE state IN ('queued', 'running', 'paused', 'stopping');
CREATE INDEX trial_revision ON trial (sweep_id, revision, position);

CREATE TABLE attempt_new (
  id INTEGER PRIMARY KEY,
  trial_id INTEGER NOT NULL REFERENCES trial (id),
  number INTEGER NOT NULL,  -- 1, 2, ... in each trial; the fencing token
  worker TEXT NOT NULL,     -- a name and no reference: attempts outlive the rows of workers
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
  digests TEXT NOT NULL DEFAULT '{}',     -- JSON object
  CONSTRAINT attempt_number_unique UNIQUE (trial_id, number),
  CONSTRAINT attempt_number_valid CHECK (number >= 1),
  CONSTRAINT attempt_ended_has_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
  CONSTRAINT attempt_end_reason_valid CHECK (
    end_reason IN ('finished', 'error', 'diverged', 'out-of-memory', 'worker-lost', 'preempted',
                   'cancelled', 'timeout')),
  CONSTRAINT attempt_json_valid CHECK (json_valid(log_tail) AND json_valid(provenance)),
  CONSTRAINT attempt_digests_valid CHECK (json_valid(digests)),
  CONSTRAINT attempt_surviving_valid CHECK (surviving_until_step >= -1)
) STRICT;

INSERT INTO attempt_new (id, trial_id, number, worker, instance, started_at, ended_at, end_reason,
  message, exit_code, log_tail, provenance, parameters, acknowledged_sequence,
  surviving_until_step, digests)
SELECT id, trial_id, number, worker, instance, started_at, ended_at, end_reason,
  message, exit_code, log_tail, provenance, parameters, acknowledged_sequence,
  surviving_until_step, digests
FROM attempt;
DROP TABLE attempt;
ALTER TABLE attempt_new RENAME TO attempt;

CREATE UNIQUE INDEX attempt_one_live_per_trial ON attempt (trial_id) WHERE ended_at IS NULL;
CREATE INDEX attempt_live ON attempt (worker) WHERE ended_at IS NULL;

-- What a worker's machine has, as JSON (core/requirement.h), and whether it was set aside: it keeps
-- what it holds and gets nothing more.
ALTER TABLE worker ADD COLUMN capability TEXT NOT NULL DEFAULT '{}'
  CONSTRAINT worker_capability_valid CHECK (json_valid(capability));
ALTER TABLE worker ADD COLUMN cordoned_at INTEGER;
ALTER TABLE worker ADD COLUMN cordon_reason TEXT NOT NULL DEFAULT '';

-- Answers to requests that may be sent again, by the id that the caller gave.
CREATE TABLE request (
  id TEXT PRIMARY KEY NOT NULL,
  method TEXT NOT NULL,
  digest TEXT NOT NULL,    -- SHA-256 (hex) of the request, so that an id stands for one alone
  response TEXT NOT NULL,  -- what the answer is made of
  created_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX request_age ON request (created_at);

-- The state machine -------------------------------------------------------------------------------

CREATE TRIGGER trial_starts_queued BEFORE INSERT ON trial
WHEN NEW.state <> 'queued'
BEGIN
  SELECT RAISE(ABORT, 'trial_starts_queued: a trial begins as queued');
END;

-- The edges of core/trial_state.cc: state and aim, before and after.
CREATE TRIGGER trial_transition_valid BEFORE UPDATE OF state, stop_aim ON trial
WHEN (OLD.state, coalesce(OLD.stop_aim, ''), NEW.state, coalesce(NEW.stop_aim, '')) NOT IN (VALUES
  ('queued', '', 'running', ''), ('queued', '', 'cancelled', ''), ('queued', '', 'paused', ''),
  ('queued', '', 'queued', ''),
  ('paused', '', 'queued', ''), ('paused', '', 'paused', ''), ('paused', '', 'cancelled', ''),
  ('running', '', 'succeeded', ''), ('running', '', 'failed', ''), ('running', '', 'queued', ''),
  ('running', '', 'running', ''),
  ('running', '', 'stopping', 'cancel'), ('running', '', 'stopping', 'pause'),
  ('running', '', 'stopping', 'stop-early'),
  ('stopping', 'cancel', 'stopping', 'cancel'),
  ('stopping', 'cancel', 'succeeded', ''), ('stopping', 'cancel', 'cancelled', ''),
  ('stopping', 'pause', 'stopping', 'pause'), ('stopping', 'pause', 'stopping', 'requeue'),
  ('stopping', 'pause', 'stopping', 'cancel'),
  ('stopping', 'pause', 'succeeded', ''), ('stopping', 'pause', 'failed', ''),
  ('stopping', 'pause', 'paused', ''),
  ('stopping', 'requeue', 'stopping', 'requeue'), ('stopping', 'requeue', 'stopping', 'pause'),
  ('stopping', 'requeue', 'stopping', 'cancel'),
  ('stopping', 'requeue', 'succeeded', ''), ('stopping', 'requeue', 'failed', ''),
  ('stopping', 'requeue', 'queued', ''),
  ('stopping', 'stop-early', 'stopping', 'stop-early'),
  ('stopping', 'stop-early', 'stopping', 'cancel'),
  ('stopping', 'stop-early', 'succeeded', ''), ('stopping', 'stop-early', 'stopped-early', ''),
  ('failed', '', 'queued', ''), ('cancelled', '', 'queued', ''), ('cancelled', '', 'cancelled', ''),
  ('stopped-early', '', 'queued', ''))
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

-- A request to cancel is taken back when a trial is tried again.
CREATE TRIGGER sweep_cancel_is_in_time BEFORE UPDATE OF cancel_requested_at ON sweep
WHEN NEW.cancel_requested_at IS NOT NULL
  AND (OLD.finished_at IS NOT NULL OR OLD.cancel_requested_at IS NOT NULL)
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
    paused_trials = paused_trials - (OLD.state = 'paused') + (NEW.state = 'paused'),
    stopping_trials = stopping_trials - (OLD.state = 'stopping') + (NEW.state = 'stopping'),
    succeeded_trials = succeeded_trials - (OLD.state = 'succeeded') + (NEW.state = 'succeeded'),
    failed_trials = failed_trials - (OLD.state = 'failed') + (NEW.state = 'failed'),
    cancelled_trials = cancelled_trials - (OLD.state = 'cancelled') + (NEW.state = 'cancelled'),
    stopped_early_trials =
      stopped_early_trials - (OLD.state = 'stopped-early') + (NEW.state = 'stopped-early'),
    finished_at = iif(
      queued_trials + running_trials + paused_trials + stopping_trials
        - (OLD.finished_at IS NULL) + (NEW.finished_at IS NULL) = 0,
      NEW.finished_at, NULL)
  WHERE id = NEW.sweep_id;
END;

CREATE TRIGGER sweep_revision AFTER UPDATE OF revision ON trial
WHEN OLD.revision <> NEW.revision
BEGIN
  UPDATE sweep SET revision = NEW.revision WHERE id = NEW.sweep_id AND revision < NEW.revision;
END;

PRAGMA legacy_alter_table = OFF;
