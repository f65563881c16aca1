#!/usr/bin/env python3
"""check_artefacts.py COMMIT FILE.spdx.json...

Checks that the archives that these files describe were built from COMMIT (40 hex digits), with the same versions of the
packages on all platforms. If not, prints the differences and ends with 1. Parts of a platform's machine, such as its C
library, may differ.
"""

import json
import sys

commit, *files = sys.argv[1:]
problems = []
versions = {}
for file in files:
    with open(file) as opened:
        bill = json.load(opened)
    built_from = next((p.get("sourceInfo", "") for p in bill["packages"] if p["name"] == "docker-cache"), "")
    if built_from != f"git commit {commit}":
        problems.append(f"{file}: built from {built_from or 'an unknown commit'}, not from git commit {commit}")
    for package in bill["packages"]:
        if package["downloadLocation"].startswith("https://github.com/"):
            found = versions.setdefault(package["name"], {})
            found.setdefault(package["versionInfo"], file)
for name, found in sorted(versions.items()):
    if len(found) > 1:
        problems.append(f"{name}: " + ", ".join(f"{version} in {file}" for version, file in sorted(found.items())))
print("\n".join(problems), end="\n" if problems else "")
sys.exit(1 if problems else 0)
