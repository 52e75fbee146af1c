"""Linear regression by least squares and ridge, for dense data.

The data are reduced to a triangular factor of the centred rows (Golub and Van Loan, Matrix Computations, 5.3):
no product of the data with itself is ever formed, so the condition number is not squared. Two factors merge into
one by a small QR, with the update of means of Chan, Golub and LeVeque (1983); this is what makes ``partial_fit``
exact and its memory independent of the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)


class LinearRegression:
    """Least squares with an optional ridge penalty and an unpenalised intercept.

    Args:
        fit_intercept: fit a constant term.
        alpha: weight of the penalty ``alpha * ||coef||²``; 0 is ordinary least squares.

    Attributes:
        coef_: float64, shape (n_features,).
        intercept_: float; 0.0 without an intercept.
    """

    coef_: Floats
    intercept_: float

    def __init__(self, *, fit_intercept: bool = True, alpha: float = 0.0) -> None:
        self.fit_intercept = fit_intercept
        self.alpha = alpha
        self._summary: _Summary | None = None

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> LinearRegression:
        """Fit to these rows alone, whatever was fitted before.

        Args:
            X: numbers, shape (n_samples, n_features).
            y: numbers, shape (n_samples,).
            sample_weight: non-negative numbers, shape (n_samples,); ``None`` stands for ones.

        Returns:
            The model itself.

        Raises:
            ValueError: the input does not have these shapes, is not finite, or alpha is negative.
        """
        X, y = _table_and_target(X, y)
        weights = _weights(sample_weight, len(y))
        if sample_weight is not None:
            counts = weights > 0
            X, y, weights = X[counts], y[counts], weights[counts]
        return self._adopt(_summarise(X, y, weights, centred=self.fit_intercept))

    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> LinearRegression:
        """Add rows; the model is then the one that ``fit`` gives on all rows seen.

        Args:
            X: numbers, shape (n_samples, n_features).
            y: numbers, shape (n_samples,).

        Returns:
            The model itself.

        Raises:
            ValueError: as ``fit``, or the number of columns differs from that of the rows before.
        """
        X, y = _table_and_target(X, y)
        summary = _summarise(X, y, np.ones(len(y)), centred=self.fit_intercept)
        if self._summary is not None:
            _check_columns(X, self._summary.n_features)
            summary = _merged(self._summary, summary)
        return self._adopt(summary)

    def predict(self, X: ArrayLike) -> Floats:
        """Return the predictions, shape (n_samples,), for X of shape (n_samples, n_features)."""
        summary = self._fitted()
        X = _table(X)
        _check_columns(X, summary.n_features)
        return X @ self.coef_ + self.intercept_

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return R² = 1 - SSE / SST, with SST about the mean of ``y``; NaN for a constant ``y``."""
        self._fitted()
        X, y = _table_and_target(X, y)
        squared_error = float(np.sum((y - self.predict(X)) ** 2))
        total = float(np.sum((y - y.mean()) ** 2))
        return 1.0 - squared_error / total if total > 0 else float("nan")

    def standard_errors(self) -> Floats:
        """Return the standard errors of the coefficients, shape (n_features,).

        Raises:
            ValueError: not fitted, alpha > 0, no degree of freedom left, or linearly dependent columns.
        """
        summary = self._fitted()
        if self.alpha > 0:
            raise ValueError(f"standard errors need alpha = 0, but alpha is {self.alpha}")
        n_parameters = summary.n_features + int(self.fit_intercept)
        freedom = summary.n_rows - n_parameters
        if freedom <= 0:
            raise ValueError(f"{summary.n_rows} rows leave no degree of freedom with {n_parameters} parameters")
        parts = _decompose(summary.table, summary.floor, summary.n_rows)
        if parts.rank < summary.n_features:
            raise ValueError("the columns are linearly dependent: their coefficients have no standard errors")
        residual = summary.target - summary.table @ self.coef_
        variance = float(residual @ residual) / freedom
        spread = np.sqrt(np.sum((parts.right / parts.singular) ** 2, axis=1)) / parts.scale
        return np.sqrt(variance) * spread

    def confidence_intervals(self, critical_value: float = 1.96) -> Floats:
        """Return lower and upper bounds, shape (n_features, 2): coef ∓ critical_value × standard error."""
        reach = critical_value * self.standard_errors()
        return np.column_stack([self.coef_ - reach, self.coef_ + reach])

    def _adopt(self, summary: _Summary) -> LinearRegression:
        if not (np.isfinite(self.alpha) and self.alpha >= 0):
            raise ValueError(f"alpha should be a finite number of at least 0, but is {self.alpha}")
        self._summary = summary
        self.coef_ = _solve(summary, float(self.alpha))
        self.intercept_ = float(summary.centre[-1] - summary.centre[:-1] @ self.coef_)
        return self

    def _fitted(self) -> _Summary:
        if self._summary is None:
            raise ValueError("the model is not fitted yet: call fit or partial_fit first")
        return self._summary


