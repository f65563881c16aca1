#!/usr/bin/env python3
"""Runs a command in a network that is a given round trip away from another network.

    far_network.py ROUND-TRIP NAMESPACE-FILE COMMAND [ARGUMENT]...

Both networks are namespaces that exist for as long as this program runs. Their addresses are 10.213.77.1 and
10.213.77.2. COMMAND runs in the second one. NAMESPACE-FILE gets the path of the first one, for `nsenter --net`. Each
packet between them takes half of ROUND-TRIP (in milliseconds), also those of a TCP handshake. Needs root and
/dev/net/tun.
"""

import collections
import ctypes
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x1001
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def network(address, peer):
    """Enters a new network, and gives it a device. Returns descriptors of the network and of the device."""
    if libc.unshare(CLONE_NEWNET) != 0:
        sys.exit(f"far_network: no network of its own: {os.strerror(ctypes.get_errno())}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"far0", IFF_TUN_WITHOUT_HEADER))
    for words in ("link set lo up", f"addr add {address} peer {peer} dev far0", "link set far0 up"):
        subprocess.run(["ip", *words.split()], check=True)
    return os.open("/proc/self/ns/net", os.O_RDONLY), device


delay = float(sys.argv[1]) / 2000
near, first = network("10.213.77.1", "10.213.77.2")
_, second = network("10.213.77.2", "10.213.77.1")
command = subprocess.Popen(sys.argv[3:], preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM))
with open(sys.argv[2] + ".new", "w") as file:
    file.write(f"/proc/{os.getpid()}/fd/{near}\n")
os.rename(sys.argv[2] + ".new", sys.argv[2])

# All packets take the same time, so that they leave in the order in which they came.
waiting = collections.deque()
while command.poll() is None:
    limit = min(0.5, max(0, waiting[0][0] - time.monotonic())) if waiting else 0.5
    for device in select.select([first, second], [], [], limit)[0]:
        packet = os.read(device, 65536)
        waiting.append((time.monotonic() + delay, second if device == first else first, packet))
    while waiting and waiting[0][0] <= time.monotonic():
        _, device, packet = waiting.popleft()
        os.write(device, packet)
