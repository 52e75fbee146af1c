"""Training rows stream by in blocks; every query keeps the best k seen so far, merged with each new block.

Metrics are objects with one method. Complex numbers serve as sort keys: distance first, row number second.
"""

import numpy as np


class Euclidean:
    accepts_nan = False

    def prepare(self, X):
        return X

    def between(self, Q, X):
        return np.sqrt(self.total(Q, X, lambda gap: gap * gap))

    @staticmethod
    def total(Q, X, function):
        result = np.zeros((Q.shape[0], X.shape[0]))
        for j in range(Q.shape[1]):
            result += function(np.subtract.outer(Q[:, j], X[:, j]))
        return result


class Manhattan(Euclidean):
    def between(self, Q, X):
        return self.total(Q, X, np.abs)


class Cosine(Euclidean):
    def prepare(self, X):
        lengths = np.hypot.reduce(X, axis=1, initial=0.0)
        if np.any(lengths == 0):
            raise ValueError("cosine distance needs rows that are not zero")
        return X / lengths[:, None]

    def between(self, Q, X):
        return np.maximum(1 - Q @ X.T, 0)


class NanEuclidean(Euclidean):
    accepts_nan = True

    def between(self, Q, X):
        squares = self.total(Q, X, lambda gap: np.nan_to_num(gap * gap, nan=0.0))
        shared = self.total(Q, X, lambda gap: ~np.isnan(gap))
        return np.sqrt(squares * np.where(shared, Q.shape[1] / np.maximum(shared, 1), np.nan))


METRICS = {"euclidean": Euclidean, "manhattan": Manhattan, "cosine": Cosine, "nan_euclidean": NanEuclidean}


class KNNClassifier:
    def __init__(self, n_neighbors=5, *, weights="uniform", metric="euclidean"):
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.metric = metric
        self._fitted = False

    def fit(self, X, y):
        self._fitted = False
        return self.partial_fit(X, y)

    def partial_fit(self, X, y):
        X, y = self._read(X), np.asarray(y)
        if y.ndim != 1 or y.size != X.shape[0]:
            raise ValueError("y should hold one label for each row of X")
        if not y.size:
            raise ValueError("no rows")
        if self._fitted and X.shape[1] != self._X.shape[1]:
            raise ValueError("the columns differ from those seen before")
        self._X = np.concatenate((self._X, X)) if self._fitted else X
        self._y = np.concatenate((self._y, y)) if self._fitted else y.copy()
        self._fitted = True
        self.classes_ = np.unique(self._y)
        return self

    def _read(self, X):
        if self.metric not in METRICS or self.weights not in ("uniform", "distance") or self.n_neighbors < 1:
            raise ValueError("the settings of this model are impossible")
        X = np.asarray(X, dtype=float)
        if X.ndim != 2:
            raise ValueError("X should have two axes")
        metric = METRICS[self.metric]()
        if np.isnan(X).any() and not metric.accepts_nan:
            raise ValueError("X holds NaN")
        return np.array(metric.prepare(X))

    def kneighbors(self, X, n_neighbors=None):
        if not self._fitted:
            raise ValueError("not fitted")
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        if k <= 0 or k > len(self._X):
            raise ValueError("there are not as many neighbours")
        Q = self._read(X)
        if Q.shape[1] != self._X.shape[1]:
            raise ValueError("the columns differ from those of the training rows")
        best = np.empty((len(Q), 0), dtype=complex)
        step = max(k, min(2000, 1 + 1_000_000 // max(1, len(Q))))
        for start in range(0, len(self._X), step):
            distances = METRICS[self.metric]().between(Q, self._X[start : start + step])
            keys = np.where(np.isnan(distances), np.inf, distances) + 1j * np.arange(
                start, start + distances.shape[1]
            )
            keys.real[np.isnan(distances)] = np.inf
            if keys.shape[1] > k:
                keys = np.partition(keys, k - 1, axis=1)[:, :k]
            best = np.sort(np.concatenate([best, keys], axis=1), axis=1)[:, :k]
        return np.where(np.isinf(best.real), np.nan, best.real), best.imag.astype(int)

    def predict_proba(self, X):
        distances, indices = self.kneighbors(X)
        known = ~np.isnan(distances)
        votes = known.astype(float)
        if self.weights == "distance":
            exact = distances == 0
            decided = exact.any(axis=1, keepdims=True)
            safe = np.where(known & ~exact, distances, 1.0)
            votes = np.where(decided, exact, known / safe)
        labels = self._y[indices]
        table = np.stack([(votes * (labels == label)).sum(axis=1) for label in self.classes_], axis=1)
        table = np.where(table.any(axis=1, keepdims=True), table, 1.0)
        return table / table.sum(axis=1, keepdims=True)

    def predict(self, X):
        winners = self.predict_proba(X).argmax(1)
        return self.classes_.take(winners)


def select_n_neighbors(X, y, candidates, *, n_folds=5, random_state=None):
    X, y = np.array(X, dtype=float), np.array(y)
    if len(list(candidates)) == 0:
        raise ValueError("no candidates")
    if not 2 <= n_folds <= len(X):
        raise ValueError("an impossible number of folds")
    place = np.random.Generator(np.random.PCG64(random_state)).permutation(len(X))
    scores = np.zeros(len(candidates))
    for fold in range(n_folds):
        held = place % n_folds == fold
        for j, k in enumerate(candidates):
            model = KNNClassifier(k).fit(X[~held], y[~held])
            scores[j] += np.mean(model.predict(X[held]) == y[held]) / n_folds
    close = scores > scores.max() - 1e-9
    return int(np.asarray(candidates)[close].min()), scores
