-- Which revisions this file has given: a copy that is put back goes on with numbers of its own.

-- A line begins with each start of the server. What lies between the last revision before it and
-- its first was given, if at all, by a file that this one was put in the place of.
CREATE TABLE revision_line (
  first INTEGER PRIMARY KEY,
  last_before INTEGER NOT NULL,
  CONSTRAINT revision_line_grows CHECK (last_before < first)
) STRICT;
