"""Linear regression: fill in the bodies and keep the names. The rules are in README.md."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class LinearRegression:
    """Least squares with an optional ridge penalty; the intercept is not penalised.

    Args:
        fit_intercept: fit a constant term.
        alpha: weight of the penalty ``alpha * ||coef||²``, at least 0.

    Attributes:
        coef_: float64, shape (n_features,); set by ``fit`` and ``partial_fit``.
        intercept_: float; 0.0 without an intercept.
    """

    coef_: Floats
    intercept_: float

    def __init__(self, *, fit_intercept: bool = True, alpha: float = 0.0) -> None:
        raise NotImplementedError

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> LinearRegression:
        """Fit to these rows alone.

        Args:
            X: numbers, shape (n_samples, n_features).
            y: numbers, shape (n_samples,).
            sample_weight: non-negative numbers, shape (n_samples,); ``None`` stands for ones.

        Returns:
            The model itself.

        Raises:
            ValueError: the input breaks a rule of the brief (Input).
        """
        raise NotImplementedError

    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> LinearRegression:
        """Add rows; the model is then the one that ``fit`` gives on all rows seen. Rows are not kept.

        Args:
            X: numbers, shape (n_samples, n_features).
            y: numbers, shape (n_samples,).

        Returns:
            The model itself.

        Raises:
            ValueError: as ``fit``, or the number of columns differs from that of the rows before.
        """
        raise NotImplementedError

    def predict(self, X: ArrayLike) -> Floats:
        """Return the predictions.

        Args:
            X: numbers, shape (n_samples, n_features).

        Returns:
            float64, shape (n_samples,).

        Raises:
            ValueError: not fitted, or ``X`` breaks a rule of the brief (Input).
        """
        raise NotImplementedError

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return R² = 1 - SSE / SST on these rows.

        Args:
            X: numbers, shape (n_samples, n_features).
            y: numbers, shape (n_samples,).

        Raises:
            ValueError: not fitted, or the input breaks a rule of the brief (Input).
        """
        raise NotImplementedError

    def standard_errors(self) -> Floats:
        """Return the standard errors of the coefficients.

        Returns:
            float64, shape (n_features,).

        Raises:
            ValueError: not fitted, alpha > 0, no degree of freedom left, or linearly dependent columns.
        """
        raise NotImplementedError

    def confidence_intervals(self, critical_value: float = 1.96) -> Floats:
        """Return coef ∓ critical_value × standard error.

        Args:
            critical_value: quantile of the reference distribution, no unit.

        Returns:
            float64, shape (n_features, 2): lower and upper bounds.

        Raises:
            ValueError: as ``standard_errors``.
        """
        raise NotImplementedError


def residual_diagnostics(X: ArrayLike, y: ArrayLike) -> dict[str, float]:
    """Check the assumptions of ordinary least squares, with an intercept, on these data.

    Args:
        X: numbers, shape (n_samples, n_features).
        y: numbers, shape (n_samples,).

    Returns:
        A dict with the keys ``durbin_watson``, ``breusch_pagan``, ``condition_number`` and ``max_leverage``.
    """
    raise NotImplementedError


def select_alpha(
    X: ArrayLike,
    y: ArrayLike,
    candidates: Sequence[float],
    *,
    n_folds: int = 5,
    random_state: int | None = None,
) -> tuple[float, Floats]:
    """Choose the ridge penalty by cross-validation.

    Args:
        X: numbers, shape (n_samples, n_features).
        y: numbers, shape (n_samples,).
        candidates: the values of alpha to try.
        n_folds: from 2 to n_samples.
        random_state: seed of the shuffle; ``None`` draws a fresh one.

    Returns:
        The best alpha, and the mean validation MSEs, shape (n_candidates,), in the order of ``candidates``.

    Raises:
        ValueError: no candidates, or n_folds out of range.
    """
    raise NotImplementedError
