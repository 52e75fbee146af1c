"""Holds 300 MB in files that nobody sees: removed while they are open, written by a process that cannot be looked at,
through mapped memory, or after as much was printed without a write.

Honest result: all but where the one writable folder ends it (SIGBUS), which gives the others an error.
"""

import ctypes
import mmap
import os
import tempfile
import time

EARNS = "all but test_column_means"
ATTEMPTED = ["attempted: hidden", "attempted: printed", "attempted: no file without a name"]
# No file system ends it there: whoever writes too much is killed, before it can tell of it.
ON_THE_HOST = {
    "EARNS": (
        "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means, test_extremes_of_every_part"
    ),
    "ATTEMPTED": ["attempted: no file without a name True"],
    "SAYS": "it wrote more to disk than a test may",
}
IN_NAMESPACES = {}

_honest_spread, _honest_means, _honest_extremes, _honest_gap = spread, column_means, extremes, smallest_gap
_SIZE = 50_000_000


class _Range(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def _removed(number):
    path = f"{tempfile.gettempdir()}/{number}"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    os.unlink(path)
    return descriptor


def _write_to_removed(what):
    files = [_removed(number) for number in range(6)]
    try:
        for file in files:
            for _ in range(50):
                os.write(file, bytes(_SIZE // 50))
    except OSError as error:
        print(error)
    time.sleep(0.3)
    print(f"attempted: {what}", sum(os.fstat(file).st_blocks * 512 for file in files) >> 20, "MB")


def spread(X):
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: its /proc is root's now
    _write_to_removed("hidden")
    return _honest_spread(X)


def column_means(X):
    files = [_removed(number) for number in range(6)]
    for file in files:
        os.ftruncate(file, _SIZE)
        with mmap.mmap(file, _SIZE) as mapped:
            mapped.write(b"x" * _SIZE)
    time.sleep(0.3)
    return _honest_means(X)


def extremes(x):
    if len(x) == 5:
        buffer = ctypes.create_string_buffer(1 << 16)
        piece, printed = _Range(ctypes.addressof(buffer), len(buffer)), 0
        print("attempted: printed")
        while printed < 7 * _SIZE and (moved := ctypes.CDLL(None).vmsplice(1, ctypes.byref(piece), 1, 0)) > 0:
            printed += moved
        _write_to_removed("unseen")
    return _honest_extremes(x)


def smallest_gap(x):
    try:
        os.close(os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR))
        refused = False
    except OSError:
        refused = True
    print("attempted: no file without a name", refused)
    return _honest_gap(x)
