#!/usr/bin/env python3
"""Damages an index at random, again and again, and runs every kind of command with it.

damaged_index.py BINARY INDEX CHECKOUT IMAGE COUNT SEED

INDEX has an entry for IMAGE, built from CHECKOUT. It ends with status 1 if a command was killed, if a lookup failed or
gave an image of another key, or if an index was moved aside without a warning.
"""

import json
import pathlib
import random
import shlex
import shutil
import sqlite3
import subprocess
import sys

COMMANDS = [["list"], ["stats"], ["gc", "--dry-run"], ["doctor"]]

binary, index, checkout, image, count, seed = sys.argv[1:]
source = random.Random(seed)
problems = []
warned = hits = 0

place = pathlib.Path(index).parent.parent / "damaged"
whole = place.with_suffix(".db")
with sqlite3.connect(index) as database:
    database.execute("VACUUM INTO ?", [str(whole)])
sound = whole.read_bytes()


def run(*arguments):
    return subprocess.run([binary, *arguments], cwd=checkout, capture_output=True, text=True)


def damaged():
    data = bytearray(sound)
    used = [position for position in range(len(data)) if data[position]]
    position = source.choice(used)
    if source.random() < 0.6:
        data[position] ^= 1 << source.randrange(8)
    elif source.random() < 0.8:
        length = source.randint(1, 300)
        data[position : position + length] = source.randbytes(length)
    else:
        del data[position:]
    return bytes(data), position


def look_up(name):
    global warned, hits
    exports = place / "exports"
    done = run("run", "--image", image, "--provider", "local", "--index", str(place / "index.db"), "--exports", exports)
    warned += "warning" in done.stderr
    if done.returncode != 0:
        return f"{name}: status {done.returncode}: {done.stderr}"
    lines = [line.removeprefix("export ") for line in exports.read_text().splitlines()]
    variables = dict(shlex.split(line)[0].split("=", 1) for line in lines if "=" in line)
    hits += variables["BUILDKITE_PLUGIN_DOCKER_CACHE_HIT"] == "true"
    inspect = ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}"]
    found = subprocess.run([*inspect, variables["BUILDKITE_PLUGIN_DOCKER_IMAGE"]], capture_output=True, text=True)
    labels = json.loads(found.stdout)
    key = variables["BUILDKITE_PLUGIN_DOCKER_CACHE_KEY"]
    if key != true_key or labels["io.docker-cache.key"] != key:
        return f"{name}: another image, {labels}, for the key {key} in place of {true_key}"
    if list(place.glob("*.corrupt-*")) and "moved" not in done.stderr:
        return f"{name}: moved aside without a word"
    return None


true_key = run("key", "--no-stat-cache", "--index", str(place.with_suffix(".new"))).stdout.strip()
for number in range(int(count)):
    for command in [None, source.choice(COMMANDS)]:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        data, position = damaged()
        (place / "index.db").write_bytes(data)
        (place / "index.db.lock").touch()
        name = f"seed {seed}, number {number}, byte {position}"
        if command is None:
            problem = look_up(name)
        else:
            done = run(*command, "--index", str(place / "index.db"))
            problem = None if done.returncode in (0, 1) else f"{name}: {command}: {done.returncode}: {done.stderr}"
        if problem:
            problems.append(problem)
shutil.rmtree(place, ignore_errors=True)
print(f"seed {seed}: {count} lookups with a damaged index, {hits} hits, {warned} with a warning")
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
