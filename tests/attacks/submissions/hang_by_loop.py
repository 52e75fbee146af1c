"""Loops without end in one call.

Honest result: all but that test, which takes no longer than the limit of a call.
"""

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance"
ATTEMPTED = "attempted: loop"
SAYS = "no answer within 1 s"


def spread(X):
    print("attempted: loop")
    while True:
        pass
