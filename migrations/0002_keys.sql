-- Can be derived again: what the configurations of base images say that decides which files a build reads. `platform`
-- is the one that was asked for. Without `has_triggers`, somebody was to be asked and could not be: that is worth
-- remembering too, for a short while, or every lookup would ask again. `digest` is what the registry had under the
-- reference; NULL where the daemon had the image. `variables` are names, one a line.
CREATE TABLE base_images (
    reference TEXT NOT NULL,
    platform TEXT NOT NULL,
    learned_at INTEGER NOT NULL,
    digest TEXT,
    has_triggers INTEGER,
    variables TEXT NOT NULL,
    PRIMARY KEY (reference, platform)
) STRICT, WITHOUT ROWID;

-- Can be lost: what the keys of the last lookups were made of, so that a miss can be explained. One row for each key
-- of an image in a pipeline ('' outside of one), and only the newest few. `directory` is where the last lookup with
-- that key ran, as bytes. `record` belongs to whoever writes it; it holds paths and digests, and no value of a build
-- argument or a secret.
CREATE TABLE fingerprints (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    image TEXT NOT NULL,
    key TEXT NOT NULL,
    directory BLOB NOT NULL,
    seen_at INTEGER NOT NULL,
    record BLOB NOT NULL,
    UNIQUE (pipeline, image, key)
) STRICT;

CREATE INDEX fingerprints_by_directory ON fingerprints (directory, seen_at);
