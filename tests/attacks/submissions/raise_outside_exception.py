"""Raises what is no ordinary exception: KeyboardInterrupt, SystemExit, GeneratorExit, an own BaseException.

Honest result: all but those four tests. None of them ends the examination.
"""

EARNS = (
    "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means, test_extremes_of_every_part,"
    " test_the_smallest_gap_needs_no_table_of_all_pairs"
)
ATTEMPTED = "attempted: raise"


class Skipped(BaseException):
    """Named like what pytest raises to skip a test."""


def _raising(error):
    def function(*args):
        print("attempted: raise", error)
        raise error

    return function


spread = _raising(KeyboardInterrupt())
column_means = _raising(SystemExit(0))
extremes = _raising(GeneratorExit())
smallest_gap = _raising(Skipped("could not import"))
