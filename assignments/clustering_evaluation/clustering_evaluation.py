"""Clustering evaluation: fill in the bodies and keep the names. The rules are in README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def silhouette_samples(X: ArrayLike, labels: ArrayLike) -> Floats:
    """Return the silhouette of each point.

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,).

    Returns:
        float64, shape (n_samples,), from -1 to 1; 0 for a point that is alone in its cluster.

    Raises:
        ValueError: one cluster, as many clusters as points, or the input breaks a rule of the brief (Input).
    """
    raise NotImplementedError


def silhouette_score(X: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean silhouette over all points.

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,).

    Raises:
        ValueError: as ``silhouette_samples``.
    """
    raise NotImplementedError


def davies_bouldin_score(X: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean over clusters of the worst ratio of scatter to separation; lower is better.

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,).

    Raises:
        ValueError: as ``silhouette_samples``.
    """
    raise NotImplementedError


def calinski_harabasz_score(X: ArrayLike, labels: ArrayLike) -> float:
    """Return the ratio of variance between clusters to variance within; higher is better.

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,).

    Raises:
        ValueError: as ``silhouette_samples``.
    """
    raise NotImplementedError


def inertia(X: ArrayLike, labels: ArrayLike) -> float:
    """Return the sum of squared distances of the points to the centroids of their clusters.

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,); any number of clusters.

    Raises:
        ValueError: the input breaks a rule of the brief (Input).
    """
    raise NotImplementedError


def adjusted_rand_index(labels_a: ArrayLike, labels_b: ArrayLike) -> float:
    """Return the share of pairs on which two labelings agree, adjusted for chance.

    Args:
        labels_a: shape (n_samples,).
        labels_b: shape (n_samples,), of the same points.

    Returns:
        At most 1; 0 on average for random labels.

    Raises:
        ValueError: the input breaks a rule of the brief (Input).
    """
    raise NotImplementedError


def normalized_mutual_information(labels_a: ArrayLike, labels_b: ArrayLike) -> float:
    """Return the mutual information over the arithmetic mean of the two entropies.

    Args:
        labels_a: shape (n_samples,).
        labels_b: shape (n_samples,), of the same points.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: the input breaks a rule of the brief (Input).
    """
    raise NotImplementedError


def homogeneity_completeness(labels_true: ArrayLike, labels_pred: ArrayLike) -> tuple[float, float]:
    """Return how pure the predicted clusters are, and how whole the true classes stay.

    Args:
        labels_true: shape (n_samples,).
        labels_pred: shape (n_samples,), of the same points.

    Returns:
        Homogeneity and completeness, each from 0 to 1.

    Raises:
        ValueError: the input breaks a rule of the brief (Input).
    """
    raise NotImplementedError


def choose_n_clusters(X: ArrayLike, labelings: Mapping[int, ArrayLike]) -> tuple[int, dict[int, float]]:
    """Choose the labelling with the highest silhouette score.

    Args:
        X: numbers, shape (n_samples, n_features).
        labelings: from the number of clusters asked for to labels, shape (n_samples,).

    Returns:
        The best key, the smaller one on a tie, and the silhouette score of each key.

    Raises:
        ValueError: no labelings, or as ``silhouette_samples``.
    """
    raise NotImplementedError


def stability(labelings: Sequence[ArrayLike]) -> float:
    """Return the mean adjusted Rand index over all pairs of labelings.

    Args:
        labelings: at least two, each of shape (n_samples,), of the same points.

    Raises:
        ValueError: fewer than two labelings, or as ``adjusted_rand_index``.
    """
    raise NotImplementedError
