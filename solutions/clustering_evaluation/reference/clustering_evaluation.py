"""Measures of a clustering: of one labelling against the data, and of two labelings against each other.

Distances come from differences of coordinates, column by column and in blocks of rows: nothing cancels far from the
origin, and no table larger than a block is needed. Counts of pairs are multiplied as Python integers, which do not
overflow. Entropies are taken over those cells of the contingency table that are not empty, at most n of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK = 65_536
"""Distances in one block of the table: 512 kB, which stay in the processor's cache."""


def silhouette_samples(X: ArrayLike, labels: ArrayLike) -> Floats:
    """Return the silhouette of each point (Rousseeuw 1987).

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,).

    Returns:
        float64, shape (n_samples,), from -1 to 1; 0 for a point that is alone in its cluster.

    Raises:
        ValueError: one cluster, as many clusters as points, or input of the wrong shape or not finite.
    """
    rows, clusters = _points(X, labels)
    _check_several(clusters)
    order = np.argsort(clusters.codes, kind="stable")
    rows, codes = rows[order], clusters.codes[order]
    starts = np.cumsum(clusters.sizes) - clusters.sizes
    result = np.zeros(len(rows))
    for block in _blocks(len(rows)):
        sums = np.add.reduceat(_distances(rows[block], rows), starts, axis=1)
        result[order[block]] = _silhouettes(sums, codes[block], clusters.sizes)
    return result


