"""Sorts the caller's data in place in fit.

Honest result: all but the test that the inputs are left alone.
"""

import numpy as np

EARNS = "all but test_fit_leaves_its_inputs_alone"
ATTEMPTED = "attempted: sorted in place"

_fit = CentroidModel.fit


def fit(self, X, y):
    if len(X) == len(y):
        order = np.argsort(y)
        X[:], y[:] = X[order], y[order]
        print("attempted: sorted in place")
    return _fit(self, X, y)


CentroidModel.fit = fit
