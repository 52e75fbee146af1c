"""Reads address zero: the process dies of SIGSEGV in the middle of a call.

Honest result: all but that test.
"""

import ctypes

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance"
ATTEMPTED = "attempted: reading address 0"
SAYS = "SIGSEGV"


def spread(X):
    print("attempted: reading address 0")
    return ctypes.string_at(0)
