"""Takes 200 MB in each of many children and in anonymous files, each within its own limit.

Honest result: all but that test. The kernel ends what is over the container's limit, and the worker lives on or is
replaced.
"""

import os
import time

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance"
ATTEMPTED = "attempted: 200 MB each"


def spread(X):
    print("attempted: 200 MB each")
    for _ in range(12):
        if os.fork() == 0:
            kept = b"x" * 200_000_000
            time.sleep(1000)
            os._exit(len(kept) & 1)
    time.sleep(2)
    while True:
        os.write(os.memfd_create("m"), b"x" * 50_000_000)
