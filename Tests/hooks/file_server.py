#!/usr/bin/env python3
"""Serves the files of a directory, correctly or not: file_server.py DIRECTORY PORT-FILE LOG [CERTIFICATE]

With a certificate (and its key, in the same file), it serves over TLS.

The first part of a path selects the behaviour, and the rest names the file. Each request is a line in the log.

    ok         unchanged
    slow       after half a second
    truncated  half of it, after announcing the full length
    short      half of it, with no length announced
    stalled    half of it, and then nothing
    silent     nothing at all
    html       a web page
    wrong      the same number of bytes, all the same
    404 403 500    an error with that status
    500,500    that status for the first two requests, then unchanged
    moved      a redirect to ok
"""
import collections
import http.server
import pathlib
import ssl
import sys
import threading
import time
import urllib.parse

directory, port_file, log = (pathlib.Path(argument) for argument in sys.argv[1:4])
counts = collections.Counter()
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        with lock, log.open("a") as file:
            file.write(self.path + "\n")
            counts[self.path] += 1
            count = counts[self.path]
        # A proxy's client sends a URL as the path.
        _, how, name = urllib.parse.urlsplit(self.path).path.split("/", 2)
        statuses = [int(status) for status in how.split(",") if status.isdigit()]
        if statuses and (len(statuses) == 1 or count <= len(statuses)):
            self.send_error(statuses[min(count, len(statuses)) - 1])
            return
        if how == "silent":
            time.sleep(60)
            return
        if how == "moved":
            self.send_response(302)
            self.send_header("Location", f"/ok/{name}?signature=hidden")
            self.end_headers()
            return
        if how == "slow":
            time.sleep(0.5)
        content = (directory / name).read_bytes()
        if how == "html":
            content = b"\n<!DOCTYPE html>\n<html><title>Log in</title></html>\n"
        elif how == "wrong":
            content = b"x" * len(content)
        half = how in ("truncated", "short", "stalled")
        self.send_response(200)
        if how != "short":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if half else content)
        if how == "stalled":
            self.wfile.flush()
            time.sleep(60)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """A client that goes away is no trouble."""


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
temporary = port_file.with_suffix(".new")
temporary.write_text(str(server.server_port))
temporary.rename(port_file)
server.serve_forever()
