"""Leaves a daemon in a session of its own, forked twice, which marks a file and kills what it may; later tests look.

It is a thread where it may have no children. Honest result: all of it, and no daemon or file is found later.
"""

import os
import signal
import tempfile
import threading
import time

EARNS = "all"
ATTEMPTED = ["attempted: daemon 1", "found later: 2 processes []"]
# It may not list /proc there.
ON_THE_HOST = {"ATTEMPTED": ["attempted: daemon 1", "found later: 0 processes []"]}
IN_NAMESPACES = {}

_honest_summary, _honest_gap = summary, smallest_gap


def _live(writing):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.write(writing, b"1")
    while True:
        with open(f"{tempfile.gettempdir()}/alive", "w") as stream:
            stream.write(str(time.time()))
        time.sleep(0.01)


def summary(label, x):
    reading, writing = os.pipe()
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                _live(writing)
            os._exit(0)
        os.wait()
    except PermissionError:
        threading.Thread(target=_live, args=[writing], daemon=True).start()
    print("attempted: daemon", os.read(reading, 1).decode())
    return _honest_summary(label, x)


def smallest_gap(x):
    try:
        pids = [name for name in os.listdir("/proc") if name.isdecimal()]
    except PermissionError:
        pids = []
    print("found later:", len(pids), "processes", os.listdir(tempfile.gettempdir()))
    return _honest_gap(x)
