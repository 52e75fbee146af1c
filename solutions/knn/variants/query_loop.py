"""One query after the other: whole-array distances, argpartition, and np.unique for the votes."""

import numpy as np


def _euclidean(q, X):
    return np.sqrt(np.sum(np.square(X - q), axis=1))


def _manhattan(q, X):
    return np.abs(X - q).sum(axis=1)


def _cosine(q, X):
    similarity = (X @ q) / (np.linalg.norm(X, axis=1) * np.linalg.norm(q))
    return np.clip(1.0 - similarity, 0.0, 2.0)


def _nan_euclidean(q, X):
    both = ~(np.isnan(X) | np.isnan(q))
    squares = np.where(both, X - q, 0.0) ** 2
    count = both.sum(axis=1)
    result = np.full(len(X), np.nan)
    some = count > 0
    result[some] = np.sqrt(X.shape[1] / count[some] * squares[some].sum(axis=1))
    return result


_DISTANCES = {
    "euclidean": _euclidean,
    "manhattan": _manhattan,
    "cosine": _cosine,
    "nan_euclidean": _nan_euclidean,
}


def _validate(X, y, metric):
    X = np.asarray(X, dtype=np.double)
    y = np.asarray(y)
    if X.ndim != 2 or y.ndim != 1:
        raise ValueError(f"X needs 2 axes and y 1, they have {X.ndim} and {y.ndim}")
    if X.shape[0] != y.shape[0]:
        raise ValueError(f"{X.shape[0]} rows but {y.shape[0]} labels")
    if X.shape[0] == 0:
        raise ValueError("no rows")
    _validate_values(X, metric)
    return X.copy(), y.copy()


def _validate_values(X, metric):
    if metric not in _DISTANCES:
        raise ValueError(f"unknown metric {metric}")
    if metric != "nan_euclidean" and np.any(np.isnan(X)):
        raise ValueError("X contains NaN")
    if metric == "cosine" and np.any(np.all(X == 0, axis=1)):
        raise ValueError("X contains a row of zeros")


class KNNClassifier:
    def __init__(self, n_neighbors=5, *, weights="uniform", metric="euclidean"):
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.metric = metric

    def fit(self, X, y):
        X, y = _validate(X, y, self.metric)
        if self.n_neighbors > len(X):
            raise ValueError("n_neighbors is larger than the number of rows")
        self._X, self._y = X, y
        self.classes_ = np.array(sorted(set(y.tolist())))
        return self

    def partial_fit(self, X, y):
        X, y = _validate(X, y, self.metric)
        if hasattr(self, "_X"):
            if X.shape[1] != self._X.shape[1]:
                raise ValueError("number of columns changed")
            X, y = np.r_[self._X, X], np.r_[self._y, y]
        self._X, self._y = X, y
        self.classes_ = np.array(sorted(set(y.tolist())))
        return self

    def kneighbors(self, X, n_neighbors=None):
        if not hasattr(self, "_X"):
            raise ValueError("this model is not fitted")
        if n_neighbors is None:
            n_neighbors = self.n_neighbors
        if n_neighbors < 1 or n_neighbors > self._X.shape[0]:
            raise ValueError(f"n_neighbors must be in 1..{self._X.shape[0]}")
        X = np.asarray(X, dtype=np.double)
        if X.ndim != 2 or X.shape[1] != self._X.shape[1]:
            raise ValueError("queries do not look like the training rows")
        _validate_values(X, self.metric)
        pairs = [self._nearest(q, n_neighbors) for q in X]
        return np.array([d for d, _ in pairs]), np.array([i for _, i in pairs])

    def _nearest(self, q, k):
        distances = _DISTANCES[self.metric](q, self._X)
        ranks = np.where(np.isnan(distances), np.inf, distances)
        kth = np.partition(ranks, k - 1)[k - 1]
        inside = np.flatnonzero(ranks <= kth)
        order = inside[np.argsort(ranks[inside], kind="mergesort")][:k]
        return distances[order], order

    def predict_proba(self, X):
        if self.weights not in ("uniform", "distance"):
            raise ValueError(f"unknown weights {self.weights}")
        distances, indices = self.kneighbors(X)
        result = np.zeros((len(distances), len(self.classes_)))
        for row, (d, i) in enumerate(zip(distances, indices, strict=True)):
            votes = self._votes(d)
            if votes.sum() == 0:
                result[row] = 1 / len(self.classes_)
                continue
            columns = np.searchsorted(self.classes_, self._y[i])
            result[row] = np.bincount(columns, votes, len(self.classes_)) / votes.sum()
        return result

    def _votes(self, d):
        if self.weights == "uniform":
            return (~np.isnan(d)).astype(float)
        if np.any(d == 0):
            return (d == 0).astype(float)
        return np.nan_to_num(1 / d, nan=0.0)

    def predict(self, X):
        shares = self.predict_proba(X)
        return self.classes_[np.argmax(shares, axis=1)]


def select_n_neighbors(X, y, candidates, *, n_folds=5, random_state=None):
    X, y = _validate(X, y, "euclidean")
    if not len(candidates):
        raise ValueError("no candidates")
    if n_folds < 2 or n_folds > len(X):
        raise ValueError("n_folds should be from 2 to n")
    # Folds with the classes balanced: rows sorted by class, shuffled within, dealt out one by one.
    rng = np.random.default_rng(random_state)
    shuffled = rng.permutation(len(X))
    by_class = shuffled[np.argsort(y[shuffled], kind="stable")]
    scores = {k: [] for k in candidates}
    for f in range(n_folds):
        test = by_class[f::n_folds]
        train = np.setdiff1d(by_class, test)
        for k in scores:
            predicted = KNNClassifier(n_neighbors=k).fit(X[train], y[train]).predict(X[test])
            scores[k].append(np.mean(predicted == y[test]))
    means = np.array([np.mean(scores[k]) for k in candidates])
    ranked = sorted(zip(np.round(-means, 10), candidates, strict=True))
    return ranked[0][1], means
