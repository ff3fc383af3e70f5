-- Rules by which trials of a sweep stop early.

-- JSON object; {} where there is none.
ALTER TABLE sweep ADD COLUMN stop_rule TEXT NOT NULL DEFAULT '{}'
  CONSTRAINT sweep_stop_rule_valid CHECK (json_valid(stop_rule));
