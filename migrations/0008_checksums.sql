-- SQLite does not check what it reads. Where a row decides on a key, an image or a registry, `checksum` is made of what
-- decides and of what the row is about, by row_checksum(), a function of the program (Sources/Store/CheckedTable.swift,
-- which also says which columns). A row that does not match is dropped. The records of directories have checksums of
-- their own.
ALTER TABLE entries ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE entries SET checksum = row_checksum(
    'entries', key, scope, image, provider, local_image_id, cache_image, registry_digest, size_bytes, built_at,
    pipeline, build_milliseconds
);

ALTER TABLE key_records ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE key_records SET checksum = row_checksum('key_records', pipeline, image, key, record);

ALTER TABLE executables ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE executables SET checksum = row_checksum('executables', path, state, facts);

ALTER TABLE base_images ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE base_images SET checksum = row_checksum(
    'base_images', reference, platform, learned_at, digest, has_triggers, variables
);

ALTER TABLE logins ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE logins SET checksum = row_checksum('logins', host, configuration, identity, ends_at);

ALTER TABLE provider_answers ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE provider_answers SET checksum = row_checksum('provider_answers', question, answer, ends_at);

ALTER TABLE remote_sources ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE remote_sources SET checksum = row_checksum('remote_sources', source, address, tag, digest, learned_at);
