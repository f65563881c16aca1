#!/usr/bin/env python3
"""Accepts every POST as a span collector does, and discards the content.

    span_sink.py PORT-FILE [--address ADDRESS] [--certificate PEM --key PEM]

Listens until it is stopped, and writes the port to PORT-FILE. With a certificate, it speaks TLS.
"""

import argparse
import socket
import ssl

parser = argparse.ArgumentParser()
parser.add_argument("port_file")
parser.add_argument("--address", default="127.0.0.1")
parser.add_argument("--certificate")
parser.add_argument("--key")
arguments = parser.parse_args()
context = None
if arguments.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate, arguments.key)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"


def body_length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


server = socket.create_server((arguments.address, 0))
with open(arguments.port_file, "w") as file:
    file.write(f"{server.getsockname()[1]}\n")
while True:
    connection, _ = server.accept()
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        received = b""
        while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        while len(body) < body_length(head) and (part := connection.recv(65536)):
            body += part
        connection.sendall(ANSWER)
    except OSError:
        pass
    connection.close()
