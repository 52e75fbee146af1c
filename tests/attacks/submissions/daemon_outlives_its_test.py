"""Leaves a daemon in a session of its own, forked twice, which marks a file and kills what it may; later tests look.

Honest result: all of it, and no daemon or file is found later.
"""

import os
import signal
import time

EARNS = "all"
ATTEMPTED = ["attempted: daemon 1", "found later: 2 processes []"]

_honest_summary, _honest_gap = summary, smallest_gap


def summary(label, x):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 65):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            os.write(writing, b"1")
            while True:
                with open("/tmp/alive", "w") as stream:
                    stream.write(str(time.time()))
                time.sleep(0.01)
        os._exit(0)
    os.wait()
    print("attempted: daemon", os.read(reading, 1).decode())
    return _honest_summary(label, x)


def smallest_gap(x):
    pids = [name for name in os.listdir("/proc") if name.isdecimal()]
    print("found later:", len(pids), "processes", os.listdir("/tmp"))
    return _honest_gap(x)
