-- The index of docker-cache. Times are milliseconds since 1970, UTC. Sizes are bytes.

-- Facts that nobody else has: which image a key stands for, when it was built and used, and how long the build took.
-- `scope` names provider, repository and image, so that equal keys under two providers stay apart.
CREATE TABLE entries (
    key TEXT NOT NULL,
    scope TEXT NOT NULL,
    image TEXT NOT NULL,
    provider TEXT NOT NULL,
    local_image_id TEXT,
    cache_image TEXT,
    registry_digest TEXT,
    size_bytes INTEGER,
    built_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    hits INTEGER NOT NULL DEFAULT 0,
    pipeline TEXT,
    build_milliseconds INTEGER,
    PRIMARY KEY (key, scope)
) STRICT, WITHOUT ROWID;

-- Facts that nobody else has: one row for every lookup. A stage that did not run has NULL milliseconds.
-- `saved_milliseconds` is what the lookup saved against a build; it is kept here because the entry it came from may go.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    key TEXT,
    image TEXT NOT NULL,
    provider TEXT NOT NULL,
    outcome TEXT NOT NULL
        CHECK (outcome IN ('local-hit', 'registry-hit', 'miss', 'expired', 'bypassed')),
    reason TEXT,
    failure TEXT,
    exit_status INTEGER NOT NULL DEFAULT 0,
    pipeline TEXT,
    branch TEXT,
    build TEXT,
    job TEXT,
    step TEXT,
    fingerprint_milliseconds INTEGER,
    lookup_milliseconds INTEGER,
    wait_milliseconds INTEGER,
    pull_milliseconds INTEGER,
    build_milliseconds INTEGER,
    save_milliseconds INTEGER,
    total_milliseconds INTEGER,
    saved_milliseconds INTEGER,
    context_bytes_read INTEGER,
    image_bytes INTEGER
) STRICT;

-- The hit rate is counted from these indexes alone, without touching the rows.
CREATE INDEX events_by_time ON events (at, outcome, failure);
CREATE INDEX events_by_image ON events (image, at, outcome, failure);
CREATE INDEX events_by_pipeline ON events (pipeline, at, outcome, failure);

-- Can be derived again: the directories whose files have been hashed. `path` is the absolute path of the context's
-- root, as bytes, because names on disk need not be UTF-8. AUTOINCREMENT: a number is never given out twice, so a run
-- that still holds the number of a checkout that has meanwhile been removed cannot write into another one.
CREATE TABLE checkouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,
    last_used_at INTEGER NOT NULL
) STRICT;

-- Can be derived again: the file states and hashes of one directory of a context, packed into one value, because there
-- are a hundred times as many files as directories. An ordinary rowid table: with values of 9 KB, 1,000 and 10,000 of
-- them, a WITHOUT ROWID table was a few percent slower to read in order, and no smaller.
CREATE TABLE directory_states (
    id INTEGER PRIMARY KEY,
    checkout_id INTEGER NOT NULL REFERENCES checkouts (id) ON DELETE CASCADE,
    directory BLOB NOT NULL,
    records BLOB NOT NULL,
    UNIQUE (checkout_id, directory)
) STRICT;

-- Can be derived again: what an executable said of itself when it was run, so that it need not be run to hear it again.
-- `path` is its absolute path, as bytes. `state` is what the file looked like then, in the words of whoever asked; in
-- another state it is another executable. `facts` belong to whoever asked, too.
CREATE TABLE executables (
    path BLOB PRIMARY KEY,
    state TEXT NOT NULL,
    facts TEXT NOT NULL
) STRICT, WITHOUT ROWID;
