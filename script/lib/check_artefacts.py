#!/usr/bin/env python3
"""check_artefacts.py COMMIT FILE.spdx.json...

Checks that the archives that these files describe can be released together: they were built from COMMIT (40 hex digits)
and tested, each has the binary that its file describes, and the versions of the packages are the same on all platforms.
The archive FILE.tar.gz and the versions of all packages, FILE.resolved, are beside each file. If something is wrong,
prints it and ends with 1. Parts of a platform's machine, such as its C library, may differ.
"""

import hashlib
import json
import pathlib
import sys
import tarfile

commit, *files = sys.argv[1:]
problems = []
versions = {}


def note_version(package, version, file):
    versions.setdefault(package, {}).setdefault(version, file)


def binary_of(file):
    """The SHA-256 of the binary in the archive."""
    base = file.removesuffix(".spdx.json")
    with tarfile.open(f"{base}.tar.gz") as archive:
        return hashlib.sha256(archive.extractfile(f"{pathlib.Path(base).name}/bin/docker-cache").read()).hexdigest()


for file in files:
    packages = json.loads(pathlib.Path(file).read_text())["packages"]
    product = next((package for package in packages if package["name"] == "docker-cache"), {})
    built_from = product.get("sourceInfo", "an unknown commit")
    if built_from != f"git commit {commit}":
        problems.append(f"{file}: built from {built_from}, not from git commit {commit}")
    if product.get("comment") == "untested":
        problems.append(f"{file}: built with --untested")
    described = next((sum["checksumValue"] for sum in product.get("checksums", [])), "no checksum")
    found = binary_of(file)
    if described != found:
        problems.append(f"{file}: describes a binary with {described}, and the archive has {found}")
    for package in packages:
        if package["downloadLocation"].startswith("https://github.com/"):
            note_version(package["name"], package["versionInfo"], file)
    resolved = file.removesuffix(".spdx.json") + ".resolved"
    for pin in json.loads(pathlib.Path(resolved).read_text())["pins"]:
        note_version(pin["identity"], pin["state"].get("version") or pin["state"]["revision"], resolved)
for name, found in sorted(versions.items()):
    if len(found) > 1:
        problems.append(f"{name}: " + ", ".join(f"{version} in {file}" for version, file in sorted(found.items())))
print("\n".join(problems), end="\n" if problems else "")
sys.exit(1 if problems else 0)
