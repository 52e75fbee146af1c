"""Mixtures of Gaussians with full covariances, fitted by expectation-maximisation, also to rows with missing values.

EM is that of Dempster, Laird and Rubin (1977). All densities stay logarithms until responsibilities are formed
(log-sum-exp), and determinants come from Cholesky factors. Missing values follow Ghahramani and Jordan, "Supervised
learning from incomplete data via an EM approach" (1994): a row enters through the marginal of its observed
coordinates, and its missing ones through their conditional mean and covariance. Rows that miss the same columns are
worked on together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_LOG_2PI = math.log(2 * math.pi)
_TINY = float(np.finfo(np.float64).tiny)
_TRIALS = 3
"""Candidates from which each seed of a start is chosen."""


class GaussianMixture:
    """A mixture of Gaussians with full covariances.

    Args:
        n_components: k, at least 1.
        n_init: runs from different starts, at least 1; the one with the highest likelihood is kept.
        max_iter: iterations of a run at most, at least 1.
        tol: a run stops when the mean log-likelihood gains less than this, at least 0.
        reg_covar: floor under the covariances, relative to the mean variance of the columns, at least 0.
        random_state: seed of the starts; ``None`` draws a fresh one.

    Attributes:
        weights_: float64, shape (n_components,).
        means_: float64, shape (n_components, n_features).
        covariances_: float64, shape (n_components, n_features, n_features).
        converged_: whether the run that was kept stopped by ``tol``.
        n_iter_: its number of iterations.
        log_likelihoods_: its mean log-likelihood after each iteration; the last equals ``score`` of the same rows.
    """

    weights_: Floats
    means_: Floats
    covariances_: Floats
    converged_: bool
    n_iter_: int
    log_likelihoods_: list[float]

    def __init__(
        self,
        n_components: int = 1,
        *,
        n_init: int = 1,
        max_iter: int = 100,
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        random_state: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.reg_covar = reg_covar
        self.random_state = random_state
        self._parameters: _Parameters | None = None

    def fit(self, X: ArrayLike) -> GaussianMixture:
        """Fit to these rows alone, whatever was fitted before.

        Args:
            X: numbers, shape (n_samples, n_features); NaN where a value is missing.

        Returns:
            The model itself.

        Raises:
            ValueError: a setting is out of range, there are more components than rows, or ``X`` is no such table.
        """
        self._check_settings()
        rows = _rows(X)
        if self.n_components > len(rows.values):
            raise ValueError(f"{len(rows.values)} rows are too few for {self.n_components} components")
        if np.any(np.all(np.isnan(rows.values), axis=0)):
            raise ValueError("every column of X should hold at least one value, but one is NaN throughout")
        rng = np.random.default_rng(self.random_state)
        runs = (self._climb(rows, _start(rows, self.n_components, self.reg_covar, rng)) for _ in range(self.n_init))
        best = max(runs, key=lambda run: run.history[-1])
        self._parameters = best.parameters
        self.weights_, self.means_, self.covariances_ = best.parameters
        self.log_likelihoods_ = best.history
        self.n_iter_ = len(best.history)
        self.converged_ = best.converged
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the responsibilities, shape (n_samples, n_components), for X of shape (n_samples, n_features)."""
        log_responsibilities, _ = self._ask(X)
        return np.exp(log_responsibilities)

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """Return the component with the highest responsibility, shape (n_samples,)."""
        log_responsibilities, _ = self._ask(X)
        return np.argmax(log_responsibilities, axis=1)

    def score_samples(self, X: ArrayLike) -> Floats:
        """Return the log density of each row, that of its observed coordinates; shape (n_samples,)."""
        _, log_densities = self._ask(X)
        return log_densities

    def score(self, X: ArrayLike) -> float:
        """Return the mean log density of the rows."""
        return float(np.mean(self.score_samples(X)))

    def bic(self, X: ArrayLike) -> float:
        """Return -2 log L + p log n (Schwarz 1978); lower is better."""
        log_densities = self.score_samples(X)
        k, d = self.means_.shape
        n_parameters = (k - 1) + k * d + k * d * (d + 1) // 2
        return float(-2 * np.sum(log_densities) + n_parameters * math.log(len(log_densities)))

    def impute(self, X: ArrayLike) -> Floats:
        """Replace each NaN by its conditional mean under the mixture.

        Args:
            X: numbers, shape (n_samples, n_features); NaN where a value is missing.

        Returns:
            A new array, shape (n_samples, n_features).

        Raises:
            ValueError: not fitted, or ``X`` is no such table.
        """
        rows, parameters = self._query(X)
        responsibilities = np.exp(_posterior(rows, parameters)[0])
        filled = np.zeros_like(rows.values)
        for j, share in enumerate(responsibilities.T):
            completed, _ = _complete(rows, parameters.means[j], parameters.covariances[j], share)
            filled += share[:, None] * completed
        return np.where(np.isnan(rows.values), filled, rows.values)

    def _climb(self, rows: _Rows, parameters: _Parameters) -> _Run:
        """One run of EM."""
        floor = self.reg_covar * _scale(rows.values)
        history: list[float] = []
        log_responsibilities, _ = _posterior(rows, parameters)
        while len(history) < self.max_iter:
            parameters = _update(rows, np.exp(log_responsibilities), parameters, floor)
            log_responsibilities, log_densities = _posterior(rows, parameters)
            history.append(float(np.mean(log_densities)))
            if len(history) > 1 and history[-1] - history[-2] < self.tol:
                return _Run(parameters, history, converged=True)
        return _Run(parameters, history, converged=False)

    def _check_settings(self) -> None:
        for name in ("n_components", "n_init", "max_iter"):
            if not getattr(self, name) >= 1:
                raise ValueError(f"{name} should be at least 1, but is {getattr(self, name)}")
        for name in ("tol", "reg_covar"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} should be at least 0, but is {getattr(self, name)}")

    def _query(self, X: ArrayLike) -> tuple[_Rows, _Parameters]:
        if self._parameters is None:
            raise ValueError("the model is not fitted yet: call fit first")
        rows = _rows(X)
        _check_columns(rows.values, self._parameters.means.shape[1])
        return rows, self._parameters

    def _ask(self, X: ArrayLike) -> tuple[Floats, Floats]:
        rows, parameters = self._query(X)
        return _posterior(rows, parameters)


