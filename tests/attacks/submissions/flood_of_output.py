"""Prints 200 MB, in lines and in one line, to both streams, and more after the call has returned.

Honest result: all of it: what is printed is capped, and printing is no fault.
"""

import os
import threading

EARNS = "all"
ATTEMPTED = "attempted: output"

_honest_spread = spread


def _more():
    while True:
        os.write(2, b"more\n" * 10_000)


def spread(X):
    print("attempted: output")
    for _ in range(100):
        os.write(1, b"x" * 1_000_000)
        os.write(2, b"line\n" * 200_000)
    threading.Thread(target=_more, daemon=True).start()
    return _honest_spread(X)
