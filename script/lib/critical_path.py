#!/usr/bin/env python3
"""critical_path.py REQUESTS --key MILLISECONDS --total MILLISECONDS --round-trip MILLISECONDS

Draws which part of a registry hit runs when, from the requests of the lookup and of the daemon: a bar for each part, one
below the other. REQUESTS has a line for each request: milliseconds since the first one, the number of the connection,
and the request. The first request is sent when the key is known.
"""

import argparse

WIDTH = 60

parser = argparse.ArgumentParser()
parser.add_argument("requests")
parser.add_argument("--key", type=int, required=True)
parser.add_argument("--total", type=int, required=True)
parser.add_argument("--round-trip", type=int, required=True)
arguments = parser.parse_args()

requests = []
for line in open(arguments.requests):
    time, connection, request = line.split(maxsplit=2)
    requests.append((int(time) + arguments.key, connection, request))
# The daemon asks for nothing by the names that only the lookup knows.
ours = {connection for _, connection, request in requests if "/manifests/cache-" in request}
question = max(time for time, _, request in requests if "/manifests/cache-" in request and "record" not in request)
answer = question + arguments.round_trip
reading = [time for time, connection, _ in requests if connection in ours and time > question]
pulling = [time for time, connection, _ in requests if connection not in ours and time >= answer]

parts = [("key", 0, arguments.key)]
if question > arguments.key + arguments.round_trip:
    parts.append(("login", arguments.key, question))
parts.append(("the tag's manifest", question, answer))
if reading:
    parts.append(("labels and record", min(reading), max(reading) + arguments.round_trip))
if pulling:
    parts.append(("the daemon's pull", min(pulling), arguments.total))
for name, start, end in parts:
    left = round(start * WIDTH / arguments.total)
    length = max(1, round(end * WIDTH / arguments.total) - left)
    print(f"{name:<20}{' ' * left}{'█' * length}{' ' * (WIDTH - left - length)} {end - start:>5} ms")
