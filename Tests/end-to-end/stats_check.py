#!/usr/bin/env python3
"""Compares every number that `docker-cache stats` prints with a plain computation from the events.

    stats_check.py BINARY INDEX SEED EVENTS

Fills the index with a made-up history, and runs the binary in every format and with every grouping.
"""

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../script/lib"))
import made_up_index  # noqa: E402

binary, index, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
DAY = made_up_index.DAY
now = int(time.time() * 1000)
checked = 0


def stats(*arguments):
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    result = subprocess.run([binary, "stats", "--index", index, *arguments], capture_output=True, env=environment)
    if result.returncode != 0:
        sys.exit(f"stats {arguments}: status {result.returncode}: {result.stderr.decode()}")
    return result.stdout.decode()


def same(found, expected, what):
    global checked
    checked += 1
    if found != expected:
        sys.exit(f"FAILED: {what}: expected {expected!r}, got {found!r} (seed {seed})")


def load():
    database = sqlite3.connect(index)
    database.row_factory = sqlite3.Row
    made_up_index.fill(database, seed, count, 500, 40, now, odd_names=True)
    events = [dict(row) for row in database.execute("SELECT * FROM events")]
    entries = [dict(row) for row in database.execute("SELECT * FROM entries")]
    database.close()
    return events, entries


def day_of(event):
    return time.strftime("%Y-%m-%d", time.gmtime(event["at"] // 1000))


def sums(events):
    """What stats says of these events, from the documentation alone."""
    by = Counter(event["outcome"] for event in events)
    hits = [event for event in events if event["outcome"] in ("local-hit", "registry-hit")]
    built = [event["build_milliseconds"] for event in events if event["failure"] is None]
    built = [milliseconds for milliseconds in built if milliseconds is not None]
    asked = len(events) - by["bypassed"]
    return {
        "lookups": len(events),
        "hits": len(hits),
        "local_hits": by["local-hit"],
        "registry_hits": by["registry-hit"],
        "misses": by["miss"],
        "expired": by["expired"],
        "bypassed": by["bypassed"],
        "failures": sum(event["failure"] is not None for event in events),
        "waited": sum((event["wait_milliseconds"] or 0) >= 100 for event in hits),
        "builds": len(built),
        "build_milliseconds": sum(built),
        "saved_milliseconds": sum(event["saved_milliseconds"] or 0 for event in events),
        "bytes_not_pulled": sum(event["image_bytes"] or 0 for event in hits if event["outcome"] == "local-hit"),
        "bytes_not_built": sum(event["image_bytes"] or 0 for event in hits),
        "hit_rate": len(hits) / asked if asked else None,
        "average_build_milliseconds": sum(built) // len(built) if built else None,
        "slowest_build_milliseconds": max(built, default=0),
    }


COUNTERS = list(sums([]))[:14]


def grouped(events, dimension):
    groups = defaultdict(list)
    for event in events:
        groups[day_of(event) if dimension == "day" else event[dimension]].append(event)
    return {value: sums(group) for value, group in groups.items()}


def tally(events, column):
    counts = Counter(event[column] for event in events if event[column] is not None)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def slowest(events):
    images = [(name, group) for name, group in grouped(events, "image").items() if group["builds"]]
    return sorted(images, key=lambda pair: (-pair[1]["average_build_milliseconds"], pair[0].encode()))[:10]


def costliest(events):
    images = [(name, group) for name, group in grouped(events, "image").items() if group["builds"]]
    return sorted(images, key=lambda pair: (-pair[1]["build_milliseconds"], pair[0].encode()))[:10]


def duration(milliseconds):
    if milliseconds < 10_000:
        hundredths = (milliseconds + 5) // 10
        return f"{hundredths // 100}.{hundredths % 100:02} s"
    if milliseconds < 60_000:
        return f"{milliseconds // 1000}.{milliseconds % 1000 // 100} s"
    if milliseconds < 3_600_000:
        return f"{milliseconds // 60_000} min {milliseconds % 60_000 // 1000} s"
    if milliseconds < 360_000_000:
        return f"{milliseconds // 3_600_000} h {milliseconds % 3_600_000 // 60_000} min"
    return f"{milliseconds // DAY} d {milliseconds % DAY // 3_600_000} h"


def size(amount):
    unit, name = 1, "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if amount >= unit * 1000:
            unit, name = unit * 1000, larger
    digits = 0 if unit == 1 or amount >= 100 * unit else 1 if amount >= 10 * unit else 2
    scaled = amount * 10**digits // unit
    return f"{scaled} {name}" if digits == 0 else f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}} {name}"


