"""Exact k-nearest neighbours: distances from coordinate differences, a block of queries at a time."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BLOCK = 1 << 16  # distances worked on at a time: half a megabyte, so that they stay in the cache


class KNNClassifier:
    """Classifies a query by the votes of its k nearest training rows.

    Attributes:
        classes_: the distinct labels, sorted, shape (n_classes,).
    """

    def __init__(self, n_neighbors: int = 5, *, weights: str = "uniform", metric: str = "euclidean") -> None:
        if weights not in ("uniform", "distance"):
            raise ValueError(f"weights should be 'uniform' or 'distance', but is {weights!r}")
        if metric not in _METRICS:
            raise ValueError(f"metric should be one of {sorted(_METRICS)}, but is {metric!r}")
        self.n_neighbors = _positive(n_neighbors)
        self.weights = weights
        self.metric = metric
        self._rows: NDArray[np.float64] | None = None

    def fit(self, X: ArrayLike, y: ArrayLike) -> KNNClassifier:
        """Keep the training rows; see the brief."""
        rows, labels = self._training_data(X, y)
        return self._keep(rows, labels)

    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> KNNClassifier:
        """Add training rows behind those that are kept already; see the brief."""
        rows, labels = self._training_data(X, y)
        if self._rows is not None:
            _check_columns(rows, self._rows)
            rows, labels = np.concatenate([self._rows, rows]), np.concatenate([self._labels, labels])
        return self._keep(rows, labels)

    def kneighbors(self, X: ArrayLike, n_neighbors: int | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return distances, ascending, and row numbers of the nearest neighbours, both (m, k); see the brief."""
        if self._rows is None:
            raise ValueError("the model has seen no rows yet: call fit first")
        k = self.n_neighbors if n_neighbors is None else _positive(n_neighbors)
        if k > len(self._rows):
            raise ValueError(f"{k} neighbours were asked for, but there are {len(self._rows)} training rows")
        queries = _table(X, self.metric)
        _check_columns(queries, self._rows)
        distances = np.empty((len(queries), k))
        indices = np.empty((len(queries), k), dtype=np.intp)
        step = max(1, _BLOCK // len(self._rows))
        for start in range(0, len(queries), step):
            part = slice(start, start + step)
            block = _METRICS[self.metric](queries[part], self._rows)
            indices[part] = _smallest(block, k)
            distances[part] = np.take_along_axis(block, indices[part], axis=1)
        return distances, indices

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the share of the votes that each class gets, shape (m, n_classes); see the brief."""
        distances, indices = self.kneighbors(X)
        return _shares(self._codes[indices], _vote_weights(distances, self.weights), len(self.classes_))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class with most votes, the smaller one of equals, shape (m,); see the brief."""
        shares = self.predict_proba(X)
        return self.classes_[np.argmax(shares, axis=1)]

    def _training_data(self, X: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[Any]]:
        rows, labels = _table(X, self.metric), np.array(y)
        if labels.shape != (len(rows),):
            raise ValueError(f"y should have shape ({len(rows)},), one label a row of X, but has {labels.shape}")
        if len(rows) == 0:
            raise ValueError("X should have at least one row")
        return rows, labels

    def _keep(self, rows: NDArray[np.float64], labels: NDArray[Any]) -> KNNClassifier:
        self._rows, self._labels = rows, labels
        self.classes_, self._codes = np.unique(labels, return_inverse=True)
        return self


def select_n_neighbors(
    X: ArrayLike, y: ArrayLike, candidates: ArrayLike, *, n_folds: int = 5, random_state: int | None = None
) -> tuple[int, NDArray[np.float64]]:
    """Return the best number of neighbours and each candidate's mean validation accuracy; see the brief."""
    counts = [_positive(k) for k in candidates]
    if not counts:
        raise ValueError("candidates should hold at least one number of neighbours")
    rows, labels = KNNClassifier()._training_data(X, y)
    if not 2 <= n_folds <= len(rows):
        raise ValueError(f"n_folds should be from 2 to the number of rows, {len(rows)}, but is {n_folds}")
    order = np.random.default_rng(random_state).permutation(len(rows))
    accuracies = [_accuracies(rows, labels, held, counts) for held in np.array_split(order, n_folds)]
    means = np.mean(accuracies, axis=0)
    best = min(k for k, mean in zip(counts, means, strict=True) if mean > means.max() - 1e-9)
    return best, means


def _accuracies(rows: NDArray[Any], labels: NDArray[Any], held: NDArray[Any], counts: list[int]) -> list[float]:
    """Accuracy on the held-out rows for each number of neighbours; the neighbours are found once."""
    kept = np.delete(np.arange(len(rows)), held)
    model = KNNClassifier(max(counts))
    model.fit(rows[kept], labels[kept])
    _, indices = model.kneighbors(rows[held])
    codes = model._codes[indices]
    found = []
    for k in counts:
        shares = _shares(codes[:, :k], np.ones((len(held), k)), len(model.classes_))
        found.append(float(np.mean(model.classes_[shares.argmax(axis=1)] == labels[held])))
    return found


def _vote_weights(distances: NDArray[np.float64], weights: str) -> NDArray[np.float64]:
    """Votes of the neighbours: 0 where the distance is NaN; 1/d up to a factor a row, exact hits alone."""
    known = ~np.isnan(distances)
    if weights == "uniform":
        return known.astype(np.float64)
    nearest = distances[:, :1]  # they ascend, NaN last
    relative = nearest / np.where(known & (distances > 0), distances, np.inf)
    return np.where(nearest == 0, distances == 0, np.where(known, relative, 0.0))


def _shares(codes: NDArray[Any], votes: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    """Sum votes by class and divide by their sum; without any vote all classes get the same."""
    n_queries = len(codes)
    cells = codes + n_classes * np.arange(n_queries)[:, None]
    sums = np.bincount(cells.ravel(), votes.ravel(), n_queries * n_classes).reshape(n_queries, n_classes)
    total = sums.sum(axis=1, keepdims=True)
    return np.where(total > 0, sums / np.where(total > 0, total, 1.0), 1 / n_classes)


def _smallest(table: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Columns of the k smallest values of each row, ascending; of equal ones the first; NaN is largest."""
    chosen = np.argpartition(table, k - 1, axis=1)[:, :k]
    border = np.take_along_axis(table, chosen[:, k - 1 :], axis=1)
    # Where more values reach the border than fit in, or it is NaN, the partition chose among equals at random.
    unclear = np.count_nonzero(table <= border, axis=1) != k
    chosen[unclear] = np.argsort(table[unclear], axis=1, kind="stable")[:, :k]
    chosen.sort(axis=1)
    order = np.argsort(np.take_along_axis(table, chosen, axis=1), axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1)


def _summed(queries: NDArray[np.float64], rows: NDArray[np.float64], term: np.ufunc) -> NDArray[np.float64]:
    """Sum a function of the coordinate differences, one column after the other; shape (m, n).

    The differences themselves keep all digits at any offset, which ‖q‖² − 2qx + ‖x‖² does not. A difference with
    NaN in it adds nothing.
    """
    total = np.zeros((len(queries), len(rows)))
    gap = np.empty_like(total)
    has_missing = bool(np.isnan(queries).any() or np.isnan(rows).any())
    for query, row in zip(queries.T, rows.T, strict=True):
        term(np.subtract(query[:, None], row, out=gap), out=gap)
        if has_missing:
            gap[np.isnan(gap)] = 0.0
        total += gap
    return total


def _euclidean(queries: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(_summed(queries, rows, np.square))


def _manhattan(queries: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return _summed(queries, rows, np.absolute)


def _cosine(queries: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the squared distance of the unit vectors: 1 − cos without cancellation for near-parallel ones."""
    return _summed(_units(queries), _units(rows), np.square) / 2


def _nan_euclidean(queries: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    shared = (~np.isnan(queries)).astype(float) @ (~np.isnan(rows)).T.astype(float)
    squares = _summed(queries, rows, np.square) * queries.shape[1]
    return np.sqrt(np.divide(squares, shared, out=np.full_like(squares, np.nan), where=shared > 0))


_METRICS = {
    "euclidean": _euclidean,
    "manhattan": _manhattan,
    "cosine": _cosine,
    "nan_euclidean": _nan_euclidean,
}


def _units(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _table(X: ArrayLike, metric: str) -> NDArray[np.float64]:
    """A checked copy of X in float64."""
    table = np.array(X, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"X should have two axes, rows and columns, but has shape {table.shape}")
    if np.isinf(table).any() or (metric != "nan_euclidean" and np.isnan(table).any()):
        raise ValueError(f"X should hold finite numbers with metric={metric!r}, but holds NaN or infinity")
    if metric == "cosine" and not table.any(axis=1).all():
        raise ValueError("a row of zeros has no direction, so that no cosine distance can be had")
    return table


def _check_columns(table: NDArray[np.float64], seen: NDArray[np.float64]) -> None:
    if table.shape[1] != seen.shape[1]:
        raise ValueError(f"X should have {seen.shape[1]} columns, as in fit, but has {table.shape[1]}")


def _positive(n_neighbors: int) -> int:
    try:
        count = operator.index(n_neighbors)
    except TypeError:
        raise ValueError(f"a number of neighbours should be a whole number, but is {n_neighbors!r}") from None
    if count < 1:
        raise ValueError(f"a number of neighbours should be 1 or more, but is {count}")
    return count
