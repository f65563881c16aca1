-- What an event adds to the sums, in one place. A build counts if it succeeded. A hit that waited for a lock at least
-- as long as the lock takes to be tried again (100 ms) took what another process had built or pulled meanwhile.
CREATE VIEW event_amounts AS
SELECT
    id,
    at,
    at / 86400000 AS day,
    image,
    coalesce(pipeline, '') AS pipeline,
    coalesce(branch, '') AS branch,
    provider,
    outcome,
    coalesce(reason, '') AS reason,
    coalesce(failure, '') AS failure,
    1 AS lookups,
    iif(outcome IN ('local-hit', 'registry-hit') AND wait_milliseconds >= 100, 1, 0) AS waited,
    iif(failure IS NULL AND build_milliseconds IS NOT NULL, 1, 0) AS builds,
    iif(failure IS NULL, coalesce(build_milliseconds, 0), 0) AS build_milliseconds,
    coalesce(saved_milliseconds, 0) AS saved_milliseconds,
    coalesce(image_bytes, 0) AS image_bytes
FROM events;

-- Facts that nobody else has: what the lookups of each day come to. Old events are removed, and these stay, because
-- counters that a monitoring system reads must never go back; and there are a hundred times fewer of them, so that
-- they are quickly summed up. `day` counts days since 1970, UTC. '' stands for NULL. There is no branch: with it there
-- would be nearly as many rows as events.
CREATE TABLE daily_totals (
    day INTEGER NOT NULL,
    image TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    provider TEXT NOT NULL,
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
    PRIMARY KEY (day, image, pipeline, provider, outcome, reason, failure)
) STRICT, WITHOUT ROWID;

INSERT INTO daily_totals
SELECT
    day, image, pipeline, provider, outcome, reason, failure,
    count(*), sum(waited), sum(builds), sum(build_milliseconds), max(build_milliseconds), sum(saved_milliseconds),
    sum(image_bytes)
FROM event_amounts
GROUP BY day, image, pipeline, provider, outcome, reason, failure;

CREATE TRIGGER events_are_summed_up AFTER INSERT ON events BEGIN
    INSERT INTO daily_totals
    SELECT
        day, image, pipeline, provider, outcome, reason, failure,
        lookups, waited, builds, build_milliseconds, build_milliseconds, saved_milliseconds, image_bytes
    FROM event_amounts
    WHERE id = new.id
    ON CONFLICT (day, image, pipeline, provider, outcome, reason, failure) DO UPDATE SET
        lookups = lookups + excluded.lookups,
        waited = waited + excluded.waited,
        builds = builds + excluded.builds,
        build_milliseconds = build_milliseconds + excluded.build_milliseconds,
        slowest_build_milliseconds = max(slowest_build_milliseconds, excluded.slowest_build_milliseconds),
        saved_milliseconds = saved_milliseconds + excluded.saved_milliseconds,
        image_bytes = image_bytes + excluded.image_bytes;
END;
