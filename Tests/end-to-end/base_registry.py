#!/usr/bin/env python3
"""A registry of base images with controlled answers, in front of one that has the images.

The first word of the file MODE selects the behaviour for each request:

    pass      passes it on
    429       rejects it, as Docker Hub does when too many images were pulled
    gone      ends the connection without an answer
    docker    passes it on for a builder or a daemon, but does not answer docker-cache
    moves     the tag `1` becomes the tag `2` when a builder or a daemon first requests it

Prints its own port on standard output; ends with its standard input.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "script" / "lib"))
import passing_on  # noqa: E402, the path comes first


class Handler(passing_on.Handler):
    has_moved = False

    def log_message(self, *_):
        pass

    def answer(self):
        ours = self.headers.get("User-Agent", "").startswith("docker-cache")
        with open(self.arguments.log, "a", encoding="utf-8") as log:
            log.write(f"{'docker-cache' if ours else 'docker'} {self.command} {self.path}\n")
        with open(self.arguments.mode, encoding="utf-8") as file:
            mode = file.read().split()[0]
        body = self.body()
        if mode == "gone" or mode == "docker" and ours:
            self.close_connection = True
            return self.connection.close()
        if mode == "429":
            return self.answer_with(429, b'{"errors": [{"code": "TOOMANYREQUESTS", "message": "pull limit reached"}]}')
        path = self.path
        if mode == "moves" and path.endswith("/manifests/1"):
            if not ours:
                Handler.has_moved = True
            if Handler.has_moved:
                path = path[:-1] + "2"
        return self.pass_on(*self.ask(self.arguments.registry, self.command, path, body, self.received_headers()))

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("registry", help="host:port")
    parser.add_argument("log", help="a file that gets a line for each request")
    parser.add_argument("mode", help="a file")
    Handler.arguments = parser.parse_args()
    passing_on.serve(Handler)


if __name__ == "__main__":
    main()
