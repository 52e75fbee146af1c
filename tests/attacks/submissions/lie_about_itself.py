"""Draws from the global generators and sorts its inputs in place, and replaces the worker's code that would tell.

Honest result: all of it. It is a known limit: what happens inside the submission's own process is the submission's
word, and this cannot be told from a solution that puts everything back before it returns.
"""

import copy
import sys

import numpy as np

EARNS = "all"
ATTEMPTED = ["attempted: lie about the generators", "attempted: lie about the inputs"]

_fit = CentroidModel.fit


def _subject():
    kind = sys.modules["grader.worker.subject"].Subject
    frame = sys._getframe()
    while not isinstance(frame.f_locals.get("self"), kind):
        frame = frame.f_back
    return frame.f_locals["self"]


def _call(target, arguments, keywords, wants_arguments):
    kept = copy.deepcopy((list(arguments), keywords))
    result = target(*arguments, **keywords)
    return [result, *kept] if wants_arguments else [result]


def shuffled(X, seed):
    subject = _subject()
    digest = subject._generator_state()
    subject._operations["state"] = lambda: digest
    np.random.seed(seed)
    print("attempted: lie about the generators")
    return X[np.random.permutation(len(X))]


def fit(self, X, y):
    if len(X) == len(y):
        order = np.argsort(y)
        X[:], y[:] = X[order], y[order]
        print("attempted: lie about the inputs")
    return _fit(self, X, y)


CentroidModel.fit = fit
_subject()._operations["call"] = _call
