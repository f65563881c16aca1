-- SQLite does not check what it reads. Where a row decides on a key, an image or a registry, `checksum` is made of what
-- decides and of what the row is about, by row_checksum(), a function of the program (Sources/Store/CheckedTable.swift,
-- which also says which columns). A row that does not match is dropped. The records of directories have checksums of
-- their own.
ALTER TABLE entries ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE entries SET checksum = row_checksum(
    'entries', key, scope, image, provider, local_image_id, cache_image, registry_digest, size_bytes, built_at,
    pipeline, build_milliseconds
);

-- What can be learned again, or is only for messages, goes: nothing says whether it is sound, and where there is much
-- of it, its checksums would keep other processes waiting.
DELETE FROM key_records;
ALTER TABLE key_records ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
DELETE FROM executables;
ALTER TABLE executables ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
DELETE FROM base_images;
ALTER TABLE base_images ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
DELETE FROM logins;
ALTER TABLE logins ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
DELETE FROM provider_answers;
ALTER TABLE provider_answers ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
DELETE FROM remote_sources;
ALTER TABLE remote_sources ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