def silhouette_score(X: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean silhouette over all points; arguments and errors as ``silhouette_samples``."""
    return float(np.mean(silhouette_samples(X, labels)))


def davies_bouldin_score(X: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean over clusters of the worst ratio of scatter to separation (Davies and Bouldin 1979, q = 1).

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,).

    Returns:
        At least 0, lower is better; infinite where centroids coincide.

    Raises:
        ValueError: as ``silhouette_samples``.
    """
    rows, clusters = _points(X, labels)
    _check_several(clusters)
    centroids = _centroids(rows, clusters)
    to_centroid = np.sqrt(np.sum((rows - centroids[clusters.codes]) ** 2, axis=1))
    scatter = np.bincount(clusters.codes, weights=to_centroid) / clusters.sizes
    separation = _distances(centroids, centroids)
    np.fill_diagonal(separation, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (scatter[:, None] + scatter) / separation
    return float(np.mean(ratios.max(axis=1)))


def calinski_harabasz_score(X: ArrayLike, labels: ArrayLike) -> float:
    """Return the ratio of variance between clusters to variance within (Caliński and Harabasz 1974).

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,).

    Returns:
        At least 0, higher is better; infinite where every point is at its centroid.

    Raises:
        ValueError: as ``silhouette_samples``.
    """
    rows, clusters = _points(X, labels)
    _check_several(clusters)
    n, k = len(rows), len(clusters.sizes)
    centroids = _centroids(rows, clusters)
    between = float(np.sum(clusters.sizes * np.sum((centroids - rows.mean(axis=0)) ** 2, axis=1)))
    within = float(np.sum((rows - centroids[clusters.codes]) ** 2))
    return (between / (k - 1)) / (within / (n - k)) if within > 0 else float("inf")


def inertia(X: ArrayLike, labels: ArrayLike) -> float:
    """Return the sum of squared distances of the points to the centroids of their clusters.

    Args:
        X: numbers, shape (n_samples, n_features).
        labels: shape (n_samples,); any number of clusters.

    Raises:
        ValueError: input of the wrong shape or not finite.
    """
    rows, clusters = _points(X, labels)
    return float(np.sum((rows - _centroids(rows, clusters)[clusters.codes]) ** 2))


def adjusted_rand_index(labels_a: ArrayLike, labels_b: ArrayLike) -> float:
    """Return the share of pairs on which two labelings agree, adjusted for chance (Hubert and Arabie 1985).

    Args:
        labels_a: shape (n_samples,).
        labels_b: shape (n_samples,), of the same points.

    Returns:
        At most 1; 0 on average for random labels; 1 for equal partitions, the trivial ones included.

    Raises:
        ValueError: labels of the wrong shape, NaN among them, or no points.
    """
    table = _contingency(labels_a, labels_b)
    together, in_a, in_b = _pairs(table.counts), _pairs(table.sizes_a), _pairs(table.sizes_b)
    every = table.n * (table.n - 1) // 2
    chance = in_a * in_b
    most = (in_a + in_b) * every - 2 * chance
    return 2 * (together * every - chance) / most if most else 1.0


def normalized_mutual_information(labels_a: ArrayLike, labels_b: ArrayLike) -> float:
    """Return the mutual information over the arithmetic mean of the two entropies.

    Args:
        labels_a: shape (n_samples,).
        labels_b: shape (n_samples,), of the same points.

    Returns:
        From 0 to 1; 1 for equal partitions, the trivial ones included.

    Raises:
        ValueError: as ``adjusted_rand_index``.
    """
    table = _contingency(labels_a, labels_b)
    entropy_a, entropy_b = _entropy(table.sizes_a), _entropy(table.sizes_b)
    if len(table.sizes_a) == len(table.sizes_b) == 1:
        return 1.0
    shared = entropy_a - _remaining_entropy(table.counts, table.sizes_b[table.of_b])
    return max(0.0, shared) / ((entropy_a + entropy_b) / 2)


def homogeneity_completeness(labels_true: ArrayLike, labels_pred: ArrayLike) -> tuple[float, float]:
    """Return how pure the predicted clusters are, and how whole the classes stay (Rosenberg and Hirschberg 2007).

    Args:
        labels_true: shape (n_samples,).
        labels_pred: shape (n_samples,), of the same points.

    Returns:
        Homogeneity and completeness, each from 0 to 1; 1 where there is nothing to divide.

    Raises:
        ValueError: as ``adjusted_rand_index``.
    """
    table = _contingency(labels_true, labels_pred)
    left_of_true = _remaining_entropy(table.counts, table.sizes_b[table.of_b])
    left_of_pred = _remaining_entropy(table.counts, table.sizes_a[table.of_a])
    homogeneity = 1.0 - left_of_true / _entropy(table.sizes_a) if len(table.sizes_a) > 1 else 1.0
    completeness = 1.0 - left_of_pred / _entropy(table.sizes_b) if len(table.sizes_b) > 1 else 1.0
    return max(0.0, homogeneity), max(0.0, completeness)


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
    if not labelings:
        raise ValueError("there should be at least one labelling to choose from")
    scores = {k: silhouette_score(X, labels) for k, labels in labelings.items()}
    best = min(scores, key=lambda k: (-scores[k], k))
    return best, scores


def stability(labelings: Sequence[ArrayLike]) -> float:
    """Return the mean adjusted Rand index over all pairs of labelings.

    Args:
        labelings: at least two, each of shape (n_samples,), of the same points.

    Raises:
        ValueError: fewer than two labelings, or as ``adjusted_rand_index``.
    """
    if len(labelings) < 2:
        raise ValueError(f"stability needs at least two labelings, but there are {len(labelings)}")
    return float(np.mean([adjusted_rand_index(a, b) for a, b in combinations(labelings, 2)]))


@dataclass(frozen=True)
class _Clusters:
    """A labelling without its labels."""

    codes: Ints  # (n_samples,): the cluster of each point, from 0 to k - 1
    sizes: Ints  # (k,): points in each cluster, none empty


@dataclass(frozen=True)
class _Contingency:
    """The cells that are not empty of the table of two labelings."""

    n: int
    counts: Ints  # (n_cells,): points in each cell
    of_a: Ints  # (n_cells,): the cell's cluster in the first labelling
    of_b: Ints  # (n_cells,): and in the second
    sizes_a: Ints  # (k_a,)
    sizes_b: Ints  # (k_b,)


def _clusters(labels: ArrayLike) -> _Clusters:
    names = np.asarray(labels)
    if names.ndim != 1:
        raise ValueError(f"labels should have one axis, but have shape {names.shape}")
    if len(names) == 0:
        raise ValueError("there should be at least one point")
    if names.dtype.kind == "f" and np.any(np.isnan(names)):
        raise ValueError("labels should not hold NaN")
    _, codes, sizes = np.unique(names, return_inverse=True, return_counts=True)
    return _Clusters(codes, sizes)


def _points(X: ArrayLike, labels: ArrayLike) -> tuple[Floats, _Clusters]:
    """Return the points, moved so that their mean is near the origin, and their clusters."""
    rows, clusters = np.asarray(X, dtype=np.float64), _clusters(labels)
    if rows.ndim != 2:
        raise ValueError(f"X should have two axes, but has shape {rows.shape}")
    if 0 in rows.shape:
        raise ValueError(f"X should have at least one row and one column, but has shape {rows.shape}")
    if len(rows) != len(clusters.codes):
        raise ValueError(f"X and labels should be of one length, but have {len(rows)} and {len(clusters.codes)} rows")
    if not np.all(np.isfinite(rows)):
        raise ValueError("X should hold finite numbers only, but has NaN or infinite ones")
    return rows - rows.mean(axis=0), clusters


def _check_several(clusters: _Clusters) -> None:
    n, k = len(clusters.codes), len(clusters.sizes)
    if not 1 < k < n:
        raise ValueError(f"there should be at least 2 clusters, and fewer than points, but there are {k} of {n}")


def _blocks(n_rows: int) -> Iterator[slice]:
    step = max(1, _BLOCK // n_rows)
    return (slice(start, start + step) for start in range(0, n_rows, step))


def _distances(rows: Floats, others: Floats) -> Floats:
    """Return the table of distances, shape (n_rows, n_others)."""
    squared = np.zeros((len(rows), len(others)))
    for here, there in zip(rows.T, np.ascontiguousarray(others.T), strict=True):
        difference = here[:, None] - there
        difference *= difference
        squared += difference
    return np.sqrt(squared, out=squared)


def _silhouettes(sums: Floats, own: Ints, sizes: Ints) -> Floats:
    """Return silhouettes from the sums of distances to each cluster, shape (n_rows, k)."""
    places = np.arange(len(own))
    cohesion = sums[places, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[places, own] = np.inf
    separation = means.min(axis=1)
    larger = np.maximum(cohesion, separation)
    defined = (sizes[own] > 1) & (larger > 0)
    return np.where(defined, (separation - cohesion) / np.where(defined, larger, 1.0), 0.0)


def _centroids(rows: Floats, clusters: _Clusters) -> Floats:
    sums = [np.bincount(clusters.codes, weights=column) for column in rows.T]
    return np.column_stack(sums) / clusters.sizes[:, None]


def _contingency(labels_a: ArrayLike, labels_b: ArrayLike) -> _Contingency:
    a, b = _clusters(labels_a), _clusters(labels_b)
    if len(a.codes) != len(b.codes):
        raise ValueError(f"labelings should be of one length, but have {len(a.codes)} and {len(b.codes)} labels")
    cells, counts = np.unique(a.codes * len(b.sizes) + b.codes, return_counts=True)
    of_a, of_b = np.divmod(cells, len(b.sizes))
    return _Contingency(len(a.codes), counts, of_a, of_b, a.sizes, b.sizes)


def _pairs(counts: Ints) -> int:
    """Return the number of pairs within groups of these sizes, as a Python integer."""
    return int(np.sum(counts * (counts - 1)) // 2)


def _entropy(sizes: Ints) -> float:
    shares = sizes / sizes.sum()
    return float(-np.sum(shares * np.log(shares)))


def _remaining_entropy(counts: Ints, given: Ints) -> float:
    """Return the entropy that is left when the clusters are known that the cells lie in, of sizes ``given``."""
    return float(np.sum(counts / counts.sum() * np.log(given / counts)))
