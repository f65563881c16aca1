#!/usr/bin/env python3
"""bill_of_materials.py ROOT VERSION PLATFORM SHA256 [--tested]

Prints the parts of the binary as SPDX 2.3 (JSON): the commit, the linked packages with their versions and licenses,
and this machine's libraries. script/build has built the binary in ROOT. Without --tested, the bill says that the binary
was not run on other systems.

bill_of_materials.py ROOT --licenses

Prints the licenses of all these parts as text. Their terms require this of everyone who passes the binary on.
"""

import datetime
import json
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(sys.argv[1])


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout.strip()


def first(pattern, text):
    match = re.search(pattern, text)
    return match[1] if match else "NOASSERTION"


def license_of(directory):
    """The license that the file LICENSE of a package has the text of."""
    for file in sorted(directory.glob("LICENSE*")):
        text = file.read_text(errors="replace")
        if "Apache License" in text:
            return "Apache-2.0 WITH Swift-exception" if "Runtime Library Exception" in text else "Apache-2.0"
        if "MIT License" in text or "Permission is hereby granted, free of charge" in text:
            return "MIT"
    return "NOASSERTION"


def checkouts():
    """The packages of Package.resolved of which the linker was given an object: pin, directory and linked targets."""
    build = pathlib.Path(output("swift", "build", "-c", "release", "--show-bin-path"))
    objects = (build / "docker-cache.product/Objects.LinkFileList").read_text()
    modules = set(re.findall(r"/([^/]+)\.build/", objects))
    for pin in json.loads((root / "Package.resolved").read_text())["pins"]:
        directory = root / ".build/checkouts" / pathlib.PurePath(pin["location"]).stem
        targets = {path.name: path for path in (directory / "Sources").iterdir() if path.is_dir()}
        if targets.keys() & modules:
            yield pin, directory, [targets[name] for name in sorted(targets.keys() & modules)]


def linked_packages():
    """The linked packages, and the projects of which they contain a copy."""
    for pin, directory, targets in checkouts():
        state = pin["state"]
        yield pin["identity"], state.get("version") or state["revision"], license_of(directory), pin["location"]
        for target in targets:
            yield from copied_into(target, pin["identity"])


def copied_into(target, identity):
    """What a target of a package has copied from a project of other people."""
    if (target / "hash.txt").exists():
        # swift-crypto and swift-nio-ssl each have a copy, of different dates.
        text = (target / "hash.txt").read_text()
        revision = first(r"revision ([0-9a-f]+)", text)
        yield f"boringssl of {identity}", revision, "Apache-2.0", "https://boringssl.googlesource.com/boringssl"
    if target.name == "CNIOLLHTTP":
        header = (target / "include/c_nio_llhttp.h").read_text()
        version = ".".join(first(rf"LLHTTP_VERSION_{part} (\d+)", header) for part in ("MAJOR", "MINOR", "PATCH"))
        yield "llhttp", version, license_of(target), "https://github.com/nodejs/llhttp"
    if target.name == "CNIOExtrasZlib":
        version = first(r'ZLIB_VERSION "([^"]+)"', "".join(file.read_text() for file in target.rglob("zlib.h")))
        yield f"zlib of {identity}", version, "Zlib", "https://zlib.net"
    if target.name == "CXKCP":
        yield "XKCP", "NOASSERTION", "CC0-1.0", "https://github.com/XKCP/XKCP"


def licenses():
    """The texts of licenses and notices: of the linked packages, of their copies, and of this machine's libraries."""
    for pin, directory, targets in checkouts():
        for place in [directory, *targets]:
            for file in sorted([*place.glob("LICENSE*"), *place.glob("NOTICE*")]):
                yield f"{pin['identity']}: {file.relative_to(directory)}", file
    resources = json.loads(output("swift", "-print-target-info"))["paths"]["runtimeResourcePath"]
    for name in ("LICENSE.txt", "LICENSE"):
        file = pathlib.Path(resources).parent.parent / "share/swift" / name
        if file.exists():
            yield "swift", file
    for package in ("libsqlite3-dev", "zlib1g-dev", "libc6-dev", "gcc-12-base"):
        file = pathlib.Path("/usr/share/doc") / package / "copyright"
        if file.exists():
            yield package, file


if sys.argv[2:] == ["--licenses"]:
    for title, file in licenses():
        print(f"{'=' * 80}\n{title}\n{'=' * 80}\n\n{file.read_text(errors='replace').strip()}\n")
    sys.exit(0)
version, platform, digest = sys.argv[2:5]


def debian_version(package):
    try:
        return output("dpkg-query", "--show", "--showformat", "${Version}", package)
    except (OSError, subprocess.CalledProcessError):
        return "NOASSERTION"


machine = [
    ("swift", first(r"Swift version (\S+)", output("swift", "--version")), "Apache-2.0 WITH Swift-exception",
     "https://www.swift.org"),
    ("sqlite", debian_version("libsqlite3-dev"), "blessing", "https://sqlite.org"),
    ("zlib", debian_version("zlib1g-dev"), "Zlib", "https://zlib.net"),
    ("glibc", debian_version("libc6-dev"), "LGPL-2.1-or-later", "https://sourceware.org/glibc"),
    ("libstdc++ and libgcc", first(r"^(\S+)$", output("cc", "-dumpfullversion")), "GPL-3.0-or-later WITH GCC-exception-3.1",
     "https://gcc.gnu.org"),
]
commit_time = datetime.datetime.fromtimestamp(int(output("git", "log", "-1", "--format=%ct")), datetime.timezone.utc)
name = f"docker-cache-{version}-{platform}"
packages = [
    {
        "SPDXID": "SPDXRef-docker-cache",
        "name": "docker-cache",
        "versionInfo": version,
        "sourceInfo": f"git commit {output('git', 'rev-parse', 'HEAD')}",
        "downloadLocation": "NOASSERTION",
        "licenseConcluded": "MIT",
        "licenseDeclared": "MIT",
        "copyrightText": "NOASSERTION",
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
    }
    | ({} if sys.argv[5:] == ["--tested"] else {"comment": "untested"})
]
relationships = [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-docker-cache"}
]
for identity, its_version, license, location in sorted(linked_packages()) + machine:
    identifier = "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", identity)
    packages.append(
        {
            "SPDXID": identifier,
            "name": identity,
            "versionInfo": its_version,
            "downloadLocation": location,
            "licenseConcluded": license,
            "licenseDeclared": license,
            "copyrightText": "NOASSERTION",
            "filesAnalyzed": False,
        }
    )
    relationships.append(
        {"spdxElementId": "SPDXRef-docker-cache", "relationshipType": "STATIC_LINK", "relatedSpdxElement": identifier}
    )
json.dump(
    {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{digest}",
        "creationInfo": {
            "created": commit_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Organization: The docker-cache authors", "Tool: script/release"],
        },
        "packages": packages,
        "relationships": relationships,
    },
    sys.stdout,
    indent=2,
)
print()
