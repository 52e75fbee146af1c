"""Householder reflections written out, with column pivoting; least norm by a second factorisation from the right.

The reflections act on the centred, scaled columns. Batches are merged by reflecting the old triangle and the new
rows, the intercept being an ordinary first column.
"""

import math

import numpy as np


def reflect(A, n_columns, pivot=True):
    """Reduce the first n_columns of A to a triangle in place; return the order of the columns and the rank."""
    m = A.shape[0]
    order = np.arange(n_columns)
    rank = 0
    first = None
    for k in range(min(m, n_columns)):
        if pivot:
            norms = np.einsum("ij,ij->j", A[k:, k:n_columns], A[k:, k:n_columns])
            j = k + int(np.argmax(norms))
            if j != k:
                A[:, [k, j]] = A[:, [j, k]]
                order[[k, j]] = order[[j, k]]
        size = math.sqrt(float(A[k:, k] @ A[k:, k]))
        first = size if first is None else first
        if size <= 20 * np.finfo(float).eps * (n_columns + math.sqrt(m)) * first:
            if pivot:
                break
            A[k:, k] = 0.0
            continue
        v = A[k:, k].copy()
        v[0] += math.copysign(size, v[0])
        v /= math.sqrt(float(v @ v))
        A[k:, k:] -= np.outer(2 * v, v @ A[k:, k:])
        A[k + 1 :, k] = 0.0
        rank += 1
    return order, rank


def back_substitute(R, b):
    x = np.zeros(b.shape)
    for i in range(len(b) - 1, -1, -1):
        x[i] = (b[i] - R[i, i + 1 :] @ x[i + 1 :]) / R[i, i]
    return x


class LinearRegression:
    def __init__(self, *, fit_intercept=True, alpha=0.0):
        self.fit_intercept = fit_intercept
        self.alpha = alpha
        self.triangle = None

    def fit(self, X, y, sample_weight=None):
        X, y = clean(X, y)
        w = clean_weights(sample_weight, len(y))
        self.triangle = None
        return self._add(X, y, w)

    def partial_fit(self, X, y):
        X, y = clean(X, y)
        if self.triangle is not None and X.shape[1] != len(self.origin):
            raise ValueError(f"expected {len(self.origin)} columns")
        return self._add(X, y, np.ones(len(y)))

    def _add(self, X, y, w):
        if math.isnan(self.alpha) or self.alpha < 0:
            raise ValueError("alpha < 0")
        if self.triangle is None:
            # Measured from the mean of the first batch, numbers keep their digits; any origin gives the same line.
            keep = w > 0
            self.origin = X[keep].mean(axis=0) if self.fit_intercept else np.zeros(X.shape[1])
            self.level = y[keep].mean() if self.fit_intercept else 0.0
            self.largest = np.zeros(X.shape[1])
            self.triangle = np.zeros((0, X.shape[1] + 2))
            self.n = 0
        self.n += len(y)
        self.largest = np.maximum(self.largest, np.abs(X).max(axis=0))
        ones = np.ones(len(y)) if self.fit_intercept else np.zeros(len(y))
        rows = np.column_stack([ones, X - self.origin, y - self.level]) * np.sqrt(w)[:, None]
        if len(rows) > 4 * rows.shape[1]:
            rows = np.linalg.qr(rows, mode="r")
        stack = np.vstack([self.triangle, rows])
        reflect(stack, stack.shape[1], pivot=False)
        self.triangle = stack[: stack.shape[1]]
        self._solve()
        return self

    def _solve(self):
        p = len(self.origin)
        T = self.triangle[1:, 1:] if self.fit_intercept else self.triangle[:, 1:]
        A = np.vstack([T[:, :p], np.sqrt(self.alpha) * np.eye(p)]) if self.alpha > 0 else T[:, :p].copy()
        b = np.append(T[:, p], np.zeros(len(A) - len(T)))
        noise = 1e-15 * np.sqrt(self.n) * self.largest
        norm = np.sqrt((A**2).sum(axis=0))
        A[:, norm <= noise] = 0.0
        self.scale = np.where(norm > noise, norm, 1.0)
        M = np.column_stack([A / self.scale, b])
        order, rank = reflect(M, p)
        self.rank = rank
        coef = np.zeros(p)
        coef[order[:rank]] = back_substitute(M[:rank, :rank], M[:rank, p])
        self.rss = float(np.sum(M[rank:, p] ** 2))
        self.spread = None
        if rank == p:
            inverse = back_substitute(M[:p, :p], np.eye(p))
            self.spread = np.empty(p)
            self.spread[order] = np.sqrt((inverse**2).sum(axis=1))
            coef /= self.scale
        else:
            rows = np.zeros((rank, p))
            rows[:, order] = M[:rank, :p]
            basis, _ = np.linalg.qr((rows * self.scale).T)
            coef = basis @ (basis.T @ (coef / self.scale))
        self.coef_ = coef
        self.intercept_ = 0.0
        if self.fit_intercept:
            top = self.triangle[0]
            centre = (top[-1] - top[1:-1] @ coef) / top[0]
            self.intercept_ = float(self.level + centre - self.origin @ coef)

    def predict(self, X):
        if self.triangle is None:
            raise ValueError("predict before fit")
        X = clean_table(X)
        if X.shape[1] != len(self.coef_):
            raise ValueError(f"expected {len(self.coef_)} columns")
        return X @ self.coef_ + self.intercept_

    def score(self, X, y):
        if self.triangle is None:
            raise ValueError("score before fit")
        X, y = clean(X, y)
        return float(1 - np.sum((y - self.predict(X)) ** 2) / np.sum((y - np.mean(y)) ** 2))

    def standard_errors(self):
        if self.triangle is None:
            raise ValueError("standard_errors before fit")
        freedom = self.n - len(self.coef_) - int(self.fit_intercept)
        if self.alpha != 0 or freedom < 1 or self.spread is None:
            raise ValueError("standard errors are not defined here")
        return np.sqrt(self.rss / freedom) * self.spread / self.scale

    def confidence_intervals(self, critical_value=1.96):
        errors = self.standard_errors()
        return np.array(
            [[c - critical_value * e, c + critical_value * e] for c, e in zip(self.coef_, errors, strict=True)]
        )


