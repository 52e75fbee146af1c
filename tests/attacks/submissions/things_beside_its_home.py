"""Leaves files beside the folder it may write in, for a later test, and moves or removes that folder itself.

Honest result: all of it, a later test finds nothing, and the folder is where it was.
"""

import os
import tempfile

EARNS = "all"
ATTEMPTED = ["attempted: left []", "found later: [] True"]

_honest_summary, _honest_gap = summary, smallest_gap
_HOME = tempfile.gettempdir()


def _try(name, call):
    try:
        call()
    except OSError:
        return []
    return [name]


def summary(label, x):
    left = []
    folder = _HOME
    while folder != "/":
        folder = os.path.dirname(folder)
        path = os.path.join(folder, "kept-file")
        left += _try(path, lambda path=path: os.close(os.open(path, os.O_CREAT | os.O_WRONLY)))
        path = os.path.join(folder, "kept-folder")
        left += _try(path, lambda path=path: os.mkdir(path))
    left += _try("moved", lambda: os.rename(_HOME, f"{_HOME}-kept"))
    left += _try("removed", lambda: os.rmdir(_HOME))
    print("attempted: left", left)
    return _honest_summary(label, x)


def smallest_gap(x):
    found, folder = [], _HOME
    while folder != "/":
        folder = os.path.dirname(folder)
        try:
            found += [os.path.join(folder, name) for name in os.listdir(folder) if "kept" in name]
        except OSError as error:
            print(error)
    print("found later:", found, os.path.isdir(_HOME))
    return _honest_gap(x)
