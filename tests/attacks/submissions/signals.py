"""Sends every signal to the worker's process, to its process group and to all processes.

Honest result: all of it. The kernel refuses: the worker is another user's and the container's first process.
"""

import os
import signal

EARNS = "all"
ATTEMPTED = ["attempted: signals to 1: {'PermissionError'}", "attempted: signals to all"]

_honest_spread = spread


def spread(X):
    results = set()
    for number in (0, *range(1, 65)):
        try:
            os.kill(1, number)
            results.add(str(number))
        except OSError as error:
            if number not in (32, 33):
                results.add(type(error).__name__)
    print("attempted: signals to 1:", results)
    for number in (signal.SIGCONT, signal.SIGWINCH, signal.SIGURG):
        os.kill(0, number)
        try:
            os.kill(-1, number)
        except OSError as error:
            print(error)
    print("attempted: signals to all but itself; parent", os.getppid())
    return _honest_spread(X)
