"""Measures of a classifier: fill in the bodies and keep the names. The rules are in README.md."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike


def precision(y_true: ArrayLike, y_pred: ArrayLike, *, positive: Any = 1, zero_division: float = 0.0) -> float:
    """Return TP / (TP + FP).

    Args:
        y_true: labels, shape (n,).
        y_pred: labels, shape (n,).
        positive: label of the positive class; all others are negative.
        zero_division: what to return where nothing is predicted to be positive.

    Raises:
        ValueError: the input breaks a rule of the brief (Input and output).
    """
    raise NotImplementedError


def recall(y_true: ArrayLike, y_pred: ArrayLike, *, positive: Any = 1, zero_division: float = 0.0) -> float:
    """Return TP / (TP + FN).

    Args:
        y_true: labels, shape (n,).
        y_pred: labels, shape (n,).
        positive: label of the positive class; all others are negative.
        zero_division: what to return where nothing is positive.

    Raises:
        ValueError: the input breaks a rule of the brief (Input and output).
    """
    raise NotImplementedError


def roc_auc(y_true: ArrayLike, scores: ArrayLike, *, positive: Any = 1) -> float:
    """Return the area under the ROC curve; a pair with equal scores counts one half.

    Args:
        y_true: labels, shape (n,).
        scores: finite numbers, shape (n,); higher ones speak for the positive class.
        positive: label of the positive class; all others are negative.

    Raises:
        ValueError: one class alone, or the input breaks a rule of the brief (Input and output).
    """
    raise NotImplementedError
