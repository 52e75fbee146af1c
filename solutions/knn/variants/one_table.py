"""The table of all coordinate differences at once: short, right, and too large for many rows.

Loses: speed
"""

import numpy as np


def _table(X, metric):
    X = np.array(X, dtype=float)
    if X.ndim != 2:
        raise ValueError("X should be two-dimensional")
    if metric != "nan_euclidean" and np.isnan(X).any():
        raise ValueError("X should not hold NaN")
    if metric == "cosine":
        if (X == 0).all(axis=1).any():
            raise ValueError("X should not hold a row of zeros")
        X /= np.linalg.norm(X, axis=1, keepdims=True)
    return X


class KNNClassifier:
    def __init__(self, n_neighbors=5, *, weights="uniform", metric="euclidean"):
        self.n_neighbors, self.weights, self.metric = n_neighbors, weights, metric
        self.classes_ = None

    def fit(self, X, y):
        X, y = _table(X, self.metric), np.array(y)
        if y.shape != X.shape[:1] or y.size == 0:
            raise ValueError("X and y should have the same number of rows, at least one")
        self.X, self.y, self.classes_ = X, y, np.unique(y)
        return self

    def partial_fit(self, X, y):
        if self.classes_ is None:
            return self.fit(X, y)
        X, y = _table(X, self.metric), np.array(y)
        if y.shape != X.shape[:1] or X.shape[1] != self.X.shape[1]:
            raise ValueError("the batch does not match")
        return self._keep(np.concatenate([self.X, X]), np.concatenate([self.y, y]))

    def _keep(self, X, y):
        self.X, self.y, self.classes_ = X, y, np.unique(y)
        return self

    def kneighbors(self, X, n_neighbors=None):
        k = n_neighbors if n_neighbors is not None else self.n_neighbors
        if self.classes_ is None or k < 1 or k > len(self.X):
            raise ValueError("not fitted, or an impossible number of neighbours")
        X = _table(X, self.metric)
        if X.shape[1] != self.X.shape[1]:
            raise ValueError("the columns do not match")
        gaps = X[:, np.newaxis] - self.X
        if self.metric == "manhattan":
            distances = np.abs(gaps).sum(axis=-1)
        elif self.metric == "nan_euclidean":
            with np.errstate(invalid="ignore"):
                mean = np.nansum(gaps**2, axis=-1) / (~np.isnan(gaps)).sum(axis=-1)
            distances = np.sqrt(mean * X.shape[1])
        elif self.metric == "cosine":
            distances = (gaps**2).sum(axis=-1) / 2
        elif self.metric == "euclidean":
            distances = np.sqrt((gaps**2).sum(axis=-1))
        else:
            raise ValueError("unknown metric")
        indices = distances.argsort(axis=1, kind="stable")[:, :k]
        return np.take_along_axis(distances, indices, axis=1), indices

    def predict_proba(self, X):
        distances, indices = self.kneighbors(X)
        votes = {"uniform": np.ones_like, "distance": _inverse}.get(self.weights)
        if votes is None:
            raise ValueError("unknown weights")
        weights = np.where(np.isnan(distances), 0, votes(distances))
        one_hot = self.y[indices][..., None] == self.classes_
        sums = (weights[..., None] * one_hot).sum(axis=1)
        sums[~sums.any(axis=1)] = 1
        return sums / sums.sum(axis=1, keepdims=True)

    def predict(self, X):
        shares = self.predict_proba(X)
        return self.classes_[shares.argmax(axis=1)]


def _inverse(distances):
    exact = distances == 0
    return np.where(exact.any(axis=1, keepdims=True), exact, 1 / np.where(exact, 1, distances))


def select_n_neighbors(X, y, candidates, *, n_folds=5, random_state=None):
    X, y = _table(X, "euclidean"), np.array(y)
    if not candidates or n_folds < 2 or n_folds > len(X):
        raise ValueError("an impossible choice")
    order = np.random.default_rng(random_state).permutation(len(X))
    means = []
    for k in candidates:
        hits = []
        for held in np.array_split(order, n_folds):
            rest = np.setdiff1d(order, held)
            hits.append(np.mean(KNNClassifier(k).fit(X[rest], y[rest]).predict(X[held]) == y[held]))
        means.append(np.mean(hits))
    return min((-round(mean, 12), k) for mean, k in zip(means, candidates, strict=True))[1], np.array(means)
