"""Uses CPU time in one round in a child that the kernel forgets in the next, whose difference is below zero then.

The child is a thread where it may have none. Honest result: all but the speed test. CPU time that has been counted
never goes back.
"""

import os
import signal
import threading
import time

EARNS = "all but test_ranks_take_about_the_time_of_a_sort"
ATTEMPTED = "attempted: negative time"

_honest_ranks = ranks
_children = []


def _use(reading):
    started = time.process_time()
    while time.process_time() < started + 0.4:
        pass
    os.read(reading, 1)


def _start():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    reading, writing = os.pipe()
    try:
        if os.fork() == 0:
            _use(reading)
            os._exit(0)
    except PermissionError:
        threading.Thread(target=_use, args=[reading], daemon=True).start()
    _children.append(writing)
    time.sleep(0.5)


def ranks(x):
    for _ in range(60):
        found = _honest_ranks(x)
    if _children:
        os.write(_children[0], b"x")
        time.sleep(0.05)
        print("attempted: negative time")
    else:
        _start()
    return found
