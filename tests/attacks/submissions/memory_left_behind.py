"""Leaves memory that no process owns: anonymous files in flight through sockets that only hold each other, and pipes.

It takes removed files where anonymous ones are refused. Honest result: all of it; no file can be sent on its way, and
what else there is the kernel gives back before the next test begins, which needs much of it.
"""

import array
import os
import socket
import tempfile
import time

import numpy as np

EARNS = "all"
ATTEMPTED = ["attempted: 240 MB in flight", "found later: room"]
ON_THE_HOST = {"ATTEMPTED": ["attempted: removed files", "attempted: 240 MB in flight", "found later: room"]}

_honest_summary, _honest_gap = summary, smallest_gap


def _file(number):
    try:
        return os.memfd_create(f"m{number}")
    except PermissionError:
        print("attempted: removed files")
        time.sleep(0.1)
        with tempfile.TemporaryFile(buffering=0) as stream:
            return os.dup(stream.fileno())


def summary(label, x):
    if label.startswith("MARK"):
        one, other = socket.socketpair()
        for number in range(6):
            file = _file(number)
            for _ in range(10):
                os.write(file, b"x" * 4_000_000)
            sent = array.array("i", [file, one.fileno(), other.fileno()])
            for end in (one, other):
                try:
                    end.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
                except PermissionError:
                    pass
            os.close(file)
        print("attempted: 240 MB in flight")
    return _honest_summary(label, x)


def smallest_gap(x):
    kept = np.ones(30_000_000)
    print("found later: room for", kept.nbytes >> 20, "MB")
    return _honest_gap(x)
