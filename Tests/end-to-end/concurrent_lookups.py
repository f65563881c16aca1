#!/usr/bin/env python3
"""Runs 8 processes that look up a few images repeatedly, together with gc and removals, and counts the results.

concurrent_lookups.py BINARY INDEX DIRECTORY IMAGE REGISTRY LOOKUPS SEED

The images differ in a label and in a file's content. Half of them are kept in REGISTRY, half only on this machine. It
ends with status 1 if a lookup failed or got another image, if a key was built more than once per removal of its entry
or image, or if the number of events differs from the number of lookups.
"""

import json
import pathlib
import random
import shlex
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter

WORKERS = 8
KEYS = 6
# The number of lookups per removal.
LOOKUPS_PER_REMOVAL = 10

binary, index, directory, image, registry, lookups, seed = sys.argv[1:]
lookups = int(lookups)
lock = threading.Lock()
problems = []
keys = {}
started = 0
ended = 0
gone = Counter()
removals = Counter()
# The removals that have ended.
removed = Counter()
collections = 0


def docker(*arguments):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True)


def make(number):
    checkout = pathlib.Path(directory, f"checkout-{number}")
    checkout.mkdir(parents=True)
    checkout.joinpath("Dockerfile").write_text(
        f"FROM docker-cache-test/busybox\nLABEL number={number}\nCOPY content /content\n"
    )
    # Differs in every run, so that it is built.
    checkout.joinpath("content").write_text(f"{image} {number}\n")
    return checkout


checkouts = [make(number) for number in range(KEYS)]


def provider(number):
    if number % 2 == 0:
        return ["--provider", "local"]
    return ["--provider", "registry", "--registry-url", registry, "--registry-insecure"]


def look_up(worker, number):
    exports = pathlib.Path(directory, f"exports-{worker}")
    exports.unlink(missing_ok=True)
    before = removed[number]
    done = subprocess.run(
        [binary, "run", "--image", image, *provider(number), "--index", index, "--exports", exports],
        cwd=checkouts[number],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        problems.append(f"image {number}: status {done.returncode}: {done.stderr}")
        return
    lines = [line.removeprefix("export ") for line in exports.read_text().splitlines()]
    variables = dict(shlex.split(line)[0].split("=", 1) for line in lines if "=" in line)
    key = variables["BUILDKITE_PLUGIN_DOCKER_CACHE_KEY"]
    if keys.setdefault(number, key) != key:
        problems.append(f"image {number}: the key {key}, and {keys[number]} before")
    name = variables["BUILDKITE_PLUGIN_DOCKER_IMAGE"]
    found = docker("image", "inspect", "--format", "{{json .Config.Labels}}", name)
    if found.returncode != 0:
        gone[number] += 1
        if removals[number] == before:
            problems.append(f"image {number}: {name} is not there, and nobody has removed it")
        return
    labels = json.loads(found.stdout)
    if labels is None and removals[number] > before:
        # containerd's image store shows an image without its configuration while it is being removed.
        gone[number] += 1
        return
    if labels["number"] != str(number) or labels["io.docker-cache.key"] != key:
        problems.append(f"image {number}: {name} is another: {labels}")


def work(worker):
    global started, ended
    source = random.Random(f"{seed} {worker}")
    while True:
        with lock:
            if started == lookups:
                return
            started += 1
        try:
            look_up(worker, source.randrange(KEYS))
        except Exception as error:  # Whatever it is, the others go on and it is told of at the end.
            problems.append(f"{type(error).__name__}: {error}")
        with lock:
            ended += 1


def remove(source):
    """Takes an entry away, or the image from the daemon."""
    number = source.randrange(KEYS)
    if number not in keys:
        return
    removals[number] += 1
    if source.random() < 0.5:
        subprocess.run([binary, "forget", keys[number], "--index", index], capture_output=True)
    else:
        docker("image", "rm", "--force", f"{image}:{keys[number]}")
    removed[number] += 1


def disturb():
    global collections
    source = random.Random(f"{seed} removals")
    done = 0
    while ended < lookups:
        time.sleep(0.5)
        # Before the first lookup there is no index for gc.
        if ended == 0:
            continue
        if done < ended // LOOKUPS_PER_REMOVAL:
            done += 1
            remove(source)
        command = [binary, "gc", "--image", image, "--keep", "1", "--index", index]
        collected = subprocess.run(command, capture_output=True, text=True)
        collections += 1
        if collected.returncode != 0:
            problems.append(f"gc: status {collected.returncode}: {collected.stderr}")


threads = [threading.Thread(target=work, args=[worker]) for worker in range(WORKERS)]
threads.append(threading.Thread(target=disturb))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

database = sqlite3.connect(f"file:{index}?mode=ro", uri=True)
events = database.execute("SELECT count(*) FROM events").fetchone()[0]
if events != lookups:
    problems.append(f"{events} events of {lookups} lookups")
outcomes = dict(database.execute("SELECT outcome, count(*) FROM events GROUP BY outcome"))
builds = dict(database.execute("SELECT key, count(*) FROM events WHERE build_milliseconds IS NOT NULL GROUP BY key"))
for number, key in sorted(keys.items()):
    if builds.get(key, 0) > 1 + removals[number]:
        problems.append(f"image {number}: {builds[key]} builds for {removals[number]} removals")
print(
    f"seed {seed}: {lookups} lookups ({outcomes}), {events} events, {sum(builds.values())} builds of {len(keys)} keys, "
    f"{removals.total()} removals, {gone.total()} images removed before they were looked at, {collections} times gc"
)
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
