"""Precision, recall and the area under the ROC curve, by counting.

The area is the Mann-Whitney statistic over the number of pairs (Hanley and McNeil, Radiology 143, 1982). Entries are
counted by distinct score, so that ties need no care and all sums are of whole numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def precision(y_true: ArrayLike, y_pred: ArrayLike, *, positive: Any = 1, zero_division: float = 0.0) -> float:
    """Return TP / (TP + FP), or ``zero_division`` where nothing is predicted to be positive.

    Args:
        y_true: labels, shape (n,).
        y_pred: labels, shape (n,).
        positive: label of the positive class; all others are negative.
        zero_division: stands for 0 / 0.

    Raises:
        ValueError: the input does not have these shapes.
    """
    truth, predicted = _columns(y_true, y_pred)
    hits = _count((truth == positive) & (predicted == positive))
    return _share(hits, _count(predicted == positive), zero_division)


def recall(y_true: ArrayLike, y_pred: ArrayLike, *, positive: Any = 1, zero_division: float = 0.0) -> float:
    """Return TP / (TP + FN), or ``zero_division`` where nothing is positive.

    Args:
        y_true: labels, shape (n,).
        y_pred: labels, shape (n,).
        positive: label of the positive class; all others are negative.
        zero_division: stands for 0 / 0.

    Raises:
        ValueError: the input does not have these shapes.
    """
    truth, predicted = _columns(y_true, y_pred)
    hits = _count((truth == positive) & (predicted == positive))
    return _share(hits, _count(truth == positive), zero_division)


def roc_auc(y_true: ArrayLike, scores: ArrayLike, *, positive: Any = 1) -> float:
    """Return the share of pairs of a positive and a negative entry that the scores order rightly, ties by half.

    Args:
        y_true: labels, shape (n,).
        scores: finite numbers, shape (n,); higher ones speak for the positive class.
        positive: label of the positive class; all others are negative.

    Raises:
        ValueError: one class alone, or the input does not have these shapes or is not finite.
    """
    truth, values = _columns(y_true, scores)
    values = values.astype(np.float64)
    if not np.all(np.isfinite(values)):
        raise ValueError("scores should be finite numbers, but some are NaN or infinite")
    is_positive = truth == positive
    if np.all(is_positive) or not np.any(is_positive):
        raise ValueError("an area needs positive and negative entries, but there is one class alone")
    distinct, place = np.unique(values, return_inverse=True)
    positives = np.bincount(place[is_positive], minlength=len(distinct))
    negatives = np.bincount(place[~is_positive], minlength=len(distinct))
    below = np.cumsum(negatives) - negatives
    won, drawn = positives @ below, positives @ negatives
    return float((won + drawn / 2) / (positives.sum() * negatives.sum()))


def _columns(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both arguments as arrays of one length, with one axis and at least one entry."""
    one, other = np.asarray(first), np.asarray(second)
    if one.ndim != 1 or other.ndim != 1:
        raise ValueError(f"arguments should have one axis each, but have shapes {one.shape} and {other.shape}")
    if len(one) != len(other):
        raise ValueError(f"arguments should be of one length, but have {len(one)} and {len(other)} entries")
    if len(one) == 0:
        raise ValueError("there should be at least one entry")
    return one, other


def _count(mask: NDArray[np.bool_]) -> int:
    return int(np.sum(mask))


def _share(part: int, whole: int, zero_division: float) -> float:
    return part / whole if whole > 0 else float(zero_division)
