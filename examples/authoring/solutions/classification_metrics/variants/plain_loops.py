"""Python without numpy: right, and slow on many entries.

Loses: speed
"""

from bisect import bisect_left, bisect_right
from math import isfinite


def pairs(first, second):
    first, second = list(first), list(second)
    if any(hasattr(entry, "__len__") and not isinstance(entry, str) for entry in first + second):
        raise ValueError("more than one axis")
    if len(first) != len(second) or not first:
        raise ValueError("two columns of one length are needed")
    return list(zip(first, second, strict=True))


def precision(y_true, y_pred, *, positive=1, zero_division=0.0):
    hits = [truth == positive for truth, predicted in pairs(y_true, y_pred) if predicted == positive]
    return sum(hits) / len(hits) if hits else float(zero_division)


def recall(y_true, y_pred, *, positive=1, zero_division=0.0):
    hits = [predicted == positive for truth, predicted in pairs(y_true, y_pred) if truth == positive]
    return sum(hits) / len(hits) if hits else float(zero_division)


def roc_auc(y_true, scores, *, positive=1):
    entries = pairs(y_true, scores)
    if not all(isfinite(score) for _, score in entries):
        raise ValueError("a score is not finite")
    high = [float(score) for truth, score in entries if truth == positive]
    low = sorted(float(score) for truth, score in entries if truth != positive)
    if not high or not low:
        raise ValueError("one class only")
    return sum(bisect_left(low, score) + bisect_right(low, score) for score in high) / 2 / len(high) / len(low)
