"""Gaussian mixtures by EM: fill in the bodies and keep the names. The rules are in README.md."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class GaussianMixture:
    """A mixture of Gaussians with full covariances, fitted by expectation-maximisation.

    Args:
        n_components: k, at least 1.
        n_init: runs from different starts, at least 1; the best is kept.
        max_iter: iterations of a run at most, at least 1.
        tol: a run stops when the mean log-likelihood gains less than this, at least 0.
        reg_covar: floor under the covariances, relative to the mean variance of the columns, at least 0.
        random_state: seed of the starts; ``None`` draws a fresh one.

    Attributes:
        weights_: float64, shape (n_components,); set by ``fit``, as are all.
        means_: float64, shape (n_components, n_features).
        covariances_: float64, shape (n_components, n_features, n_features).
        converged_: whether the run that was kept stopped by ``tol``.
        n_iter_: its number of iterations.
        log_likelihoods_: its mean log-likelihoods, one per iteration.
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
        raise NotImplementedError

    def fit(self, X: ArrayLike) -> GaussianMixture:
        """Fit to these rows alone.

        Args:
            X: numbers, shape (n_samples, n_features); NaN where a value is missing.

        Returns:
            The model itself.

        Raises:
            ValueError: a setting or ``X`` breaks a rule of the brief (Input, Missing values).
        """
        raise NotImplementedError

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the responsibilities of the components.

        Args:
            X: numbers, shape (n_samples, n_features); NaN where a value is missing.

        Returns:
            float64, shape (n_samples, n_components); rows sum to 1.

        Raises:
            ValueError: not fitted, or ``X`` breaks a rule of the brief.
        """
        raise NotImplementedError

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """Return the component with the highest responsibility.

        Args:
            X: numbers, shape (n_samples, n_features); NaN where a value is missing.

        Returns:
            Whole numbers, shape (n_samples,).

        Raises:
            ValueError: not fitted, or ``X`` breaks a rule of the brief.
        """
        raise NotImplementedError

    def score_samples(self, X: ArrayLike) -> Floats:
        """Return the log density of each row.

        Args:
            X: numbers, shape (n_samples, n_features); NaN where a value is missing.

        Returns:
            float64, shape (n_samples,).

        Raises:
            ValueError: not fitted, or ``X`` breaks a rule of the brief.
        """
        raise NotImplementedError

    def score(self, X: ArrayLike) -> float:
        """Return the mean log density of the rows; arguments and errors as ``score_samples``."""
        raise NotImplementedError

    def bic(self, X: ArrayLike) -> float:
        """Return the Bayesian information criterion on these rows; arguments and errors as ``score_samples``."""
        raise NotImplementedError

    def impute(self, X: ArrayLike) -> Floats:
        """Replace each NaN by its conditional mean under the fitted mixture.

        Args:
            X: numbers, shape (n_samples, n_features); NaN where a value is missing.

        Returns:
            float64, shape (n_samples, n_features); observed values as they are.

        Raises:
            ValueError: not fitted, or ``X`` breaks a rule of the brief.
        """
        raise NotImplementedError


def e_step(X: ArrayLike, weights: ArrayLike, means: ArrayLike, covariances: ArrayLike) -> tuple[Floats, float]:
    """Compute responsibilities under the given parameters.

    Args:
        X: numbers, shape (n_samples, n_features); NaN where a value is missing.
        weights: numbers that sum to 1, shape (n_components,).
        means: numbers, shape (n_components, n_features).
        covariances: symmetric and positive definite, shape (n_components, n_features, n_features).

    Returns:
        The log responsibilities, shape (n_samples, n_components), and the mean log-likelihood.

    Raises:
        ValueError: shapes do not fit, or ``X`` breaks a rule of the brief.
    """
    raise NotImplementedError


def m_step(X: ArrayLike, responsibilities: ArrayLike, *, reg_covar: float = 1e-6) -> tuple[Floats, Floats, Floats]:
    """Estimate the parameters from rows and their responsibilities.

    Args:
        X: numbers without NaN, shape (n_samples, n_features).
        responsibilities: at least 0, rows that sum to 1, shape (n_samples, n_components).
        reg_covar: floor under the covariances, relative to the mean variance of the columns.

    Returns:
        Weights (n_components,), means (n_components, n_features) and covariances (n_components, n_features,
        n_features).

    Raises:
        ValueError: shapes do not fit, or ``X`` breaks a rule of the brief.
    """
    raise NotImplementedError


def select_n_components(
    X: ArrayLike, candidates: Sequence[int], *, random_state: int | None = None
) -> tuple[int, Floats]:
    """Choose the number of components by BIC.

    Args:
        X: numbers, shape (n_samples, n_features); NaN where a value is missing.
        candidates: numbers of components to try.
        random_state: seed of the starts; ``None`` draws a fresh one.

    Returns:
        The best candidate, and the BICs, shape (n_candidates,), in the order of ``candidates``.

    Raises:
        ValueError: no candidates, one below 1 or above n_samples, or ``X`` breaks a rule of the brief.
    """
    raise NotImplementedError
