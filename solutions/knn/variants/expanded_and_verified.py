"""The identity ‖q‖² − 2qx + ‖x‖² as a filter: its error is bounded, and what it cannot decide is computed exactly.

A matrix product proposes a few more candidates than are needed. Their distances are computed from coordinate
differences. Where the bound does not prove that every other row is farther, the whole row of distances is.
"""

import numpy as np


def exact(Q, X, power):
    total = np.zeros((len(Q), len(X)))
    for j in range(X.shape[1]):
        gap = np.abs(Q[:, j, None] - X[:, j])
        total += gap if power == 1 else gap * gap
    return total


def first(table, indices, k):
    """Order candidates by distance, then index; keep k."""
    order = np.lexsort((indices, table), axis=1)[:, :k]
    return np.take_along_axis(table, order, 1), np.take_along_axis(indices, order, 1)


def squared_neighbours(Q, X, k):
    n, p = X.shape
    spare = k + 8
    indices = np.broadcast_to(np.arange(n), (len(Q), n))
    if spare >= n:
        return first(exact(Q, X, 2), indices, k)
    centre = X.mean(axis=0)
    Qc, Xc = Q - centre, X - centre
    q2, x2 = np.einsum("ij,ij->i", Qc, Qc), np.einsum("ij,ij->i", Xc, Xc)
    rough = q2[:, None] + x2 - 2 * (Qc @ Xc.T)
    error = 8 * (p + 4) * 2.2e-16 * (q2 + x2.max() + np.abs(centre) @ np.abs(centre) * 2.2e-16 + 1e-300)
    kept = np.argpartition(rough, spare, axis=1)
    border = np.take_along_axis(rough, kept[:, spare : spare + 1], 1)[:, 0]
    kept = kept[:, :spare]
    gaps = Q[:, None, :] - X[kept]
    distances, chosen = first(np.einsum("mkp,mkp->mk", gaps, gaps), kept, k)
    drift = (
        8 * 2.2e-16 * (np.abs(centre).sum() + np.abs(X).sum(axis=1).max()) * np.sqrt(np.maximum(border, 0) + error)
    )
    doubtful = np.flatnonzero(~(distances[:, -1] < border - 2 * error - drift))
    for part in np.array_split(doubtful, 1 + len(doubtful) * n // 500_000):
        distances[part], chosen[part] = first(exact(Q[part], X, 2), indices[: len(part)], k)
    return distances, chosen


class KNNClassifier:
    def __init__(self, n_neighbors=5, *, weights="uniform", metric="euclidean"):
        if n_neighbors < 1:
            raise ValueError("n_neighbors < 1")
        if weights not in {"uniform", "distance"} or metric not in {
            "euclidean",
            "manhattan",
            "cosine",
            "nan_euclidean",
        }:
            raise ValueError("unknown setting")
        self.n_neighbors, self.weights, self.metric = n_neighbors, weights, metric
        self.rows = None

    def read(self, X):
        X = np.array(X, dtype=np.float64)
        if X.ndim != 2 or len(X) == 0:
            raise ValueError("X should be a table with rows")
        if self.rows is not None and X.shape[1] != self.rows.shape[1]:
            raise ValueError("other columns than before")
        if np.isnan(X).any() and self.metric != "nan_euclidean":
            raise ValueError("NaN")
        if self.metric == "cosine":
            norm = np.linalg.norm(X, axis=1, keepdims=True)
            if not norm.all():
                raise ValueError("no direction")
            X /= norm
        return X

    def fit(self, X, y):
        self.rows = None
        return self.partial_fit(X, y)

    def partial_fit(self, X, y):
        X, y = self.read(X), np.array(y)
        if y.shape != (len(X),):
            raise ValueError("y does not fit X")
        if self.rows is None:
            self.rows, self.labels = X, y
        else:
            self.rows, self.labels = np.append(self.rows, X, axis=0), np.append(self.labels, y)
        self.classes_, self.codes = np.unique(self.labels, return_inverse=True)
        return self

    def kneighbors(self, X, n_neighbors=None):
        if self.rows is None:
            raise ValueError("call fit first")
        Q, k = self.read(X), self.n_neighbors if n_neighbors is None else n_neighbors
        if k < 1 or k > len(self.rows):
            raise ValueError("as many neighbours are not there")
        step = max(1, 400_000 // len(self.rows))
        parts = [self.block(Q[i : i + step], k) for i in range(0, len(Q), step)]
        return np.concatenate([d for d, _ in parts]), np.concatenate([i for _, i in parts])

    def block(self, Q, k):
        indices = np.broadcast_to(np.arange(len(self.rows)), (len(Q), len(self.rows)))
        if self.metric == "manhattan":
            return first(exact(Q, self.rows, 1), indices, k)
        if self.metric == "nan_euclidean":
            known_q, known_x = ~np.isnan(Q), ~np.isnan(self.rows)
            shared = known_q.astype(float) @ known_x.astype(float).T
            total = np.zeros_like(shared)
            for j in range(Q.shape[1]):
                gap = Q[:, j, None] - self.rows[:, j]
                total += np.where(np.isnan(gap), 0, gap) ** 2
            with np.errstate(invalid="ignore"):
                table = np.sqrt(total * Q.shape[1] / shared)
            return first(table, indices, k)
        squares, found = squared_neighbours(Q, self.rows, k)
        return (squares / 2 if self.metric == "cosine" else np.sqrt(squares)), found

    def predict_proba(self, X):
        d, i = self.kneighbors(X)
        if self.weights == "uniform":
            w = np.where(np.isnan(d), 0.0, 1.0)
        else:
            zero = d == 0
            w = np.divide(1.0, d, out=np.zeros_like(d), where=~(zero | np.isnan(d)))
            w[zero.any(axis=1)] = 0
            w[zero] = 1
        proba = np.zeros((len(d), len(self.classes_)))
        np.add.at(proba, (np.arange(len(d))[:, None], self.codes[i]), w)
        proba[proba.sum(axis=1) == 0] = 1
        return proba / proba.sum(axis=1)[:, None]

    def predict(self, X):
        proba = self.predict_proba(X)
        return self.classes_[np.argmax(proba, axis=1)]


def select_n_neighbors(X, y, candidates, *, n_folds=5, random_state=None):
    X, y, candidates = np.asarray(X), np.asarray(y), list(candidates)
    if not candidates:
        raise ValueError("no candidates")
    if not 2 <= n_folds <= len(y):
        raise ValueError("n_folds")
    folds = np.array_split(np.random.RandomState(random_state).permutation(len(y)), n_folds)
    result = []
    for k in candidates:
        right = []
        for i, held in enumerate(folds):
            rest = np.concatenate(folds[:i] + folds[i + 1 :])
            right.append(np.mean(KNNClassifier(k).fit(X[rest], y[rest]).predict(X[held]) == y[held]))
        result.append(float(np.mean(right)))
    top = max(result)
    return min(k for k, r in zip(candidates, result, strict=True) if r >= top - 1e-12), result
