"""Distances by |x|² - 2 x·y + |y|² on centred rows; pairs in which that cancels are computed again from differences.

Contingency tables by bincount.
"""

import math
from itertools import combinations

import numpy as np

ROWS = 256
CANCELLED = 1e-7


def _encode(labels):
    if isinstance(labels, (str, bytes)) or np.ndim(labels) != 1:
        raise ValueError("expected a one-dimensional sequence of labels")
    labels = np.asarray(labels)
    if len(labels) < 1:
        raise ValueError("expected at least one label")
    if labels.dtype.kind in "fc" and np.isnan(labels).any():
        raise ValueError("NaN is not a label")
    names = np.unique(labels)
    return np.searchsorted(names, labels), len(names)


def _load(X, labels):
    X = np.array(X, dtype=np.float64, order="C")
    if X.ndim != 2:
        raise ValueError("expected a two-dimensional X")
    if min(X.shape) < 1:
        raise ValueError("expected at least one row and one column")
    codes, k = _encode(labels)
    if X.shape[0] != codes.shape[0]:
        raise ValueError("expected as many labels as rows")
    if not np.isfinite(X.sum()) and not np.isfinite(X).all():
        raise ValueError("expected finite coordinates")
    X -= X.mean(axis=0)
    return X, codes, k


def _require_ratio(n, k):
    if k == 1:
        raise ValueError("expected more than one cluster")
    if k == n:
        raise ValueError("expected fewer clusters than points")


def _block_distances(A, B):
    a, b = (A * A).sum(axis=1)[:, None], (B * B).sum(axis=1)
    squared = a + b
    doubtful = squared * CANCELLED
    squared -= 2 * (A @ B.T)
    i, j = np.nonzero(squared < doubtful)
    squared[i, j] = ((A[i] - B[j]) ** 2).sum(axis=1)
    return np.sqrt(squared)


def silhouette_samples(X, labels):
    X, codes, k = _load(X, labels)
    n = len(X)
    _require_ratio(n, k)
    sizes = np.bincount(codes, minlength=k)
    indicator = np.zeros((n, k))
    indicator[np.arange(n), codes] = 1
    out = []
    for start in range(0, n, ROWS):
        own = codes[start : start + ROWS]
        sums = _block_distances(X[start : start + ROWS], X) @ indicator
        place = (np.arange(len(own)), own)
        a = sums[place] / np.where(sizes[own] > 1, sizes[own] - 1, 1)
        sums /= sizes
        sums[place] = math.inf
        b = sums.min(axis=1)
        scale = np.maximum(a, b)
        scale[scale == 0] = 1
        out.append(np.where(sizes[own] > 1, (b - a) / scale, 0))
    return np.concatenate(out)


def silhouette_score(X, labels):
    return float(np.average(silhouette_samples(X, labels)))


def _centres(X, codes, k):
    sums = np.stack([np.bincount(codes, X[:, j], k) for j in range(X.shape[1])], axis=1)
    return sums / np.bincount(codes, minlength=k)[:, None]


def davies_bouldin_score(X, labels):
    X, codes, k = _load(X, labels)
    _require_ratio(len(X), k)
    centres = _centres(X, codes, k)
    scatter = np.bincount(codes, np.linalg.norm(X - centres[codes], axis=1), k) / np.bincount(codes, minlength=k)
    total = 0.0
    for i in range(k):
        total += max(
            (scatter[i] + scatter[j]) / math.dist(centres[i].tolist(), centres[j].tolist())
            for j in range(k)
            if j != i
        )
    return total / k


def calinski_harabasz_score(X, labels):
    X, codes, k = _load(X, labels)
    n = len(X)
    _require_ratio(n, k)
    total, within = np.vdot(X, X), inertia(X, codes)
    centres = _centres(X, codes, k)
    between = np.bincount(codes, minlength=k) @ (centres * centres).sum(axis=1)
    return min(between, total) * (n - k) / ((k - 1) * within)


def inertia(X, labels):
    X, codes, k = _load(X, labels)
    rest = X - _centres(X, codes, k)[codes]
    return float(np.vdot(rest, rest))


def _crosstab(labels_a, labels_b):
    (a, k), (b, m) = _encode(labels_a), _encode(labels_b)
    if a.shape != b.shape:
        raise ValueError("expected labelings of the same points")
    return np.bincount(a * m + b, minlength=k * m).reshape(k, m)


def adjusted_rand_index(labels_a, labels_b):
    table = _crosstab(labels_a, labels_b)
    n = int(table.sum())
    both, first, second = (
        sum(math.comb(c, 2) for c in counts.ravel().tolist())
        for counts in (table, table.sum(axis=1), table.sum(axis=0))
    )
    numerator = 2 * (both * math.comb(n, 2) - first * second)
    denominator = (first + second) * math.comb(n, 2) - 2 * first * second
    return numerator / denominator if denominator else 1.0


def _information(labels_a, labels_b):
    """I, H(a) and H(b), from logarithms of ratios."""
    table = _crosstab(labels_a, labels_b) / len(labels_a)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    i, j = np.nonzero(table)
    cells = table[i, j]
    shared = math.fsum(cells * np.log(cells / (rows[i] * columns[j])))
    return shared, -math.fsum(rows * np.log(rows)), -math.fsum(columns * np.log(columns)), table.shape


def normalized_mutual_information(labels_a, labels_b):
    shared, h_a, h_b, shape = _information(labels_a, labels_b)
    if shape == (1, 1):
        return 1.0
    if 1 in shape:
        return 0.0
    return min(1.0, max(0.0, shared / (h_a / 2 + h_b / 2)))


def homogeneity_completeness(labels_true, labels_pred):
    shared, h_true, h_pred, (classes, clusters) = _information(labels_true, labels_pred)
    return (shared / h_true if classes > 1 else 1.0), (shared / h_pred if clusters > 1 else 1.0)


def choose_n_clusters(X, labelings):
    scores = {}
    best = None
    for k, labels in labelings.items():
        scores[k] = silhouette_score(X, labels)
        if best is None or scores[k] > scores[best] or (scores[k] == scores[best] and k < best):
            best = k
    if best is None:
        raise ValueError("expected at least one labelling")
    return best, scores


def stability(labelings):
    indices = [adjusted_rand_index(a, b) for a, b in combinations(labelings, 2)]
    if not indices:
        raise ValueError("expected at least two labelings")
    return math.fsum(indices) / len(indices)
