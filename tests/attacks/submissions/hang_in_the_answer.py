"""Hangs after its function has returned: while the worker walks and packs the answer.

Honest result: all but those two tests.
"""

import time

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means"
ATTEMPTED = "attempted: endless answer"
SAYS = "no answer within"


class Endless(dict):
    def items(self):
        print("attempted: endless answer")
        while True:
            yield 1, 2


class Slow(list):
    def __iter__(self):
        print("attempted: endless answer")
        time.sleep(1000)


def spread(X):
    return Endless(a=1)


def column_means(X):
    return Slow([1.0, 2.0, 3.0, 4.0])