def e_step(X: ArrayLike, weights: ArrayLike, means: ArrayLike, covariances: ArrayLike) -> tuple[Floats, float]:
    """Compute responsibilities under the given parameters (Bishop, Pattern Recognition, eq. 9.23).

    Args:
        X: numbers, shape (n_samples, n_features); NaN where a value is missing.
        weights: numbers that sum to 1, shape (n_components,).
        means: numbers, shape (n_components, n_features).
        covariances: symmetric and positive definite, shape (n_components, n_features, n_features).

    Returns:
        The log responsibilities, shape (n_samples, n_components), and the mean log-likelihood.

    Raises:
        ValueError: shapes do not fit, ``X`` is no such table, or a covariance is not positive definite.
    """
    rows = _rows(X)
    parameters = _Parameters(*(np.asarray(given, dtype=np.float64) for given in (weights, means, covariances)))
    if parameters.weights.ndim != 1 or parameters.means.ndim != 2:
        raise ValueError("weights should have one axis and means two")
    k, d = len(parameters.weights), parameters.means.shape[1]
    if len(parameters.means) != k or parameters.covariances.shape != (k, d, d):
        raise ValueError(f"means and covariances should be of {k} components in {d} columns")
    _check_columns(rows.values, d)
    log_responsibilities, log_densities = _posterior(rows, parameters)
    return log_responsibilities, float(np.mean(log_densities))


