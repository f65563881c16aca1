#!/usr/bin/env python3
"""A proxy that adds latency: every byte arrives half the round-trip time later, in either direction.

Prints its port on standard output, and ends with its standard input. Counts the turns (a client sends after the server
has sent, or first) and writes their number to the named file, so that round trips can be told from work. Another file
gets a line for each turn: the time, the connection and the first line of the request.
"""

import argparse
import asyncio
import os
import sys


class Proxy:
    def __init__(self, arguments):
        self.host, port = arguments.server.rsplit(":", 1)
        self.port = int(port)
        self.delay = arguments.milliseconds / 2000
        self.turns_file = arguments.turns
        self.requests_file = arguments.requests
        self.turns = 0
        self.connections = 0
        self.began = 0

    async def connected(self, reader, writer):
        try:
            server_reader, server_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        self.connections += 1
        state = {"speaks": None, "number": self.connections}
        try:
            await asyncio.gather(
                self.pump("client", reader, server_writer, state),
                self.pump("server", server_reader, writer, state),
            )
        except asyncio.CancelledError:
            # The program ends while a client keeps a connection open.
            return

    async def pump(self, who, reader, writer, state):
        queue = asyncio.Queue()
        loop = asyncio.get_running_loop()

        async def deliver():
            while True:
                due, data = await queue.get()
                await asyncio.sleep(max(0, due - loop.time()))
                if not data:
                    break
                writer.write(data)
                await writer.drain()
            writer.close()

        async def receive():
            while True:
                try:
                    data = await reader.read(1 << 16)
                except OSError:
                    data = b""
                if data and state["speaks"] != who:
                    state["speaks"] = who
                    if who == "client":
                        self.count(loop.time(), state["number"], data)
                queue.put_nowait((loop.time() + self.delay, data))
                if not data:
                    return

        try:
            await asyncio.gather(receive(), deliver())
        except OSError:
            writer.close()

    def count(self, now, connection, data):
        self.turns += 1
        if self.turns_file:
            with open(self.turns_file, "w", encoding="utf-8") as file:
                file.write(f"{self.turns}\n")
        if self.requests_file:
            # Emptying the file restarts the clock.
            if not os.path.exists(self.requests_file) or os.path.getsize(self.requests_file) == 0:
                self.began = now
            line = data.split(b"\r\n", 1)[0].decode("ascii", "replace").removesuffix(" HTTP/1.1")
            if data.startswith(b"\x16"):
                line = "the beginning of TLS, which this registry does not speak"
            with open(self.requests_file, "a", encoding="utf-8") as file:
                file.write(f"{(now - self.began) * 1000:5.0f}  {connection}  {line}\n")


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="host:port")
    parser.add_argument("milliseconds", type=float, help="the time of a round trip")
    parser.add_argument("--turns", help="the file that gets the number of turns")
    parser.add_argument("--requests", help="the file that gets a line for each turn")
    proxy = Proxy(parser.parse_args())
    server = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
