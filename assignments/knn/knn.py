"""k-nearest neighbours: fill in the bodies and keep the names. The rules are in README.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class KNNClassifier:
    """Classifies a query by the votes of its k nearest training rows.

    Args:
        n_neighbors: k, at least 1.
        weights: ``"uniform"`` (one vote each) or ``"distance"`` (1/d votes).
        metric: ``"euclidean"``, ``"manhattan"``, ``"cosine"`` or ``"nan_euclidean"``.

    Attributes:
        classes_: the distinct labels, sorted, shape (n_classes,); set by ``fit`` and ``partial_fit``.
    """

    classes_: NDArray[Any]

    def __init__(self, n_neighbors: int = 5, *, weights: str = "uniform", metric: str = "euclidean") -> None:
        raise NotImplementedError

    def fit(self, X: ArrayLike, y: ArrayLike) -> KNNClassifier:
        """Learn these rows alone.

        Args:
            X: numbers, shape (n_samples, n_features).
            y: labels, shape (n_samples,).

        Returns:
            The model itself.

        Raises:
            ValueError: the input breaks a rule of the brief (Bad input, Missing values).
        """
        raise NotImplementedError

    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> KNNClassifier:
        """Add rows; the model is then the one that ``fit`` gives on all rows seen.

        Args:
            X: numbers, shape (n_samples, n_features).
            y: labels, shape (n_samples,); new classes are welcome.

        Returns:
            The model itself.

        Raises:
            ValueError: as ``fit``, or the number of columns differs from that of the rows before.
        """
        raise NotImplementedError

    def kneighbors(
        self, X: ArrayLike, n_neighbors: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return the nearest training rows of each query, nearest first.

        Args:
            X: numbers, shape (n_queries, n_features).
            n_neighbors: k for this call; ``None`` stands for that of the model.

        Returns:
            Distances and row numbers in the training data, both of shape (n_queries, k).

        Raises:
            ValueError: the input breaks a rule of the brief, or the model is not fitted.
        """
        raise NotImplementedError

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return each class's share of the votes.

        Args:
            X: numbers, shape (n_queries, n_features).

        Returns:
            float64, shape (n_queries, n_classes), columns as ``classes_``; rows sum to 1.

        Raises:
            ValueError: the input breaks a rule of the brief, or the model is not fitted.
        """
        raise NotImplementedError

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class with most votes, the smaller one where votes are equal.

        Args:
            X: numbers, shape (n_queries, n_features).

        Returns:
            Labels of the kind given to ``fit``, shape (n_queries,).

        Raises:
            ValueError: the input breaks a rule of the brief, or the model is not fitted.
        """
        raise NotImplementedError


def select_n_neighbors(
    X: ArrayLike,
    y: ArrayLike,
    candidates: Sequence[int],
    *,
    n_folds: int = 5,
    random_state: int | None = None,
) -> tuple[int, NDArray[np.float64]]:
    """Choose k by cross-validation.

    Args:
        X: numbers, shape (n_samples, n_features).
        y: labels, shape (n_samples,).
        candidates: the numbers of neighbours to try.
        n_folds: number of folds, from 2 to n_samples.
        random_state: seed of the shuffling.

    Returns:
        The best candidate, and the mean accuracy on held-out rows for each one, shape (n_candidates,), in the
        order of ``candidates``.

    Raises:
        ValueError: the input breaks a rule of the brief (Choosing k).
    """
    raise NotImplementedError
