"""Overflows the C stack, with the recursion limit lifted, and recurses without end in Python in another test.

Honest result: all but those two tests.
"""

import sys

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means"
ATTEMPTED = ["attempted: endless repr", "attempted: endless recursion"]


class Nested:
    def __init__(self, inner):
        self.inner = inner

    def __repr__(self):
        return repr([self.inner])


def spread(X):
    print("attempted: endless repr")
    sys.setrecursionlimit(10**9)
    item = Nested(None)
    item.inner = item
    return len(repr(item))


def column_means(X):
    if X is not None:
        print("attempted: endless recursion")
    return column_means(None)
