#!/usr/bin/env python3
"""name_server.py ADDRESS LOG: a DNS server on port 53 of ADDRESS that resolves every name to 127.0.0.1.

It says `ready`, or why it has no port. Every query is a line in LOG. It ends with its standard input.
"""

import select
import socket
import struct
import sys

address, log = sys.argv[1:]
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    server.bind((address, 53))
except OSError as error:
    print(error.strerror, flush=True)
    sys.exit(1)
print("ready", flush=True)
while True:
    readable, _, _ = select.select([server, sys.stdin], [], [])
    if sys.stdin in readable:
        break
    question, client = server.recvfrom(4096)
    end, labels = 12, []
    while question[end]:
        labels.append(question[end + 1 : end + 1 + question[end]].decode())
        end += question[end] + 1
    kind = struct.unpack(">H", question[end + 1 : end + 3])[0]
    with open(log, "a") as file:
        file.write(f"{'.'.join(labels)} {kind}\n")
    answers = [b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([127, 0, 0, 1])] if kind == 1 else []
    header = question[:2] + struct.pack(">HHHHH", 0x8180, 1, len(answers), 0, 0)
    server.sendto(header + question[12 : end + 5] + b"".join(answers), client)
