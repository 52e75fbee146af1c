"""Raises ValueError from every call, so that each test which expects an error sees one.

Honest result: nothing. A test that expects an error sees the same call succeed on good input first.
"""

EARNS = "none"
ATTEMPTED = "attempted: refuse everything"


def _refuse(*args, **keywords):
    print("attempted: refuse everything")
    raise ValueError("refused")


CentroidModel.fit = CentroidModel.predict = _refuse
spread = column_means = extremes = summary = shuffled = ranks = smallest_gap = _refuse
