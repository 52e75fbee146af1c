"""Returns a list of many short strings and a very long one: in a numpy array each takes as much as the longest.

Honest result: all but the two tests. 12 TB cannot be had, and a gigabyte is not to be taken either.
"""

EARNS = "all but test_column_means, test_shuffling_leaves_the_global_generators_alone"
ATTEMPTED = ["attempted: 12 TB", "attempted: 1 GB"]


def column_means(X):
    print("attempted: 12 TB")
    return ["x" * 3_000_000] + [""] * 999_000


def shuffled(X, seed):
    print("attempted: 1 GB")
    return ["x" * 270_000] + [""] * 999
