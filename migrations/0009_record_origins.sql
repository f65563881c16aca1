-- Where what a key was made of comes from: '' for a lookup on this agent, else which build said it in the registry.
DELETE FROM key_records;
ALTER TABLE key_records ADD COLUMN origin TEXT NOT NULL DEFAULT '';
