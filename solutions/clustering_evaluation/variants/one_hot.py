"""Everything as products with membership matrices of zeros and ones; one full table of distances."""

import numpy as np


def _membership(labels):
    labels = np.array(labels)
    if labels.ndim != 1:
        raise ValueError(f"labels need one axis, not {labels.ndim}")
    if labels.size == 0:
        raise ValueError("no points given")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError("labels contain NaN")
    return (labels[:, None] == np.unique(labels)).astype(np.float64)


def _prepared(X, labels, need_several=True):
    X = np.array(X, dtype=np.float64)
    Z = _membership(labels)
    if X.ndim != 2 or X.shape[0] != Z.shape[0] or X.shape[1] == 0:
        raise ValueError(f"shapes {X.shape} and ({Z.shape[0]},) do not fit")
    if not np.isfinite(X).all():
        raise ValueError("X contains NaN or infinity")
    n, k = Z.shape
    if need_several and not 2 <= k <= n - 1:
        raise ValueError(f"{k} clusters of {n} points")
    return X - X.mean(axis=0), Z


def _distances(A, B):
    D = np.zeros((len(A), len(B)))
    scratch = np.empty_like(D)
    for a, b in zip(A.T, B.T, strict=True):
        np.subtract.outer(a, b, out=scratch)
        np.multiply(scratch, scratch, out=scratch)
        D += scratch
    return np.sqrt(D, out=D)


def silhouette_samples(X, labels):
    X, Z = _prepared(X, labels)
    sizes = Z.sum(axis=0)
    totals = _distances(X, X) @ Z
    own = Z > 0
    own_size = Z @ sizes
    a = totals[own] / np.maximum(own_size - 1, 1)
    b = np.where(own, np.inf, totals / sizes).min(axis=1)
    largest = np.maximum(a, b)
    s = np.divide(b - a, largest, out=np.zeros_like(a), where=largest > 0)
    s[own_size == 1] = 0
    return s


def silhouette_score(X, labels):
    return silhouette_samples(X, labels).mean()


def _centroids(X, Z):
    return (Z.T @ X) / Z.sum(axis=0)[:, None]


def davies_bouldin_score(X, labels):
    X, Z = _prepared(X, labels)
    C = _centroids(X, Z)
    S = Z.T @ np.linalg.norm(X - Z @ C, axis=1) / Z.sum(axis=0)
    M = _distances(C, C) + np.diag(np.full(len(C), np.inf))
    return ((S[:, None] + S[None, :]) / M).max(axis=1).mean()


def calinski_harabasz_score(X, labels):
    X, Z = _prepared(X, labels)
    n, k = Z.shape
    fitted = Z @ _centroids(X, Z)
    return (np.square(fitted).sum() / (k - 1)) / (np.square(X - fitted).sum() / (n - k))


def inertia(X, labels):
    X, Z = _prepared(X, labels, need_several=False)
    return np.square(X - Z @ _centroids(X, Z)).sum()


def _table(labels_a, labels_b):
    A, B = _membership(labels_a), _membership(labels_b)
    if len(A) != len(B):
        raise ValueError(f"{len(A)} labels and {len(B)} labels")
    return A.T @ B


def adjusted_rand_index(labels_a, labels_b):
    T = _table(labels_a, labels_b)
    n = T.sum()
    if T.shape == (1, 1) or T.shape == (n, n):
        return 1.0

    def pairs(counts):
        return (counts * (counts - 1)).sum() / 2

    both, a, b = pairs(T), pairs(T.sum(axis=1)), pairs(T.sum(axis=0))
    expected = a / (n * (n - 1) / 2) * b
    return (both - expected) / ((a + b) / 2 - expected)


def _entropy(p):
    p = p[p > 0]
    return -(p @ np.log(p))


def _entropies(labels_a, labels_b):
    P = _table(labels_a, labels_b)
    P /= P.sum()
    return _entropy(P.sum(axis=1)), _entropy(P.sum(axis=0)), _entropy(P.ravel()), P.shape


def normalized_mutual_information(labels_a, labels_b):
    ha, hb, hab, shape = _entropies(labels_a, labels_b)
    if shape == (1, 1):
        return 1.0
    return 2 * (ha + hb - hab) / (ha + hb)


def homogeneity_completeness(labels_true, labels_pred):
    ht, hp, joint, shape = _entropies(labels_true, labels_pred)
    shared = ht + hp - joint
    return (shared / ht if shape[0] > 1 else 1.0, shared / hp if shape[1] > 1 else 1.0)


def choose_n_clusters(X, labelings):
    if not labelings:
        raise ValueError("no labelings")
    keys = np.sort(np.array(list(labelings)))
    values = np.array([silhouette_score(X, labelings[key]) for key in keys])
    return keys[values.argmax()], dict(zip(keys, values, strict=True))


def stability(labelings):
    m = len(labelings)
    if m < 2:
        raise ValueError("fewer than two labelings")
    rows, columns = np.triu_indices(m, 1)
    return np.mean([adjusted_rand_index(labelings[i], labelings[j]) for i, j in zip(rows, columns, strict=True)])
