"""Does slow work in a child which nobody waits for (SIGCHLD is ignored), so that the kernel forgets its CPU time.

Honest result: all but the speed test, which counts what all processes of the container have used.
"""

import os
import pickle
import signal

import numpy as np

EARNS = "all but test_ranks_take_about_the_time_of_a_sort"
ATTEMPTED = "attempted: work in a child"

_honest_ranks = ranks


def _slow(x):
    for _ in range(60):
        found = _honest_ranks(x)
    return found


def ranks(x):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    reading, writing = os.pipe()
    if os.fork() == 0:
        with open(writing, "wb") as stream:
            pickle.dump(_slow(np.asarray(x)), stream)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:
        found = pickle.load(stream)
    try:
        os.wait()
    except ChildProcessError:
        pass
    print("attempted: work in a child")
    return found