def m_step(X: ArrayLike, responsibilities: ArrayLike, *, reg_covar: float = 1e-6) -> tuple[Floats, Floats, Floats]:
    """Estimate the parameters from rows and their responsibilities (Bishop, eq. 9.24 to 9.27).

    Args:
        X: numbers without NaN, shape (n_samples, n_features).
        responsibilities: at least 0, rows that sum to 1, shape (n_samples, n_components).
        reg_covar: floor under the covariances, relative to the mean variance of the columns.

    Returns:
        Weights (n_components,), means (n_components, n_features) and covariances (n_components, n_features,
        n_features).

    Raises:
        ValueError: shapes do not fit, or ``X`` is no such table.
    """
    rows = _rows(X)
    if np.any(np.isnan(rows.values)):
        raise ValueError("m_step has no parameters from which to complete a row, but X has NaN")
    shares = np.asarray(responsibilities, dtype=np.float64)
    if shares.ndim != 2 or len(shares) != len(rows.values) or shares.shape[1] < 1:
        raise ValueError(f"responsibilities should have one row for each row of X, but have shape {shares.shape}")
    weights, means, covariances = _update(rows, shares, None, reg_covar * _scale(rows.values))
    return weights, means, covariances


def select_n_components(
    X: ArrayLike, candidates: Sequence[int], *, random_state: int | None = None
) -> tuple[int, Floats]:
    """Choose the number of components by BIC.

    Args:
        X: numbers, shape (n_samples, n_features); NaN where a value is missing.
        candidates: numbers of components to try.
        random_state: seed of the starts; ``None`` draws a fresh one.

    Returns:
        The candidate with the lowest BIC, the smaller one on a tie; and the BICs in the order of ``candidates``.

    Raises:
        ValueError: no candidates, one below 1 or above n_samples, or ``X`` is no such table.
    """
    if len(candidates) == 0:
        raise ValueError("there should be at least one candidate")
    models = [
        GaussianMixture(int(k), n_init=5, max_iter=200, tol=1e-4, random_state=random_state) for k in candidates
    ]
    for model in models:
        model.fit(X)
    bics = np.array([model.bic(X) for model in models])
    best = min(range(len(bics)), key=lambda i: (bics[i], candidates[i]))
    return int(candidates[best]), bics


class _Parameters(NamedTuple):
    """What a mixture is."""

    weights: Floats  # (k,)
    means: Floats  # (k, d)
    covariances: Floats  # (k, d, d)


@dataclass(frozen=True)
class _Run:
    """Where one run of EM ended, and how it got there."""

    parameters: _Parameters
    history: list[float]
    converged: bool


@dataclass(frozen=True)
class _Rows:
    """A table, and its rows grouped by the columns that they miss."""

    values: Floats  # (n, d), NaN where missing
    patterns: list[tuple[NDArray[np.intp] | slice, NDArray[np.bool_]]]  # which rows, and which columns they have

    @property
    def is_complete(self) -> bool:
        return len(self.patterns) == 1 and bool(self.patterns[0][1].all())


def _rows(X: ArrayLike) -> _Rows:
    values = np.asarray(X, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"X should have two axes, but has shape {values.shape}")
    if 0 in values.shape:
        raise ValueError(f"X should have at least one row and one column, but has shape {values.shape}")
    if np.any(np.isinf(values)):
        raise ValueError("X should hold finite numbers and NaN only, but has infinite ones")
    seen = ~np.isnan(values)
    if seen.all():
        return _Rows(values, [(slice(None), seen[0])])
    if not np.all(seen.any(axis=1)):
        raise ValueError("every row of X should hold at least one value, but one is NaN throughout")
    kinds, which = np.unique(seen, axis=0, return_inverse=True)
    which = which.reshape(-1)
    return _Rows(values, [(np.flatnonzero(which == i), kind) for i, kind in enumerate(kinds)])


def _check_columns(values: Floats, n_features: int) -> None:
    if values.shape[1] != n_features:
        raise ValueError(f"X should have {n_features} columns, but has {values.shape[1]}")


def _scale(values: Floats) -> float:
    """Return the mean variance of the columns over their observed values; 1 if none of them varies."""
    if np.all(np.nanmax(values, axis=0) == np.nanmin(values, axis=0)):
        return 1.0
    return float(np.mean(np.nanvar(values, axis=0)))


def _posterior(rows: _Rows, parameters: _Parameters) -> tuple[Floats, Floats]:
    """Return log responsibilities (n, k) and log densities (n,)."""
    joint = np.empty((len(rows.values), len(parameters.weights)))
    with np.errstate(divide="ignore"):
        log_weights = np.log(parameters.weights)
    for where, seen in rows.patterns:
        part, covariances = rows.values[where][:, seen], parameters.covariances[:, seen][:, :, seen]
        joint[where] = log_weights + _log_normal(part, parameters.means[:, seen], covariances)
    largest = joint.max(axis=1, keepdims=True)
    log_densities = largest + np.log(np.sum(np.exp(joint - largest), axis=1, keepdims=True))
    return joint - log_densities, log_densities[:, 0]


