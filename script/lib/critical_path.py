#!/usr/bin/env python3
"""critical_path.py REQUESTS --key MILLISECONDS --total MILLISECONDS --round-trip MILLISECONDS [--count]

Draws which part of a registry hit runs when, from the requests of the lookup and of the daemon: a bar for each part, one
below the other. REQUESTS has a line for each request: milliseconds since the first one, the number of the connection,
and the request. The lookup asks for the key's tag when it knows the key. A login begins earlier.

With --count, prints two numbers instead: how many requests the pull waits for, one after the other, and how many the
lookup sends after the pull's last one. The lookup and the login run side by side, so the longer of the two counts. A
request that is repeated got a token in between, from a server whose requests are not in the file.
"""

import argparse

WIDTH = 60

parser = argparse.ArgumentParser()
parser.add_argument("requests")
parser.add_argument("--key", type=int, required=True)
parser.add_argument("--total", type=int, required=True)
parser.add_argument("--round-trip", type=int, required=True)
parser.add_argument("--count", action="store_true")
arguments = parser.parse_args()


def names_tag(request):
    return "/manifests/cache-" in request and "record" not in request


requests = []
for line in open(arguments.requests):
    time, connection, request = line.split(maxsplit=2)
    requests.append((int(time), connection, request.strip()))
offset = arguments.key - min(time for time, _, request in requests if names_tag(request))
requests = [(time + offset, connection, request) for time, connection, request in requests]
# The daemon asks for nothing by the names that only the lookup knows.
ours = {connection for _, connection, request in requests if "/manifests/cache-" in request}
questions = [time for time, _, request in requests if names_tag(request)]
answer = max(questions) + arguments.round_trip
reading = [time for time, connection, _ in requests if connection in ours and time > max(questions)]
login = [(time, request) for time, connection, request in requests if connection not in ours and time < answer]
pulling = [time for time, connection, _ in requests if connection not in ours and time >= answer]

if arguments.count:
    asked = [request for _, request in login if request.startswith("GET ")]
    before = max(2 * len(steps) - 1 for steps in (questions, asked) if steps)
    end = max(pulling, default=arguments.total) + arguments.round_trip
    print(before, sum(time > end for time in reading))
    raise SystemExit

parts = [("key", 0, arguments.key)]
if login:
    parts.append(("login", min(time for time, _ in login), max(questions)))
parts.append(("the tag's manifest", max(questions), answer))
if reading:
    parts.append(("labels and record", min(reading), max(reading) + arguments.round_trip))
if pulling:
    parts.append(("the daemon's pull", min(pulling), arguments.total))
for name, start, end in parts:
    left = round(start * WIDTH / arguments.total)
    length = max(1, round(end * WIDTH / arguments.total) - left)
    print(f"{name:<20}{' ' * left}{'█' * length}{' ' * (WIDTH - left - length)} {end - start:>5} ms")
