"""Starts threads until no more can be had, each of which does not end, and then answers.

Honest result: all but the spread, which is wrong; what is started is gone with the test.
"""

import threading
import time

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance"
ATTEMPTED = "attempted: threads"


def spread(X):
    print("attempted: threads")
    threading.stack_size(65536)
    try:
        for _ in range(10_000):
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    except (RuntimeError, MemoryError) as error:
        print("until", error)
    return 0.0