def percent(share):
    return f"{int(share * 100 + 0.5)}%"


def plain(name):
    """A name as the text shows it."""
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{{{ord(found.group()):X}}}", name)


def check_json(events, filters, what):
    found = json.loads(stats("--format", "json", *filters))
    same(found["version"], 1, f"{what}: version")
    same(found["totals"], sums(events), f"{what}: totals")
    same([(item["reason"], item["lookups"]) for item in found["reasons"]], tally(events, "reason"), f"{what}: reasons")
    failed = [(item["failure"], item["lookups"]) for item in found["failed"]]
    same(failed, tally(events, "failure"), f"{what}: failures")
    days = {item.pop("day"): item for item in found["days"]}
    same(list(days), sorted(days), f"{what}: order of the days")
    same(days, grouped(events, "day"), f"{what}: days")
    images = [(item.pop("image"), item) for item in found["slowest_images"]]
    same(images, slowest(events), f"{what}: slowest images")
    images = [(item.pop("image"), item) for item in found["costliest_images"]]
    same(images, costliest(events), f"{what}: costliest images")
    return found


def check_groups(events, dimension, filters, what):
    expected = grouped(events, dimension)
    found = json.loads(stats("--format", "json", "--by", dimension, *filters))
    same(found["by"], dimension, f"{what}: by")
    same({item.pop(dimension): item for item in found["groups"]}, expected, f"{what}: JSON by {dimension}")
    rows = list(csv.reader(io.StringIO(stats("--format", "csv", "--by", dimension, *filters), newline="")))
    same(rows[0], [dimension, *COUNTERS, "hit_rate"], f"{what}: head of the CSV")
    same(len(rows) - 1, len(expected), f"{what}: lines of the CSV by {dimension}")
    for row in rows[1:]:
        group = expected[row[0] or None]
        same(row[1:15], [str(group[name]) for name in COUNTERS], f"{what}: CSV of {row[0]!r}")
        same(float(row[15]) if row[15] else None, group["hit_rate"], f"{what}: rate of {row[0]!r}")
    lines = stats("--by", dimension, *filters).splitlines()
    same(len(lines) - 1, len(expected), f"{what}: lines by {dimension}")
    shown = {re.split(r"  +", line)[0]: re.split(r"  +", line)[1:] for line in lines[1:]}
    for value, group in expected.items():
        name = "(none)" if value is None else plain(value)
        numbers = [str(group[key]) for key in ("lookups", "hits", "misses", "expired", "bypassed", "failures")]
        rate = "-" if group["hit_rate"] is None else percent(group["hit_rate"])
        same(shown[name], [*numbers, rate, duration(group["saved_milliseconds"])], f"{what}: text of {name}")


def check_text(events, entries):
    lines = stats("--max-size", "2TB").splitlines()
    expected = sums(events)
    shown = {line[:12].strip(): line[12:] for line in lines}
    titles = ["Lookups", "Hits", "Local", "Registry", "Misses", "Expired", "Bypassed", "Failed", "Waited", "Builds"]
    for title, name in zip(titles, COUNTERS):
        same(shown[title], str(expected[name]), title)
    for title, name in (("Time built", "build_milliseconds"), ("Time saved", "saved_milliseconds")):
        same(shown[title], duration(expected[name]), title)
    for title, name in (("Not pulled", "bytes_not_pulled"), ("Not built", "bytes_not_built")):
        same(shown[title], size(expected[name]), title)
    same(shown["Hit rate"], percent(expected["hit_rate"]), "Hit rate")
    days = sorted(grouped(events, "day").items())[-30:]
    bars = "".join("▁▂▃▄▅▆▇█"[min(7, int(group["hit_rate"] * 8))] for _, group in days)
    same(shown["By day"], f"{bars}  {days[0][0]} to {days[-1][0]}", "By day")
    for column in ("reason", "failure"):
        for reason, lookups in tally(events, column):
            same(any(line.split() == [reason, str(lookups)] for line in lines), True, f"text: {reason} {lookups}")
    start = next(number for number, line in enumerate(lines) if line.startswith("Slowest images")) + 1
    for number, (name, group) in enumerate(slowest(events)):
        times = [duration(group["average_build_milliseconds"]), duration(group["slowest_build_milliseconds"])]
        same(re.split(r"  +", lines[start + number].strip()), [plain(name), str(group["builds"]), *times], name)
    amount = sum(entry["size_bytes"] or 0 for entry in entries)
    share = percent(amount / 2e12)
    same(shown["Cache"], f"{len(entries)} images, {size(amount)} of 2.00 TB ({share})", "Cache")


SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')


def samples(text):
    unescape = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
    found = {}
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        pairs = re.findall(r'([a-z]+)="((?:[^"\\\n]|\\.)*)"', labels or "")
        key = (name, tuple((label, re.sub(r"\\.", lambda m: unescape[m.group()], text)) for label, text in pairs))
        if key in found:
            sys.exit(f"FAILED: {key} is there twice")
        found[key] = value
    return found


def check_metrics(events, entries):
    metrics = {
        "build_milliseconds": "build_seconds", "saved_milliseconds": "saved_seconds",
        "bytes_not_pulled": "not_pulled_bytes", "bytes_not_built": "not_built_bytes",
    }  # fmt: skip
    expected = {}
    series = defaultdict(list)
    for event in events:
        series[(event["image"], event["pipeline"] or "", event["provider"])].append(event)
    for labels, group in series.items():
        pairs = tuple(zip(("image", "pipeline", "provider"), labels))
        for name, value in list(sums(group).items())[:14]:
            text = f"{value // 1000}.{value % 1000:03}" if name.endswith("_milliseconds") else str(value)
            expected[(f"docker_cache_{metrics.get(name, name)}_total", pairs)] = text
        for reason, lookups in tally(group, "reason"):
            expected[("docker_cache_reasons_total", (*pairs, ("reason", reason)))] = str(lookups)
    expected[("docker_cache_entries", ())] = str(len(entries))
    expected[("docker_cache_size_bytes", ())] = str(sum(entry["size_bytes"] or 0 for entry in entries))
    expected[("docker_cache_limit_bytes", ())] = "50000000000"
    found = samples(stats("--format", "prometheus", "--max-size", "50GB"))
    same(set(found), set(expected), "series of Prometheus")
    for key, value in expected.items():
        same(found[key], value, key)


def main():
    print(f"seed {seed}")
    events, entries = load()
    check_text(events, entries)
    found = check_json(events, [], "all")
    same(found["cache"]["entries"], len(entries), "entries")
    same(found["cache"]["bytes"], sum(entry["size_bytes"] or 0 for entry in entries), "bytes of the cache")
    row = list(csv.reader(io.StringIO(stats("--format", "csv"))))[1]
    same(row[:14], [str(sums(events)[name]) for name in COUNTERS], "CSV")
    check_metrics(events, entries)
    dimensions = ("image", "pipeline", "branch", "provider", "reason", "day")
    for dimension in dimensions:
        check_groups(events, dimension, [], "all")
    # Spans that begin in the middle of a day, at its beginning, and that begin and end on the same day.
    middle = now - 11 * DAY - 12_345_000
    middle -= middle % 1000
    midnight = now - now % DAY - 20 * DAY
    spans = [(middle, None), (midnight, middle), (middle, middle + 3_600_000), (midnight, midnight + DAY), (None, middle)]
    for number, (since, until) in enumerate(spans):
        filters = []
        for name, value in (("--since", since), ("--until", until)):
            if value is not None:
                filters += [name, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(value // 1000))]
        some = [event for event in events if (since or 0) <= event["at"] < (until or now + DAY)]
        check_json(some, filters, f"{filters}")
        check_groups(some, dimensions[number], filters, f"{filters}")
    for name in ("image", "pipeline", "branch"):
        value = next(event[name] for event in events if event[name])
        some = [event for event in events if event[name] == value]
        check_json(some, [f"--{name}={value}"], f"--{name}")
        check_groups(some, "day", [f"--{name}={value}"], f"--{name}")
    forgotten = stats("--reset")
    same(forgotten, f"Forgot {len(events)} lookups.\n", "--reset")
    same(json.loads(stats("--format", "json"))["totals"], sums([]), "after --reset")
    print(f"{checked} comparisons of {len(events)} events")


main()
