#!/usr/bin/env python3
"""A registry with immutable tags, in front of one with mutable tags. Debian's registry has no such setting.

Passes every request on to the registry at host:port, except a PUT of an existing tag, which it rejects in Amazon ECR's
words. With --no-delete it also rejects every DELETE, as a registry does where deletion is switched off. `--except TAG`
allows that tag to be moved. Prints its own port on standard output; ends with its standard input.
"""

import argparse
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "script" / "lib"))
import passing_on  # noqa: E402, the path comes first


# All types that a tag may have. Without them docker-registry reports that the tag does not exist.
MANIFESTS = ", ".join(
    "application/vnd." + kind
    for kind in (
        "oci.image.index.v1+json",
        "docker.distribution.manifest.list.v2+json",
        "oci.image.manifest.v1+json",
        "docker.distribution.manifest.v2+json",
    )
)


class Handler(passing_on.Handler):
    arguments = None

    def log_message(self, format, *values):
        with open(self.arguments.log, "a", encoding="utf-8") as log:
            log.write(format % values + "\n")

    def refuse(self, status, code, message):
        self.answer_with(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode())

    def answer(self):
        body = self.body()
        tag = re.fullmatch(r"(/v2/.*/manifests/)([^:/]+)", self.path)
        if self.command == "PUT" and tag and tag[2] not in self.arguments.exempt:
            headers = [("Host", "registry"), ("Accept", MANIFESTS)]
            if self.ask(self.arguments.registry, "HEAD", self.path, headers=headers)[0].status == 200:
                message = (
                    f"The image tag '{tag[2]}' already exists in the repository and cannot be overwritten because the "
                    "repository is immutable."
                )
                return self.refuse(400, "TAG_INVALID", message)
        if self.command == "DELETE" and self.arguments.no_delete:
            return self.refuse(405, "UNSUPPORTED", "The operation is unsupported.")
        self.pass_on(*self.ask(self.arguments.registry, self.command, self.path, body, self.received_headers()))

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("registry", help="host:port")
    parser.add_argument("log", help="a file that gets a line for each request")
    parser.add_argument("--no-delete", action="store_true")
    parser.add_argument("--except", dest="exempt", action="append", default=[], metavar="TAG")
    Handler.arguments = parser.parse_args()
    passing_on.serve(Handler)


if __name__ == "__main__":
    main()