def _log_normal(part: Floats, means: Floats, covariances: Floats) -> Floats:
    """Return the log density of complete rows under each component, shape (n, k), by Cholesky factors."""
    factors = np.linalg.cholesky(covariances)
    whitened = np.linalg.solve(factors, (part - means[:, None, :]).transpose(0, 2, 1))
    log_roots = np.sum(np.log(np.diagonal(factors, axis1=1, axis2=2)), axis=1)
    return -0.5 * np.sum(whitened**2, axis=1).T - log_roots - 0.5 * means.shape[1] * _LOG_2PI


def _update(rows: _Rows, responsibilities: Floats, before: _Parameters | None, floor: float) -> _Parameters:
    """The M-step; rows with missing values are completed under the parameters before."""
    n, k = responsibilities.shape
    d = rows.values.shape[1]
    totals = responsibilities.sum(axis=0)
    means, covariances = np.empty((k, d)), np.empty((k, d, d))
    for j in range(k):
        share = responsibilities[:, j] / totals[j] if totals[j] > _TINY else np.full(n, 1 / n)
        completed, spread = rows.values, np.zeros((d, d))
        if before is not None and not rows.is_complete:
            completed, spread = _complete(rows, before.means[j], before.covariances[j], share)
        means[j] = share @ completed
        centred = completed - means[j]
        covariances[j] = (centred.T * share) @ centred + spread + floor * np.eye(d)
    covariances = (covariances + covariances.transpose(0, 2, 1)) / 2
    return _Parameters(totals / n, means, covariances)


def _complete(rows: _Rows, mean: Floats, covariance: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Fill in the conditional means under one component.

    Returns:
        The completed table (n, d), and the sum over rows of share times conditional covariance (d, d).
    """
    completed, spread = rows.values.copy(), np.zeros_like(covariance)
    for where, seen in rows.patterns:
        lost = ~seen
        if not lost.any():
            continue
        coupling = covariance[np.ix_(seen, lost)]
        slopes = np.linalg.solve(covariance[np.ix_(seen, seen)], coupling)
        part = rows.values[where]
        part[:, lost] = mean[lost] + (part[:, seen] - mean[seen]) @ slopes
        completed[where] = part
        spread[np.ix_(lost, lost)] += share[where].sum() * (covariance[np.ix_(lost, lost)] - coupling.T @ slopes)
    return completed, spread


def _start(rows: _Rows, k: int, reg_covar: float, rng: np.random.Generator) -> _Parameters:
    """Draw seeds by greedy k-means++ (Arthur and Vassilvitskii 2007), the best of a few candidates at a time.

    All share the covariance within the groups they form, so that no component begins its life on a single point.
    """
    values = rows.values
    level, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    units = np.where(np.isnan(values), 0.0, (values - level) / np.where(spread > 0, spread, 1.0))
    chosen = [int(rng.integers(len(units)))]
    distances = np.sum((units - units[chosen[0]]) ** 2, axis=1)
    nearest = np.zeros(len(units), dtype=np.intp)
    while len(chosen) < k:
        odds = distances / distances.sum() if distances.any() else None
        candidates = rng.choice(len(units), size=_TRIALS, p=odds)
        reached = np.sum((units - units[candidates][:, None]) ** 2, axis=2)
        best = int(np.argmin(np.minimum(reached, distances).sum(axis=1)))
        nearest[reached[best] < distances] = len(chosen)
        distances = np.minimum(distances, reached[best])
        chosen.append(int(candidates[best]))
    complete = np.where(np.isnan(values), level, values)
    within = complete - complete[chosen][nearest]
    floor = max(reg_covar, 1e-6) * _scale(values)
    covariance = within.T @ within / len(units) + floor * np.eye(units.shape[1])
    return _Parameters(np.full(k, 1 / k), complete[chosen], np.repeat(covariance[None], k, axis=0))
