"""Makes 20,000 files where nobody counts them: in a folder that may not be listed, and too deep for a path.

Honest result: all of it: the answers are right, and a later test finds nothing.
"""

import os
import tempfile
import time

EARNS = "all"
ATTEMPTED = ["attempted: files in a closed folder", "attempted: files in a deep one", "found later: []"]
# No file system ends it there: whoever makes too many is killed.
ON_THE_HOST = {
    "EARNS": "all but test_column_means, test_extremes_of_every_part",
    "SAYS": "it wrote more to disk than a test may",
}

_honest_means, _honest_extremes, _honest_gap = column_means, extremes, smallest_gap


def _make_many(where):
    print("attempted: files in a", where)
    try:
        for number in range(20_000):
            os.close(os.open(f"{number}", os.O_CREAT | os.O_WRONLY))
    except OSError as error:
        print(error)
    time.sleep(0.3)


def column_means(X):
    os.umask(0)
    os.mkdir("closed", 0o300)
    os.chdir("closed")
    _make_many("closed folder")
    return _honest_means(X)


def extremes(x):
    if len(x) == 5:
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
        _make_many("deep one")
    return _honest_extremes(x)


def smallest_gap(x):
    print("found later:", os.listdir(tempfile.gettempdir()))
    return _honest_gap(x)
