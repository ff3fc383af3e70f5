-- What training tells of its skip weights beside their values, and the flags it raises.
-- docs/trainer.md has the formulas and the rules.

-- NULL is NaN, as in value and gradient: not known.
ALTER TABLE skip_weight ADD COLUMN s REAL;
ALTER TABLE skip_weight ADD COLUMN r REAL;
ALTER TABLE skip_weight ADD COLUMN gradient_snr REAL;
ALTER TABLE skip_weight ADD COLUMN path_ratio REAL;
ALTER TABLE skip_weight ADD COLUMN skip_share REAL;

-- Conditions that began (raised) or are over.
CREATE TABLE flag (
  trial_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  site TEXT NOT NULL,  -- or what sites share their weight under; '' for the trial as a whole
  step INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  raised INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (trial_id, kind, site, step, attempt),
  CONSTRAINT flag_of_attempt FOREIGN KEY (trial_id, attempt)
    REFERENCES attempt (trial_id, number),
  CONSTRAINT flag_kind_valid CHECK (
    kind IN ('saturated', 'closed', 'branch-dead', 'drifting', 'diverging')),
  CONSTRAINT flag_site_valid CHECK (length(site) <= 128 AND site NOT GLOB '*[^a-z0-9_.-]*'),
  CONSTRAINT flag_step_valid CHECK (step >= 0 AND epoch >= 0),
  CONSTRAINT flag_raised_valid CHECK (raised IN (0, 1))
) WITHOUT ROWID, STRICT;

DROP VIEW v1_skip_weights;
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
  skip_weight.attempt AS attempt,
  skip_weight.s AS s,
  skip_weight.r AS r,
  skip_weight.gradient_snr AS gradient_snr,
  skip_weight.path_ratio AS path_ratio,
  skip_weight.skip_share AS skip_share
FROM skip_weight
JOIN site ON site.id = skip_weight.site_id
JOIN trial ON trial.id = skip_weight.trial_id
JOIN variant ON variant.id = trial.variant_id
JOIN sweep ON sweep.id = trial.sweep_id
JOIN attempt ON attempt.trial_id = skip_weight.trial_id
  AND attempt.number = skip_weight.attempt
WHERE attempt.surviving_until_step IS NULL
  OR skip_weight.step <= attempt.surviving_until_step;

CREATE VIEW v1_flags AS
SELECT
  sweep.name AS sweep,
  trial.name AS trial,
  variant.name AS variant,
  variant.label AS label,
  trial.seed AS seed,
  flag.kind AS kind,
  flag.site AS site,
  flag.step AS step,
  flag.epoch AS epoch,
  flag.raised AS raised,
  flag.message AS message,
  flag.attempt AS attempt
FROM flag
JOIN trial ON trial.id = flag.trial_id
JOIN variant ON variant.id = trial.variant_id
JOIN sweep ON sweep.id = trial.sweep_id
JOIN attempt ON attempt.trial_id = flag.trial_id
  AND attempt.number = flag.attempt
WHERE attempt.surviving_until_step IS NULL
  OR flag.step <= attempt.surviving_until_step;
