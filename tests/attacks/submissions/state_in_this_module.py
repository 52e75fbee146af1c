"""Counts its calls in its module, in builtins, in numpy, in the environment and in a file.

Honest result: all of it: every test starts anew, so each sees a first call.
"""

import builtins
import os

import numpy as np

EARNS = "all"
ATTEMPTED = ["attempted: call 1 1", "found later: 1"]

_calls = []
_honest_summary, _honest_gap = summary, smallest_gap


def _count():
    _calls.append(1)
    builtins.kept = getattr(builtins, "kept", 0) + 1
    np.kept = getattr(np, "kept", 0) + 1
    os.environ["KEPT"] = str(int(os.environ.get("KEPT", 0)) + 1)
    with open("kept", "a") as stream:
        stream.write("x")
    return max(len(_calls), builtins.kept, np.kept, int(os.environ["KEPT"]), os.path.getsize("kept"))


def summary(label, x):
    print("attempted: call", len(_calls) + 1, _count() - len(_calls) + 1)
    return _honest_summary(label, x)


def smallest_gap(x):
    print("found later:", _count())
    return _honest_gap(x)
