"""Leaves memory that no process owns: anonymous files in flight through sockets that only hold each other, and pipes.

Honest result: all of it; the kernel gives it back before the next test begins, which needs much of it.
"""

import array
import os
import socket

import numpy as np

EARNS = "all"
ATTEMPTED = ["attempted: 240 MB in flight", "found later: room"]

_honest_summary, _honest_gap = summary, smallest_gap


def summary(label, x):
    if label.startswith("MARK"):
        one, other = socket.socketpair()
        for number in range(6):
            file = os.memfd_create(f"m{number}")
            for _ in range(10):
                os.write(file, b"x" * 4_000_000)
            sent = array.array("i", [file, one.fileno(), other.fileno()])
            one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
            other.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
            os.close(file)
        print("attempted: 240 MB in flight")
    return _honest_summary(label, x)


def smallest_gap(x):
    kept = np.ones(30_000_000)
    print("found later: room for", kept.nbytes >> 20, "MB")
    return _honest_gap(x)
