"""Does slow work in a grandchild that was orphaned, and in another round in a thread.

It is always a thread where it may have no children. Honest result: all but the speed test.
"""

import os
import pickle
import threading

import numpy as np

EARNS = "all but test_ranks_take_about_the_time_of_a_sort"
ATTEMPTED = ["attempted: work in a grandchild", "attempted: work in a thread"]

_honest_ranks = ranks
_rounds = []


def _slow(x):
    for _ in range(60):
        found = _honest_ranks(x)
    return found


def _in_a_thread(x):
    found = []
    thread = threading.Thread(target=lambda: found.append(_slow(np.asarray(x))))
    thread.start()
    thread.join()
    return found[0]


def ranks(x):
    _rounds.append(1)
    if len(_rounds) == 2:
        print("attempted: work in a thread")
        return _in_a_thread(x)
    print("attempted: work in a grandchild")
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except PermissionError:
        return _in_a_thread(x)
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            with open(writing, "wb") as stream:
                pickle.dump(_slow(np.asarray(x)), stream)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with open(reading, "rb") as stream:
        return pickle.load(stream)
