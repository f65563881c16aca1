-- Facts that nobody else has: what the lookups of days come to that have left `daily_totals`, so that it does not grow
-- for ever. Each of these lookups is in both tables. One that is recorded later for such a day is in `daily_totals`
-- first, as all are.

-- By day, without names: what a period comes to.
CREATE TABLE earlier_days (
    day INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    failure TEXT NOT NULL,
    lookups INTEGER NOT NULL,
    waited INTEGER NOT NULL,
    builds INTEGER NOT NULL,
    build_milliseconds INTEGER NOT NULL,
    slowest_build_milliseconds INTEGER NOT NULL,
    saved_milliseconds INTEGER NOT NULL,
    image_bytes INTEGER NOT NULL,
    PRIMARY KEY (day, outcome, reason, failure)
) STRICT, WITHOUT ROWID;

-- By name, without days: counters never go back. Where there are too many names, those seen longest ago become ''.
CREATE TABLE earlier_series (
    image TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    provider TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    failure TEXT NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    lookups INTEGER NOT NULL,
    waited INTEGER NOT NULL,
    builds INTEGER NOT NULL,
    build_milliseconds INTEGER NOT NULL,
    slowest_build_milliseconds INTEGER NOT NULL,
    saved_milliseconds INTEGER NOT NULL,
    image_bytes INTEGER NOT NULL,
    PRIMARY KEY (image, pipeline, provider, outcome, reason, failure)
) STRICT, WITHOUT ROWID;
