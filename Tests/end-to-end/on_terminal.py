#!/usr/bin/env python3
"""Runs a script as the agent does: as the leader of a session, on a pseudo-terminal.

on_terminal.py SCRIPT OUTPUT [MILLISECONDS SIGNAL]

Writes the terminal's output to OUTPUT. After MILLISECONDS, it sends SIGNAL to the script's process group, as when a job
is cancelled. When the session's leader ends, all remaining processes get a hangup. Ends with the script's status, 128
and more for a signal. Waits until no process holds the terminal any more, 30 seconds at most.
"""
import os
import pty
import select
import signal
import sys
import time

script, output = sys.argv[1:3]
process, terminal = pty.fork()
if process == 0:
    os.execv(script, [script])

begun = time.monotonic()
cancels_at = begun + int(sys.argv[3]) / 1000 if len(sys.argv) > 3 else None
deadline = None
status = None
with open(output, "wb") as log:
    while True:
        now = time.monotonic()
        if cancels_at is not None and now >= cancels_at:
            cancels_at = None
            if status is None:
                os.killpg(process, getattr(signal, "SIG" + sys.argv[4]))
        wait = 1 if cancels_at is None else max(0, min(1, cancels_at - now))
        ready, _, _ = select.select([terminal], [], [], wait)
        if ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # No one has the terminal open any more.
                data = b""
            if not data:
                break
            log.write(data)
        if status is None:
            ended, status_word = os.waitpid(process, os.WNOHANG)
            if ended:
                status = os.waitstatus_to_exitcode(status_word)
                deadline = time.monotonic() + 30
        elif time.monotonic() > deadline:
            sys.exit("on_terminal.py: something still has the terminal open")
if status is None:
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
sys.exit(status if status >= 0 else 128 - status)
