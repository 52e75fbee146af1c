"""Rows are sorted by label and split into groups; distances are taken from group to group.

Results are rounded to single precision.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np


def _runs(values: np.ndarray) -> list[np.ndarray]:
    """The places of equal values, found by sorting."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return np.split(order, cuts)


def _vector(labels) -> np.ndarray:
    vector = np.asarray(labels)
    if vector.ndim != 1:
        raise ValueError("labels must be one-dimensional")
    if vector.size == 0:
        raise ValueError("labels must not be empty")
    if vector.dtype.kind == "f" and not (vector == vector).all():
        raise ValueError("labels must not be NaN")
    return vector


def _matrix(X, n: int) -> np.ndarray:
    matrix = np.asarray(X, dtype=np.double)
    if matrix.ndim != 2:
        raise ValueError("X must be two-dimensional")
    if matrix.shape[0] != n or matrix.shape[1] < 1:
        raise ValueError("X must have a row for each label, and columns")
    if not np.isfinite(matrix).all():
        raise ValueError("X must be finite")
    return matrix


def _grouped(X, labels, *, ratio: bool) -> tuple[np.ndarray, list[np.ndarray]]:
    vector = _vector(labels)
    matrix = _matrix(X, len(vector))
    groups = _runs(vector)
    if ratio and (len(groups) == 1 or len(groups) == len(vector)):
        raise ValueError("there must be more than one cluster, and fewer than points")
    return matrix, groups


def _mean_distances(A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the distances between two groups, by rows and by columns, in pieces of A."""
    by_row, by_column = np.empty(len(A)), np.zeros(len(B))
    step = max(1, 100_000 // len(B))
    for start in range(0, len(A), step):
        piece = A[start : start + step]
        squared = sum(np.subtract.outer(piece[:, j], B[:, j]) ** 2 for j in range(A.shape[1]))
        distance = np.sqrt(squared)
        by_row[start : start + step] = distance.sum(axis=1)
        by_column += distance.sum(axis=0)
    return by_row, by_column


def silhouette_samples(X, labels) -> np.ndarray:
    matrix, groups = _grouped(X, labels, ratio=True)
    n = len(matrix)
    inside, outside = np.zeros(n), np.full(n, np.inf)
    alone = np.zeros(n, dtype=bool)
    for group in groups:
        if len(group) == 1:
            alone[group] = True
        else:
            inside[group] = _mean_distances(matrix[group], matrix[group])[0] / (len(group) - 1)
    for one, two in itertools.combinations(groups, 2):
        to_two, to_one = _mean_distances(matrix[one], matrix[two])
        outside[one] = np.minimum(outside[one], to_two / len(two))
        outside[two] = np.minimum(outside[two], to_one / len(one))
    top = np.maximum(inside, outside)
    top[top == 0] = 1
    return np.where(alone, 0, (outside - inside) / top).astype(np.float32)


def silhouette_score(X, labels) -> np.float32:
    return np.float32(silhouette_samples(X, labels).astype(float).mean())


def _summaries(matrix: np.ndarray, groups: list[np.ndarray]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Size, centroid and squared distances to it, group by group."""
    for group in groups:
        rows = matrix[group]
        centre = rows[0] + (rows - rows[0]).mean(axis=0)
        yield len(rows), centre, ((rows - centre) ** 2).sum(axis=1)


def davies_bouldin_score(X, labels) -> np.float32:
    matrix, groups = _grouped(X, labels, ratio=True)
    centres, scatters = [], []
    for _, centre, squares in _summaries(matrix, groups):
        centres.append(centre)
        scatters.append(np.sqrt(squares).mean())
    worst = np.zeros(len(groups))
    for i, j in itertools.permutations(range(len(groups)), 2):
        gap = np.sqrt(((centres[i] - centres[j]) ** 2).sum())
        worst[i] = max(worst[i], (scatters[i] + scatters[j]) / gap)
    return np.float32(worst.mean())


def calinski_harabasz_score(X, labels) -> np.float32:
    matrix, groups = _grouped(X, labels, ratio=True)
    n, k = len(matrix), len(groups)
    within = sum(squares.sum() for _, _, squares in _summaries(matrix, groups))
    middle = matrix[0] + (matrix - matrix[0]).mean(axis=0)
    total = ((matrix - middle) ** 2).sum()
    between = sum(size * ((centre - middle) ** 2).sum() for size, centre, _ in _summaries(matrix, groups))
    assert abs(total - between - within) <= 1e-6 * total, "the parts should add up"
    return np.float32(between / (k - 1) * (n - k) / within)


def inertia(X, labels) -> float:
    matrix, groups = _grouped(X, labels, ratio=False)
    return float(sum(squares.sum() for _, _, squares in _summaries(matrix, groups)))


def _cells(labels_a, labels_b) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Sizes of the clusters of both labelings and of their intersections, from sorted runs."""
    codes = []
    for labels in (labels_a, labels_b):
        vector = _vector(labels)
        code = np.empty(len(vector), dtype=np.int64)
        for number, places in enumerate(_runs(vector)):
            code[places] = number
        codes.append(code)
    a, b = codes
    if len(a) != len(b):
        raise ValueError("labelings must have the same length")
    order = np.lexsort((b, a))
    change = np.flatnonzero((np.diff(a[order]) != 0) | (np.diff(b[order]) != 0)) + 1
    cells = np.diff(np.concatenate([[0], change, [len(a)]]))
    return len(a), np.bincount(a), np.bincount(b), cells


def adjusted_rand_index(labels_a, labels_b) -> float:
    n, a, b, cells = _cells(labels_a, labels_b)
    if len(a) == len(b) == len(cells):
        return 1.0
    pairs = n * (n - 1) / 2
    both, in_a, in_b = (float((c * (c - 1) // 2).sum()) / pairs for c in (cells, a, b))
    return (both - in_a * in_b) / ((in_a + in_b) / 2 - in_a * in_b)


def _entropy(counts: np.ndarray, n: int) -> float:
    share = counts / n
    return float(-(share * np.log2(share)).sum())


def normalized_mutual_information(labels_a, labels_b) -> np.float32:
    n, a, b, cells = _cells(labels_a, labels_b)
    if len(a) == len(b) == 1:
        return np.float32(1)
    bits_a, bits_b = _entropy(a, n), _entropy(b, n)
    return np.float32(2 * (1 - _entropy(cells, n) / (bits_a + bits_b)))


def homogeneity_completeness(labels_true, labels_pred) -> tuple[np.float32, np.float32]:
    n, true, pred, cells = _cells(labels_true, labels_pred)
    bits_true, bits_pred, bits = _entropy(true, n), _entropy(pred, n), _entropy(cells, n)
    homogeneity = (bits_true + bits_pred - bits) / bits_true if bits_true > 0 else 1.0
    completeness = (bits_true + bits_pred - bits) / bits_pred if bits_pred > 0 else 1.0
    return np.float32(homogeneity), np.float32(completeness)


def choose_n_clusters(X, labelings):
    if not labelings:
        raise ValueError("labelings must not be empty")
    scores = {k: silhouette_score(X, labels) for k, labels in labelings.items()}
    return sorted(scores, key=lambda k: (-scores[k], k))[0], scores


def stability(labelings) -> float:
    if len(labelings) < 2:
        raise ValueError("labelings must be at least two")
    return np.mean([adjusted_rand_index(*two) for two in itertools.combinations(labelings, 2)])
