#!/usr/bin/env python3
"""A registry whose tags cannot be moved, in front of one whose tags can: Debian's has no such setting.

Passes every request on to the registry at host:port, but for a PUT of a tag that is there, which it refuses in Amazon
ECR's words, and with --no-delete every DELETE, which it refuses as a registry does where deletion is switched off.
`--except TAG` lets that tag be moved. Prints its own port on standard output; ends with its standard input.
"""

import argparse
import http.client
import http.server
import json
import re
import sys
import threading


# All kinds that a tag may name; without them docker-registry says that there is none.
MANIFESTS = ", ".join(
    "application/vnd." + kind
    for kind in (
        "oci.image.index.v1+json",
        "docker.distribution.manifest.list.v2+json",
        "oci.image.manifest.v1+json",
        "docker.distribution.manifest.v2+json",
    )
)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    arguments = None

    def handle_one_request(self):
        # Docker tries TLS first, and takes a server for one of plain http by its answer: a line of HTTP, as Go's has it.
        if self.rfile.peek(1)[:1] == b"\x16":
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            self.close_connection = True
            return
        super().handle_one_request()

    def log_message(self, format, *values):
        with open(self.arguments.log, "a", encoding="utf-8") as log:
            log.write(format % values + "\n")

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if size == 0:
                    return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def ask(self, method, path, body=b"", headers=None):
        host, port = self.arguments.registry.split(":")
        connection = http.client.HTTPConnection(host, int(port))
        connection.putrequest(method, path, skip_host=headers is not None, skip_accept_encoding=True)
        # A header may come several times, as Accept does.
        for name, value in headers or []:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer, answer.read()

    def refuse(self, status, code, message):
        content = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def answer(self):
        body = self.body()
        tag = re.fullmatch(r"(/v2/.*/manifests/)([^:/]+)", self.path)
        if self.command == "PUT" and tag and tag[2] not in self.arguments.exempt:
            if self.ask("HEAD", self.path, headers=[("Host", "registry"), ("Accept", MANIFESTS)])[0].status == 200:
                message = (
                    f"The image tag '{tag[2]}' already exists in the repository and cannot be overwritten because the "
                    "repository is immutable."
                )
                return self.refuse(400, "TAG_INVALID", message)
        if self.command == "DELETE" and self.arguments.no_delete:
            return self.refuse(405, "UNSUPPORTED", "The operation is unsupported.")
        hop = {"transfer-encoding", "connection", "content-length"}
        headers = [(name, value) for name, value in self.headers.items() if name.lower() not in hop]
        headers.append(("Content-Length", str(len(body))))
        answer, content = self.ask(self.command, self.path, body, headers)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in hop:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("registry", help="host:port")
    parser.add_argument("log", help="a file that gets a line for each request")
    parser.add_argument("--no-delete", action="store_true")
    parser.add_argument("--except", dest="exempt", action="append", default=[], metavar="TAG")
    Handler.arguments = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
