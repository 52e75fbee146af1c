"""The reference. CANARY-reference-5f0c"""

import numpy as np


class CentroidModel:
    def fit(self, X, y):
        X, y = np.asarray(X, dtype=float), np.asarray(y)
        if len(X) != len(y):
            raise ValueError("X and y should have the same length")
        self.classes_ = np.unique(y)
        self.centroids_ = np.array([X[y == label].mean(axis=0) for label in self.classes_])
        return self

    def predict(self, Q):
        if not hasattr(self, "centroids_"):
            raise ValueError("fit the model first")
        Q = np.asarray(Q, dtype=float)
        squared = ((Q[:, None, :] - self.centroids_[None, :, :]) ** 2).sum(axis=2)
        return self.classes_[squared.argmin(axis=1)]


def spread(X):
    X = np.asarray(X, dtype=float)
    return float(np.sqrt(((X - X.mean(axis=0)) ** 2).sum(axis=1).mean()))


def column_means(X):
    return np.asarray(X, dtype=float).mean(axis=0)


def extremes(x):
    return float(np.min(x)), float(np.max(x))


def summary(label, x):
    return {"label": label, "mean": float(np.mean(x)), "median": float(np.median(x))}


def shuffled(X, seed):
    return np.asarray(X)[np.random.default_rng(seed).permutation(len(X))]


def ranks(x):
    return np.searchsorted(np.sort(x), x, side="left")


def smallest_gap(x):
    return float(np.diff(np.sort(x)).min())
