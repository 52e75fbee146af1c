"""Fills the one writable folder with data and then with empty files and folders until no inode is left.

Honest result: all of it: the answer is right, and the next test finds the folder empty and writable.
"""

import os
import tempfile

EARNS = "all"
ATTEMPTED = ["attempted: filled with", "attempted: made", "found later: [] writable"]
# No file system ends it there: whoever writes too much is killed, before it can tell of it.
ON_THE_HOST = {
    "EARNS": "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means",
    "ATTEMPTED": ["attempted: filling", "attempted: making", "found later: [] writable"],
    "SAYS": "it wrote more to disk than a test may",
}
# A file system that ends it by size, and not by names.
IN_NAMESPACES = {
    "EARNS": "all but test_column_means",
    "ATTEMPTED": ["attempted: filled with", "attempted: making", "found later: [] writable"],
    "SAYS": "it wrote more to disk than a test may",
}

_honest_spread, _honest_means, _honest_gap = spread, column_means, smallest_gap
_HOME = tempfile.gettempdir()


def spread(X):
    print("attempted: filling")
    written = 0
    try:
        for number in range(100):
            with open(f"{_HOME}/f{number}", "wb") as stream:
                for _ in range(60):
                    written += stream.write(bytes(1_000_000))
    except OSError as error:
        print("attempted: filled with", written >> 20, "MB:", error)
    return _honest_spread(X)


def column_means(X):
    print("attempted: making")
    made = 0
    try:
        for number in range(100_000):
            if number % 2:
                open(f"{_HOME}/\n-rf *\x1b[2J{number}", "w").close()
            else:
                os.makedirs(f"{_HOME}/d{number % 50}/{number}/" + "x" * 200)
            made += 1
    except OSError as error:
        print("attempted: made", made, "files:", error)
    return _honest_means(X)


def smallest_gap(x):
    left = os.listdir(_HOME)
    with open(f"{_HOME}/w", "wb") as stream:
        stream.write(bytes(30_000_000))
    print("found later:", left, "writable")
    return _honest_gap(x)