def clean_table(X):
    X = np.asarray(X).astype(np.float64)
    if X.ndim != 2 or min(X.shape) < 1 or np.isnan(X).any() or np.isinf(X).any():
        raise ValueError("X is not a finite table")
    return X


def clean(X, y):
    X = clean_table(X)
    y = np.asarray(y).astype(np.float64)
    if y.shape != (X.shape[0],) or np.isnan(y).any() or np.isinf(y).any():
        raise ValueError("y does not fit X, or is not finite")
    return X, y


def clean_weights(w, n):
    w = np.ones(n) if w is None else np.asarray(w).astype(np.float64)
    if w.shape != (n,) or np.isnan(w).any() or np.isinf(w).any() or w.min() < 0 or w.max() == 0:
        raise ValueError("weights do not fit")
    return w


def residual_diagnostics(X, y):
    X, y = clean(X, y)
    A = np.column_stack([np.ones(len(y)), X])
    Q, R = np.linalg.qr(A)
    e = y - Q @ (Q.T @ y)
    total = float(e @ e)
    squares = e * e
    projected = Q @ (Q.T @ squares)
    explained = np.sum((projected - squares.mean()) ** 2) / np.sum((squares - squares.mean()) ** 2)
    return {
        "durbin_watson": float(np.sum((e[1:] - e[:-1]) ** 2)) / total,
        "breusch_pagan": len(y) * float(explained),
        "condition_number": float(np.linalg.norm(R, 2) * np.linalg.norm(np.linalg.inv(R), 2)),
        "max_leverage": float((Q * Q).sum(axis=1).max()),
    }


def select_alpha(X, y, candidates, *, n_folds=5, random_state=None):
    X, y = clean(X, y)
    if len(candidates) < 1:
        raise ValueError("no candidates")
    if n_folds < 2 or n_folds > len(y):
        raise ValueError("n_folds out of range")
    order = np.arange(len(y))
    np.random.default_rng(random_state).shuffle(order)
    parts = np.array_split(order, n_folds)
    errors = []
    for alpha in candidates:
        squares = []
        for k, part in enumerate(parts):
            rest = np.concatenate(parts[:k] + parts[k + 1 :])
            model = LinearRegression(alpha=float(alpha)).fit(X[rest], y[rest])
            squares.append(np.mean((y[part] - model.predict(X[part])) ** 2))
        errors.append(np.mean(squares))
    best = sorted(zip(errors, [-float(a) for a in candidates], strict=True))[0]
    return -best[1], np.array(errors)