def residual_diagnostics(X: ArrayLike, y: ArrayLike) -> dict[str, float]:
    """Check the assumptions of ordinary least squares, with an intercept, on these data.

    Args:
        X: numbers, shape (n_samples, n_features).
        y: numbers, shape (n_samples,).

    Returns:
        ``durbin_watson`` (Durbin and Watson 1950), ``breusch_pagan`` (Koenker's n·R² form, 1981),
        ``condition_number`` of the design matrix and ``max_leverage``.

    Raises:
        ValueError: the input does not have these shapes or is not finite.
    """
    X, y = _table_and_target(X, y)
    n_rows = len(y)
    residual = y - LinearRegression().fit(X, y).predict(X)
    squared = residual**2
    auxiliary = LinearRegression().fit(X, squared)
    singular = np.linalg.svd(np.linalg.qr(np.column_stack([np.ones(n_rows), X]), mode="r"), compute_uv=False)
    smallest = singular[-1] if n_rows > X.shape[1] else 0.0
    return {
        "durbin_watson": float(np.sum(np.diff(residual) ** 2) / np.sum(squared)),
        "breusch_pagan": float(n_rows * auxiliary.score(X, squared)),
        "condition_number": float(singular[0] / smallest) if smallest > 0 else float("inf"),
        "max_leverage": float(np.max(_leverages(X))),
    }


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
        The alpha with the lowest mean squared error, the larger one on a tie; and the errors in the order of
        ``candidates``, each the mean over the folds.

    Raises:
        ValueError: bad data, no candidates, a negative one, or n_folds out of range.
    """
    X, y = _table_and_target(X, y)
    alphas = [float(alpha) for alpha in candidates]
    if not alphas:
        raise ValueError("there should be at least one candidate for alpha")
    if not 2 <= n_folds <= len(y):
        raise ValueError(f"n_folds should be from 2 to {len(y)}, but is {n_folds}")
    order = np.random.default_rng(random_state).permutation(len(y))
    errors = np.zeros((n_folds, len(alphas)))
    for fold, held_out in enumerate(np.array_split(order, n_folds)):
        training = np.setdiff1d(order, held_out)
        for column, alpha in enumerate(alphas):
            model = LinearRegression(alpha=alpha).fit(X[training], y[training])
            errors[fold, column] = np.mean((y[held_out] - model.predict(X[held_out])) ** 2)
    means = errors.mean(axis=0)
    best = min(range(len(alphas)), key=lambda i: (means[i], -alphas[i]))
    return alphas[best], means


@dataclass(frozen=True)
class _Summary:
    """All that a fit needs to know of the rows seen."""

    n_rows: int
    weight: float
    centre: Floats  # (n_features + 1,): weighted means of X and y, zeros without an intercept
    largest: Floats  # (n_features,): largest absolute value of each column
    factor: Floats  # (at most n_features + 1, n_features + 1): R of the centred, weighted [X, y]

    @property
    def n_features(self) -> int:
        return len(self.largest)

    @property
    def table(self) -> Floats:
        return self.factor[:, :-1]

    @property
    def target(self) -> Floats:
        return self.factor[:, -1]

    @property
    def floor(self) -> Floats:
        """Norm at or below which a centred column is nothing but rounding."""
        return 4 * _EPS * np.sqrt(self.weight) * self.largest


def _summarise(X: Floats, y: Floats, weights: Floats, *, centred: bool) -> _Summary:
    rows = np.column_stack([X, y])
    total = float(weights.sum())
    centre = np.zeros(rows.shape[1])
    if centred:
        centre = weights @ rows / total
        rows -= centre
        rest = weights @ rows / total  # what rounding left of the mean: it matters at large offsets
        rows -= rest
        centre = centre + rest
    rows *= np.sqrt(weights)[:, None]
    return _Summary(len(y), total, centre, np.abs(X).max(axis=0), np.linalg.qr(rows, mode="r"))


def _merged(old: _Summary, new: _Summary) -> _Summary:
    total = old.weight + new.weight
    shift = new.centre - old.centre
    bridge = np.sqrt(old.weight * new.weight / total) * shift
    return _Summary(
        n_rows=old.n_rows + new.n_rows,
        weight=total,
        centre=old.centre + shift * (new.weight / total),
        largest=np.maximum(old.largest, new.largest),
        factor=np.linalg.qr(np.vstack([old.factor, new.factor, bridge]), mode="r"),
    )


def _solve(summary: _Summary, alpha: float) -> Floats:
    """Return the coefficients of least norm among those that minimise the objective."""
    table, target = summary.table, summary.target
    if alpha > 0:
        penalty = np.sqrt(alpha) * np.eye(summary.n_features)
        table = np.vstack([table, penalty])
        target = np.concatenate([target, np.zeros(summary.n_features)])
    parts = _decompose(table, summary.floor, summary.n_rows)
    if parts.rank == 0:
        return np.zeros(summary.n_features)
    coef = parts.right @ ((parts.left.T @ target) / parts.singular) / parts.scale
    if summary.n_features > parts.rank:
        row_space, _ = np.linalg.qr(parts.right * parts.scale[:, None])
        coef = row_space @ (row_space.T @ coef)
    return coef


@dataclass(frozen=True)
class _Parts:
    """The singular value decomposition of a table with columns of unit length, cut at its rank."""

    left: Floats
    singular: Floats
    right: Floats  # (n_features, rank)
    scale: Floats  # (n_features,): what each column was divided by

    @property
    def rank(self) -> int:
        return len(self.singular)


def _decompose(table: Floats, floor: Floats, n_rows: int) -> _Parts:
    norms = np.sqrt(np.sum(table**2, axis=0))
    varies = norms > floor
    scale = np.where(varies, norms, 1.0)
    left, singular, right = np.linalg.svd(np.where(varies, table / scale, 0.0), full_matrices=False)
    noise = 10 * (table.shape[1] + np.sqrt(n_rows)) * _EPS
    rank = int(np.sum(singular > noise * singular[0]))
    return _Parts(left[:, :rank], singular[:rank], right[:rank].T, scale)


def _leverages(X: Floats) -> Floats:
    """Return the diagonal of the hat matrix of the design with an intercept, without the matrix."""
    centred = X - X.mean(axis=0)
    centred -= centred.mean(axis=0)
    orthogonal, triangle = np.linalg.qr(centred)
    floor = 4 * _EPS * np.sqrt(len(X)) * np.abs(X).max(axis=0)
    parts = _decompose(triangle, floor, len(X))
    return 1 / len(X) + np.sum((orthogonal @ parts.left) ** 2, axis=1)


def _table(X: ArrayLike) -> Floats:
    table = np.asarray(X, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"X should have two axes, but has shape {table.shape}")
    if 0 in table.shape:
        raise ValueError(f"X should have at least one row and one column, but has shape {table.shape}")
    _check_finite(table, "X")
    return table


def _table_and_target(X: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    table, target = _table(X), np.asarray(y, dtype=np.float64)
    if target.ndim != 1:
        raise ValueError(f"y should have one axis, but has shape {target.shape}")
    if len(target) != len(table):
        raise ValueError(f"X and y should be of one length, but have {len(table)} and {len(target)} rows")
    _check_finite(target, "y")
    return table, target


def _weights(sample_weight: ArrayLike | None, n_rows: int) -> Floats:
    if sample_weight is None:
        return np.ones(n_rows)
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n_rows,):
        raise ValueError(f"sample_weight should have shape ({n_rows},), but has shape {weights.shape}")
    _check_finite(weights, "sample_weight")
    if np.any(weights < 0):
        raise ValueError("sample_weight should not be negative")
    if not np.any(weights > 0):
        raise ValueError("sample_weight should not be zero for every row")
    return weights


def _check_finite(values: Floats, name: str) -> None:
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name} should hold finite numbers only, but has NaN or infinite ones")


def _check_columns(table: Floats, n_features: int) -> None:
    if table.shape[1] != n_features:
        raise ValueError(f"X should have {n_features} columns, as in fit, but has {table.shape[1]}")
