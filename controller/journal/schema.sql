-- The journal, version 1.  Later versions are migrations in database.c; this file
-- is never edited once a release has it.
--
-- Times are milliseconds since 1970, UTC.  Columns named json hold a document.

CREATE TABLE run (
    seq        INTEGER PRIMARY KEY,  -- also the byte of runs.lock that its controller holds
    id         TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,     -- rollout, validate
    created    INTEGER NOT NULL,
    ended      INTEGER,              -- NULL: its controller has not said the last word
    argv       TEXT    NOT NULL,     -- json: what the operator typed
    folder     TEXT    NOT NULL,     -- where it was typed
    plan       TEXT    NOT NULL,     -- json: the limits of the run
    controller TEXT    NOT NULL,     -- host and process that work, or worked, on it
    user       TEXT    NOT NULL,
    state      TEXT    NOT NULL,     -- running, paused, done, failed, stopped
    epoch      INTEGER NOT NULL,     -- raised by each controller that takes it up
    summary    TEXT                  -- json: what a validation came to; NULL: nothing yet
);

CREATE TABLE node (
    run     TEXT    NOT NULL REFERENCES run (id),
    name    TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    code    TEXT    NOT NULL,        -- "ok" or why it failed
    reason  TEXT    NOT NULL,
    plan    TEXT,                    -- json: steps and reboot; NULL: nothing to do
    facts   TEXT,                    -- json: as it was probed; NULL: it was not
    boot_id TEXT,                    -- the boot that our reboot ends; NULL before
    since   INTEGER NOT NULL,        -- of the state
    seconds REAL    NOT NULL,        -- on the road, waiting for its turn not counted
    PRIMARY KEY (run, name)
) WITHOUT ROWID;

CREATE TABLE move (
    run        TEXT    NOT NULL,
    node       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    from_state TEXT    NOT NULL,
    event      TEXT    NOT NULL,
    to_state   TEXT    NOT NULL,
    reason     TEXT    NOT NULL
);
CREATE INDEX move_of_node ON move (run, node);

CREATE TABLE pair (
    run     TEXT NOT NULL REFERENCES run (id),
    a       TEXT NOT NULL,
    b       TEXT NOT NULL,
    rail    TEXT NOT NULL,
    numbers TEXT NOT NULL,           -- json
    verdict TEXT NOT NULL,
    reason  TEXT NOT NULL,           -- "" unless it failed
    PRIMARY KEY (run, a, b, rail)
) WITHOUT ROWID;

CREATE TABLE finding (
    run   TEXT    NOT NULL REFERENCES run (id),
    rank  INTEGER NOT NULL,          -- from 0, the most convincing first
    whole TEXT    NOT NULL,          -- json: as validate --json has it
    PRIMARY KEY (run, rank)
) WITHOUT ROWID;
