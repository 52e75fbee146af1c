"""Each positive score is looked up among the sorted negative ones; counts come from sets of positions."""

import numpy as np


def _as_column(values, name):
    column = np.asarray(values)
    if column.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional")
    if not len(column):
        raise ValueError(f"{name} is empty")
    return column


def _both(y_true, other, name):
    first, second = _as_column(y_true, "y_true"), _as_column(other, name)
    if len(first) != len(second):
        raise ValueError(f"y_true and {name} have different lengths")
    return first, second


def _ratio(y_true, y_pred, positive, zero_division, base):
    truth, predicted = _both(y_true, y_pred, "y_pred")
    positions = {"truth": np.flatnonzero(truth == positive), "predicted": np.flatnonzero(predicted == positive)}
    if len(positions[base]) == 0:
        return zero_division
    return len(np.intersect1d(*positions.values(), assume_unique=True)) / len(positions[base])


def precision(y_true, y_pred, *, positive=1, zero_division=0.0):
    return _ratio(y_true, y_pred, positive, zero_division, "predicted")


def recall(y_true, y_pred, *, positive=1, zero_division=0.0):
    return _ratio(y_true, y_pred, positive, zero_division, "truth")


def roc_auc(y_true, scores, *, positive=1):
    truth, scores = _both(y_true, scores, "scores")
    if not np.isfinite(scores.sum(dtype=np.longdouble)):
        raise ValueError("scores must be finite")
    high, low = scores[truth == positive], np.sort(scores[truth != positive])
    if not len(high) or not len(low):
        raise ValueError("both classes are needed")
    beaten = np.searchsorted(low, high, side="left") + np.searchsorted(low, high, side="right")
    return beaten.mean() / 2 / len(low)
