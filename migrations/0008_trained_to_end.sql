-- Which trials a sweep's stop rule leaves alone.

-- 1 where it had stopped early and a person asked for it again. Until now every trial that a person
-- asked for again was left alone, and of those that are there it is not known why.
ALTER TABLE trial ADD COLUMN trained_to_end INTEGER NOT NULL DEFAULT 0
  CONSTRAINT trial_trained_to_end_valid CHECK (trained_to_end IN (0, 1));
UPDATE trial SET trained_to_end = 1 WHERE forgiven_attempts > 0;
