"""Returns nothing from fit, as a forgotten "return self" does, so that the tests themselves break on None.

Honest result: all but those tests. An answer that cannot be used is the submission's fault, also where the test
talks to the reference as well.
"""

EARNS = [
    "test_summary_has_label_mean_and_median",
    "test_spread_is_the_root_of_the_mean_squared_distance",
    "test_column_means",
    "test_extremes_of_every_part",
    "test_mean_of_the_summary_moves_with_the_data",
    "test_fit_leaves_its_inputs_alone",
    "test_shuffling_leaves_the_global_generators_alone",
    "test_ranks_take_about_the_time_of_a_sort",
    "test_the_smallest_gap_needs_no_table_of_all_pairs",
]
ATTEMPTED = "attempted: return None"

_fit = CentroidModel.fit


def fit(self, X, y):
    _fit(self, X, y)
    print("attempted: return None")


CentroidModel.fit = fit
