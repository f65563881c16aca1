#!/usr/bin/env python3
"""Fills a docker-cache index with a made-up history, which is the same for the same seed.

The file must already have its schema: any docker-cache command creates it in an empty file. Nothing here knows how the
numbers are summarized.
"""

import argparse
import random
import sqlite3

import index_rows

DAY = 86_400_000
REASONS = {
    "miss": ["new-key", "new-key", "new-key", "image-gone", "registry-unreachable", "wrong-image"],
    "expired": ["max-age"],
    "bypassed": ["restore-disabled", "strategy-build"],
}
FAILURES = ["build-failed", "daemon-unreachable", "inputs-unreadable", "failed"]
OUTCOMES = (["local-hit", "registry-hit", "miss", "expired", "bypassed"], [70, 14, 12, 2, 2])
EVENT_COLUMNS = """at, key, image, provider, outcome, reason, failure, exit_status, pipeline, branch, build, job, step,
    fingerprint_milliseconds, lookup_milliseconds, wait_milliseconds, pull_milliseconds, build_milliseconds,
    save_milliseconds, total_milliseconds, saved_milliseconds, context_bytes_read, image_bytes"""
ENTRY_COLUMNS = """key, scope, image, provider, local_image_id, cache_image, registry_digest, size_bytes, built_at,
    created_at, last_used_at, hits, pipeline, build_milliseconds"""


def key(source):
    return f"{source.getrandbits(160):040x}"


class Place:
    """An image in a pipeline, where it is kept, and how long it takes to build."""

    def __init__(self, source, number, odd_names):
        self.image = f"team-{number % 8}/service-{number}"
        self.pipeline = f"pipeline-{number % 25}" if number % 11 else None
        if odd_names and number % 7 == 3:
            self.image = source.choice(['a"b\\c', "<script>alert(1)</script>", "line\nbreak", "comma,semi;", "ümläut"])
            self.pipeline = source.choice(['p"q\\', "<img src=x onerror=alert(1)>", "two\r\nlines", "=1+2"])
        self.provider = source.choice(["local", "registry", "ecr"])
        self.build = source.randint(4_000, 900_000)
        self.size = source.randint(5_000_000, 4_000_000_000)


def event(source, place, at, odd_names):
    outcome = source.choices(*OUTCOMES)[0]
    hit = outcome.endswith("-hit")
    reason = None if hit else source.choice(REASONS[outcome])
    failure = source.choice(FAILURES) if source.random() < (0.002 if hit else 0.03) else None
    built = not hit and failure in (None, "build-failed")
    build = int(place.build * source.uniform(0.6, 1.8)) if built else None
    wait = None
    if outcome != "bypassed" and not (hit and source.random() < 0.8):
        wait = source.choice([0, 0, 1, 99, 100, 101, 40_000])
    pull = source.randint(300, 30_000) if outcome == "registry-hit" else None
    total = source.randint(20, 90) + (wait or 0) + (pull or 0) + (build or 0)
    saved = max(0, place.build - total) if hit and source.random() < 0.95 else None
    branch = source.choice(["main", "main", "main", f"feature-{source.randint(1, 200)}", None])
    if odd_names and source.random() < 0.01:
        branch = source.choice(["a|b", "<b>", 'quote"', "back`tick", "tab\tbed"])
    return (
        at, key(source), place.image, place.provider, outcome, reason, failure, 0 if failure is None else 1,
        place.pipeline, branch, str(source.randint(1, 9_999)), None, source.choice(["test", "build", None]),
        source.randint(5, 60), source.randint(5, 40), wait, pull, build, source.choice([None, 900]), total, saved,
        source.randint(0, 10_000_000), place.size if failure is None and source.random() < 0.98 else None,
    )  # fmt: skip


def entry(source, place, now):
    built = now - source.randint(0, 60 * DAY)
    used = source.randint(built, now)
    return (
        key(source), f"{place.provider} :cache {place.image}", place.image, place.provider,
        f"sha256:{source.getrandbits(256):064x}", None, None, source.choice([None] + [place.size] * 9), built, built,
        used, source.randint(0, 400), place.pipeline, place.build,
    )  # fmt: skip


def directory_states(source, files, checkouts, each=100):
    """What scans of that many files leave, in directories of 100. The hashes are no hashes of anything."""
    directories = files // each
    for number in range(directories):
        checkout = number % checkouts + 1
        # Same layout and size as the program writes. A wrong checksum means that the files are read again.
        yield checkout, f"source/package-{number // checkouts}".encode(), source.randbytes(72 + each * 84)


def add_files(database, seed, files, now, checkouts=20):
    source = random.Random(seed)
    with database:
        places = ((f"/var/lib/buildkite-agent/builds/agent-{number}/shop".encode(), now) for number in range(checkouts))
        database.executemany("INSERT INTO checkouts (path, last_used_at) VALUES (?, ?)", places)
        first = database.execute("SELECT min(id) FROM checkouts").fetchone()[0]
        rows = ((first + row[0] - 1, *row[1:]) for row in directory_states(source, files, checkouts))
        database.executemany("INSERT INTO directory_states (checkout_id, directory, records) VALUES (?, ?, ?)", rows)


def fill(database, seed, events, entries, days, now, places=60, odd_names=False):
    """Adds that many events of the days before `now` (milliseconds since 1970), in order, and entries."""
    source = random.Random(seed)
    all_places = [Place(source, number, odd_names) for number in range(places)]
    times = sorted(source.randint(now - days * DAY, now) for _ in range(events))
    rows = (event(source, source.choice(all_places), at, odd_names) for at in times)
    with database:
        marks = ", ".join("?" * 23)
        database.executemany(f"INSERT INTO events ({EVENT_COLUMNS}) VALUES ({marks})", rows)
        marks = ", ".join("?" * 14)
        made = (entry(source, source.choice(all_places), now) for _ in range(entries))
        database.executemany(f"INSERT INTO entries ({ENTRY_COLUMNS}) VALUES ({marks})", made)
        index_rows.seal(database)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", help="the file to fill")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=0, help="records of files, in 20 checkouts (default: 0)")
    parser.add_argument("--days", type=int, default=90, help="over how many days before NOW (default: 90)")
    parser.add_argument("--now", type=int, required=True, help="milliseconds since 1970")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    database = sqlite3.connect(arguments.index)
    fill(database, arguments.seed, arguments.events, arguments.entries, arguments.days, arguments.now)
    if arguments.files:
        add_files(database, arguments.seed, arguments.files, arguments.now)
    database.close()


if __name__ == "__main__":
    main()
