"""Takes memory without end, first as Python objects, in another test as one huge array that is written to.

Honest result: all but those two tests.
"""

import numpy as np

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means"
ATTEMPTED = ["attempted: strings", "attempted: 2 GB"]


def spread(X):
    print("attempted: strings")
    kept = []
    while True:
        kept.append("x" * 1_000_000 + str(len(kept)))


def column_means(X):
    print("attempted: 2 GB")
    return np.ones(1 << 28).mean(keepdims=True)
