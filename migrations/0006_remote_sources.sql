-- What lay at the addresses that Dockerfiles add, for lookups with pinned base images. It can be learned again. An
-- address may hold a value that nobody should read here: its SHA-256 stands for it.
CREATE TABLE remote_sources (
    source TEXT NOT NULL PRIMARY KEY,
    -- Where redirects led, as a SHA-256 too.
    address TEXT NOT NULL,
    -- The server's name for the content, which is another for every other content.
    tag TEXT NOT NULL,
    -- SHA-256 of the content, 64 hex digits.
    digest TEXT NOT NULL,
    -- Milliseconds since 1970, UTC.
    learned_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
