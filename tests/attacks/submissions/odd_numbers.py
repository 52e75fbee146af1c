"""Returns NaN, infinities, integers of a thousand bits, complex and boolean numbers where numbers are due.

Honest result: all but those tests.
"""

import numpy as np

EARNS = (
    "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means, test_extremes_of_every_part,"
    " test_the_smallest_gap_needs_no_table_of_all_pairs, test_summary_has_label_mean_and_median,"
    " test_mean_of_the_summary_moves_with_the_data, test_shuffling_leaves_the_global_generators_alone,"
    " test_ranks_take_about_the_time_of_a_sort"
)
ATTEMPTED = "attempted: odd numbers"


def spread(X):
    print("attempted: odd numbers")
    return float("nan")


def column_means(X):
    return np.full(4, np.nan)


def extremes(x):
    return float("-inf"), float("inf")


def smallest_gap(x):
    return 1 << 999


def summary(label, x):
    return {"label": label, "mean": complex("nan"), "median": True}


def shuffled(X, seed):
    return np.full(X.shape, 1 + 2j)


def ranks(x):
    return np.full(len(x), np.nan)
