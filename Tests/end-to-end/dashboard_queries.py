#!/usr/bin/env python3
"""Sends the queries of a Grafana dashboard to Prometheus, as Grafana would, and prints the results as JSON.

    dashboard_queries.py DASHBOARD PROMETHEUS-URL RANGE

The result has the title of each panel with a list of `{labels, value}`, one for each series. It fails if a query fails
or uses a variable that the dashboard does not have.
"""

import json
import re
import sys
import urllib.parse
import urllib.request

dashboard, prometheus, span = sys.argv[1:]
with open(dashboard) as file:
    dashboard = json.load(file)

values = {"__range": span, "__rate_interval": span, "__interval": "15s"}
for variable in dashboard["templating"]["list"]:
    if variable["type"] == "query":
        assert variable["includeAll"] and variable["current"]["value"] == "$__all"
        values[variable["name"]] = variable["allValue"]


def ask(query):
    address = f"{prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(address) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        sys.exit(f"{query}: {error.read().decode()}")


def filled(query):
    # The longest name first, as Grafana matches them.
    return re.sub(r"\$([a-z_]+)", lambda found: values[found.group(1)], query)


result = {}
for panel in dashboard["panels"]:
    for target in panel["targets"]:
        # By default, Prometheus has a value for each minute. `increase` needs two, and a range may contain one less.
        if "$__interval" in target["expr"]:
            assert int(panel["interval"].removesuffix("m")) >= 3, f"{panel['title']} is empty if one zooms in"
        result.setdefault(panel["title"], []).extend(
            {"labels": series["metric"], "value": float(series["value"][1])} for series in ask(filled(target["expr"]))
        )
print(json.dumps(result))
