#!/usr/bin/env python3
"""Accepts every POST as a span collector does, and discards the content.

    span_sink.py PORT-FILE --round-trip MILLISECONDS

Listens on 127.0.0.1 until it is stopped, and writes the port to PORT-FILE. It answers as late as a server that far away
would: one round trip after the request, which could not leave earlier than one round trip after the connection began.
"""

import socket
import sys
import time

round_trip = float(sys.argv[3]) / 1000
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"


def body_length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


server = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1], "w") as file:
    file.write(f"{server.getsockname()[1]}\n")
while True:
    connection, _ = server.accept()
    established = time.monotonic() + round_trip
    received = b""
    while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    while len(body) < body_length(head) and (part := connection.recv(65536)):
        body += part
    time.sleep(max(0, established - time.monotonic()) + round_trip)
    try:
        connection.sendall(ANSWER)
    except OSError:
        pass
    connection.close()
