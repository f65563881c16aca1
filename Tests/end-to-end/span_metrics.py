#!/usr/bin/env python3
"""Simulates a collector's spanmetrics connector and Prometheus exporter, configured by docs/telemetry/collector.yaml.

    span_metrics.py CONFIGURATION REQUESTS PORT-FILE

Counts the spans in REQUESTS, which otlp_receiver.py writes, and serves the metrics on 127.0.0.1 until standard input
ends. Its behaviour follows the connector and the exporter: connector.go and config.schema.yaml of
connector/spanmetricsconnector, and the README of exporter/prometheusexporter.
"""

import http.server
import json
import re
import sys
import threading

import yaml

with open(sys.argv[1]) as file:
    configuration = yaml.safe_load(file)

SETTINGS = {
    "namespace", "histogram", "dimensions", "exclude_dimensions", "resource_metrics_key_attributes",
    "metrics_flush_interval",
}  # fmt: skip
STATUS = {"STATUS_CODE_ERROR": "STATUS_CODE_ERROR", "STATUS_CODE_OK": "STATUS_CODE_OK"}
connector = configuration["connectors"]["spanmetrics"]
assert set(connector) <= SETTINGS, f"not played here: {set(connector) - SETTINGS}"
(condition,) = configuration["processors"]["filter/docker-cache"]["traces"]["span"]
required = re.fullmatch(r'attributes\["([a-z_.]+)"\] == nil', condition).group(1)
UNITS = {"ms": 0.001, "s": 1}
buckets = [
    float(re.match(r"[0-9.]+", text).group()) * UNITS[re.search(r"[a-z]+$", text).group()]
    for text in connector["histogram"]["explicit"]["buckets"]
]
assert connector["histogram"]["unit"] == "s"


def normalized(name):
    return re.sub(r"[^a-zA-Z0-9_]", "_", name)


def dimensions(span):
    values = {
        "service.name": span["resource"]["service.name"],
        "span.name": span["name"],
        "span.kind": "SPAN_KIND_INTERNAL",
        "collector.instance.id": "00000000-0000-0000-0000-000000000000",
        "status.code": STATUS.get(span["status"].get("code"), "STATUS_CODE_UNSET"),
    }
    for name in connector.get("exclude_dimensions", []):
        del values[name]
    for dimension in connector["dimensions"]:
        # A span attribute takes precedence over a resource attribute. Without either, the dimension is left out.
        for attributes in (span["attributes"], span["resource"]):
            if dimension["name"] in attributes:
                values[dimension["name"]] = str(attributes[dimension["name"]])
                break
    return tuple(sorted((normalized(name), value) for name, value in values.items()))


def series():
    """By resource and dimensions: how many spans, how long in all, and how many within each bucket."""
    keys = connector.get("resource_metrics_key_attributes")
    found = {}
    with open(sys.argv[2]) as file:
        for line in file:
            for span in json.loads(line).get("spans", []):
                if required not in span["attributes"]:
                    continue
                attributes = span["resource"]
                resource = tuple(sorted((k, v) for k, v in attributes.items() if keys is None or k in keys))
                entry = found.setdefault((resource, dimensions(span)), [0, 0.0, [0] * (len(buckets) + 1)])
                seconds = max(0, span["end"] - span["start"]) / 1e9
                entry[0] += 1
                entry[1] += seconds
                entry[2][sum(bound < seconds for bound in buckets)] += 1
    return found


def text():
    prefix = normalized(connector["namespace"])
    samples = {}
    for (resource, dimensions), (count, seconds, counts) in series().items():
        labels = (*dimensions, ("job", dict(resource).get("service.name", "")))

        def put(name, value, *more):
            pairs = ",".join(f"{label}={json.dumps(value)}" for label, value in (*labels, *more))
            # If two resources have the same series, the exporter keeps the last one.
            samples[f"{prefix}_{name}{{{pairs}}}"] = value

        put("calls_total", count)
        total = 0
        for bound, number in zip([*buckets, "+Inf"], counts):
            total += number
            put("duration_seconds_bucket", total, ("le", str(bound)))
        put("duration_seconds_sum", seconds)
        put("duration_seconds_count", count)
    head = f"# TYPE {prefix}_calls_total counter\n# TYPE {prefix}_duration_seconds histogram\n"
    return head + "".join(f"{name} {value}\n" for name, value in sorted(samples.items()))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = text().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(sys.argv[3], "w") as file:
    file.write(f"{server.server_port}\n")
sys.stdin.read()
