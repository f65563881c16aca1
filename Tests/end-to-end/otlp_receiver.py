#!/usr/bin/env python3
"""A receiver of spans by OTLP over HTTP, which parses them with OpenTelemetry's own definitions.

    otlp_receiver.py DIRECTORY [--certificate PEM --key PEM]

Listens on 127.0.0.1 until standard input ends, and writes the port to DIRECTORY/port. For each request, it appends a
JSON object as a line to DIRECTORY/requests: path, headers, and spans, or the reason why it cannot be parsed. The file
DIRECTORY/mood sets the response to requests: `take` (or no file), `hang`, `refuse` (status 503), `gateway` (415), `page`, `reset`,
`reset_once`, `drip`, `reject`, `redirect`; `late` delays the TLS handshake for as long as it is set.
"""

import http.server
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

directory = sys.argv[1]
lock = threading.Lock()


def mood():
    try:
        with open(os.path.join(directory, "mood")) as file:
            return file.read().strip()
    except FileNotFoundError:
        return "take"


def unknown_fields(message):
    """The numbers of fields, here and below, that the definitions do not have."""
    found = [field.field_number for field in UnknownFieldSet(message)]
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        for part in [value] if hasattr(value, "ListFields") else value:
            found += unknown_fields(part)
    return found


def value_of(value):
    kind = value.WhichOneof("value")
    return None if kind is None else getattr(value, kind)


def attributes(pairs):
    names = [pair.key for pair in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"an attribute is there twice: {sorted(names)}")
    return {pair.key: value_of(pair.value) for pair in pairs}


def spans(request):
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {
                    "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(),
                    "state": span.trace_state,
                    "flags": span.flags,
                    "name": span.name,
                    "kind": span.kind,
                    "start": span.start_time_unix_nano,
                    "end": span.end_time_unix_nano,
                    "status": MessageToDict(span.status),
                    "attributes": attributes(span.attributes),
                    "resource": attributes(resource.resource.attributes),
                    "scope": [scope.scope.name, scope.scope.version],
                }


def read(body):
    try:
        request = ExportTraceServiceRequest.FromString(body)
        # If the message encodes to the same length, it was encoded correctly, except for the order of fields.
        if unknown_fields(request) or len(request.SerializeToString()) != len(body):
            return {"error": f"unknown fields, or another encoding: {unknown_fields(request)}"}
        return {"spans": list(spans(request))}
    except (DecodeError, ValueError) as error:
        return {"error": str(error)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        record = {"path": self.path, "headers": dict(self.headers.items()), "bytes": len(body), **read(body)}
        with lock, open(os.path.join(directory, "requests"), "a") as file:
            file.write(json.dumps(record) + "\n")
        getattr(self, mood())()

    def answer(self, status, type, body, **headers):
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def take(self):
        self.answer(200, "application/x-protobuf", ExportTraceServiceResponse().SerializeToString())

    def reject(self):
        response = ExportTraceServiceResponse()
        response.partial_success.rejected_spans = 2
        # So long that its length takes two bytes.
        response.partial_success.error_message = "too many spans of one host, " * 10
        self.answer(200, "application/x-protobuf", response.SerializeToString())

    def refuse(self):
        self.answer(503, "text/plain", b"no room")

    def gateway(self):
        self.answer(415, "text/plain", b"grpc only")

    def page(self):
        self.answer(200, "text/html", b"<html><title>Please log in</title></html>")

    def redirect(self):
        self.answer(302, "text/plain", b"", Location=f"http://127.0.0.1:{self.server.server_port}/elsewhere")

    def hang(self):
        self.connection.settimeout(60)
        try:
            self.connection.recv(1)
        except OSError:
            pass
        self.close_connection = True

    def drip(self):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n":
            try:
                self.connection.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.2)
        self.close_connection = True

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def reset_once(self):
        marker = os.path.join(directory, "was-reset")
        if os.path.exists(marker):
            self.take()
        else:
            open(marker, "w").close()
            self.reset()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        while mood() == "late":
            time.sleep(0.01)
        return super().get_request()

    def handle_error(self, request, address):
        # Some tests have clients that give up.
        pass


server = Server(("127.0.0.1", 0), Handler)
if "--certificate" in sys.argv:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[sys.argv.index("--certificate") + 1], sys.argv[sys.argv.index("--key") + 1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(os.path.join(directory, "port.new"), "w") as file:
    file.write(str(server.server_port))
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
sys.stdin.read()
