-- What was signed of the image in the registry, as JSON; NULL where nothing was. It proves itself, and so has no part
-- in the checksum.
ALTER TABLE entries ADD COLUMN signature TEXT;
