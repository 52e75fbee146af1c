"""Plain Python around one vectorised line: lists come back, labels are dict keys, votes are counted in dicts."""

import random
from collections import Counter, defaultdict

import numpy as np


class KNNClassifier:
    def __init__(self, n_neighbors=5, *, weights="uniform", metric="euclidean"):
        if int(n_neighbors) < 1:
            raise ValueError("k must be positive")
        if weights != "uniform" and weights != "distance":
            raise ValueError("weights must be 'uniform' or 'distance'")
        if metric not in ("euclidean", "manhattan", "cosine", "nan_euclidean"):
            raise ValueError("unknown metric")
        self.k = int(n_neighbors)
        self.by_distance = weights == "distance"
        self.metric = metric
        self.batches = []
        self.labels = []
        self.classes_ = []

    def _clean(self, X):
        table = np.asarray(X, dtype="float64")
        if len(table.shape) != 2:
            raise ValueError("a table is needed")
        missing = np.isnan(table)
        if missing.any() and self.metric != "nan_euclidean":
            raise ValueError("missing values are not supported by this metric")
        if self.metric == "cosine" and not (table != 0).any(axis=1).all():
            raise ValueError("the zero vector has no direction")
        return table

    def fit(self, X, y):
        self.batches, self.labels = [], []
        return self.partial_fit(X, y)

    def partial_fit(self, X, y):
        table = self._clean(X)
        labels = np.asarray(y)
        if labels.ndim != 1 or len(labels) != len(table) or not len(table):
            raise ValueError("one label for each row, and at least one row")
        if self.batches and self.batches[0].shape[1] != table.shape[1]:
            raise ValueError("the number of columns has changed")
        self.batches.append(table.copy())
        self.labels.extend(labels.tolist())
        self.classes_ = sorted(set(self.labels))
        return self

    def kneighbors(self, X, n_neighbors=None):
        if not self.batches:
            raise ValueError("fit me first")
        k = self.k if n_neighbors is None else int(n_neighbors)
        rows = np.concatenate(self.batches)
        if not 0 < k <= len(rows):
            raise ValueError("k is out of range")
        queries = self._clean(X)
        if queries.shape[1] != rows.shape[1]:
            raise ValueError("wrong number of columns")
        all_distances, all_indices = [], []
        for query in queries:
            d = self._distances_to(query, rows)
            order = np.argsort(d, kind="stable")[:k]
            all_indices.append(order.tolist())
            all_distances.append(d[order].tolist())
        return all_distances, all_indices

    def _distances_to(self, query, rows):
        if self.metric == "cosine":
            cosines = rows @ query / np.sqrt((rows**2).sum(axis=1) * (query @ query))
            return 1 - np.minimum(1, np.maximum(-1, cosines))
        gaps = np.abs(rows - query)
        if self.metric == "manhattan":
            return gaps.sum(axis=1)
        known = np.isfinite(gaps)
        share = known.mean(axis=1)
        share[share == 0] = np.nan
        return np.sqrt(np.where(known, gaps * gaps, 0).sum(axis=1) / share)

    def _ballot(self, distances, indices):
        votes = defaultdict(float)
        exact = [i for d, i in zip(distances, indices, strict=True) if d == 0]
        if self.by_distance and exact:
            return Counter(self.labels[i] for i in exact)
        for d, i in zip(distances, indices, strict=True):
            if d == d:
                votes[self.labels[i]] += 1 / d if self.by_distance else 1
        return votes or dict.fromkeys(self.classes_, 1)

    def predict_proba(self, X):
        result = []
        for distances, indices in zip(*self.kneighbors(X), strict=True):
            votes = self._ballot(distances, indices)
            total = sum(votes.values())
            result.append([votes.get(label, 0) / total for label in self.classes_])
        return result

    def predict(self, X):
        answers = []
        for shares in self.predict_proba(X):
            answers.append(self.classes_[shares.index(max(shares))])
        return answers


def select_n_neighbors(X, y, candidates, *, n_folds=5, random_state=None):
    X = np.asarray(X, dtype=float)
    y = np.asarray(y).tolist()
    if len(candidates) < 1 or n_folds < 2 or n_folds > len(y):
        raise ValueError("impossible choice")
    order = list(range(len(y)))
    random.Random(random_state).shuffle(order)
    means = []
    for k in candidates:
        accuracies = []
        for fold in range(n_folds):
            held = order[fold::n_folds]
            kept = sorted(set(order) - set(held))
            model = KNNClassifier(k).fit(X[kept], [y[i] for i in kept])
            guesses = model.predict(X[held])
            accuracies.append(sum(g == y[i] for g, i in zip(guesses, held, strict=True)) / len(held))
        means.append(sum(accuracies) / n_folds)
    best = max(range(len(means)), key=lambda j: (round(means[j], 12), -candidates[j]))
    return candidates[best], means
