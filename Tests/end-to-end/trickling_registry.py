#!/usr/bin/env python3
"""A slow registry, in front of a fast one.

Passes every request on to the registry at host:port. While a file says so, it is slow with layers, which are blobs of
100 kB and more:

    head    sends the head of its answer one byte at a time
    body    sends the layer one byte at a time
    upload  reads uploads one byte at a time, whatever their size

Prints its own port on standard output; ends with its standard input. The log has a line for each request, `trickles`
for a slow answer, and `hung up` for a client that did not wait for the end.
"""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "script" / "lib"))
import passing_on  # noqa: E402, the path comes first

LARGE = 100_000


class Handler(passing_on.Handler):
    arguments = None

    def log_message(self, format, *values):
        with open(self.arguments.log, "a", encoding="utf-8") as log:
            log.write(format % values + "\n")

    def mode(self):
        return pathlib.Path(self.arguments.mode).read_text(encoding="utf-8").strip()

    def slowly(self, content):
        for byte in content:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.1)

    def answer(self):
        mode = self.mode()
        if mode == "upload" and self.command in ("PATCH", "PUT") and "/blobs/uploads/" in self.path:
            while self.rfile.read(1):
                time.sleep(0.1)
            return self.hang_up()
        answer, content = self.ask(
            self.arguments.registry, self.command, self.path, self.body(), self.received_headers()
        )
        is_layer = self.command == "GET" and "/blobs/" in self.path and len(content) >= LARGE
        if not is_layer or mode not in ("head", "body"):
            return self.pass_on(answer, content)
        self.log_message("trickles")
        try:
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            if mode == "head":
                self.slowly(head * 100)
            self.wfile.write(head)
            self.slowly(content)
        except OSError:
            self.hang_up()

    def hang_up(self):
        self.log_message("hung up")
        self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("registry", help="host:port")
    parser.add_argument("log", help="a file that gets a line for each request")
    parser.add_argument("mode", help="a file that says what is slow")
    Handler.arguments = parser.parse_args()
    passing_on.serve(Handler)


if __name__ == "__main__":
    main()
