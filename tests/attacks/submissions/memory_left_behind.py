"""Leaves memory that no process owns: anonymous files in flight through sockets that only hold each other, and pipes.

It takes removed files where anonymous ones are refused. Honest result: all of it; the kernel gives it back before the
next test begins, which needs much of it.
"""

import array
import os
import socket
import tempfile
import time

import numpy as np

EARNS = "all"
ATTEMPTED = ["attempted: 240 MB in flight", "found later: room"]
# What is written to removed files counts too.
ON_THE_HOST = {
    "EARNS": "all but test_summary_has_label_mean_and_median",
    "ATTEMPTED": ["attempted: removed files", "found later: room"],
    "SAYS": "it wrote more to disk than a test may",
}

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
            one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
            other.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
            os.close(file)
        print("attempted: 240 MB in flight")
    return _honest_summary(label, x)


def smallest_gap(x):
    kept = np.ones(30_000_000)
    print("found later: room for", kept.nbytes >> 20, "MB")
    return _honest_gap(x)
