"""Recursive least squares in square-root form: blocks of rows are absorbed into a triangle [1, X, y], one by one.

Since the ones come first, the rest of the triangle is that of the centred data. Answers are plain Python lists and
floats, in rows and numbers, where arrays would do.
"""

import random

import numpy as np

BLOCK = 4096


def as_rows(X):
    X = np.array(X, dtype=np.float64)
    if X.ndim != 2:
        raise ValueError("X must be a table")
    if X.shape[0] < 1 or X.shape[1] < 1:
        raise ValueError("X must not be empty")
    if not np.isfinite(X).all():
        raise ValueError("X must be finite")
    return X


def as_target(y, X):
    y = np.array(y, dtype=np.float64)
    if y.ndim != 1 or y.size != len(X):
        raise ValueError("y must have one number for each row")
    if not np.isfinite(y).all():
        raise ValueError("y must be finite")
    return y


class NotFitted(ValueError):
    """The model has seen no data."""


class LinearRegression:
    def __init__(self, *, fit_intercept=True, alpha=0.0):
        if not (alpha >= 0 and np.isfinite(alpha)):
            raise ValueError("alpha must be finite and not negative")
        self.fit_intercept = fit_intercept
        self.alpha = alpha
        self.R = None

    def fit(self, X, y, sample_weight=None):
        X = as_rows(X)
        y = as_target(y, X)
        w = None
        if sample_weight is not None:
            w = as_target(sample_weight, X)
            if (w < 0).any() or not (w > 0).any():
                raise ValueError("weights must not be negative, nor all zero")
        self.R = None
        self._absorb(X, y, w)
        return self

    def partial_fit(self, X, y):
        X = as_rows(X)
        y = as_target(y, X)
        if self.R is not None and X.shape[1] != self.shift.size - 1:
            raise ValueError("the number of columns must stay the same")
        self._absorb(X, y, None)
        return self

    def _absorb(self, X, y, w):
        data = np.column_stack([X, y])
        if self.R is None:
            self.shift = data.mean(axis=0) if self.fit_intercept else np.zeros(data.shape[1])
            self.R = np.zeros((1, data.shape[1] + 1))
            self.rows = 0
        for start in range(0, len(data), BLOCK):
            block = np.empty((len(data[start : start + BLOCK]), data.shape[1] + 1))
            block[:, 0] = 1.0 if self.fit_intercept else 0.0
            block[:, 1:] = data[start : start + BLOCK] - self.shift
            if w is not None:
                block *= np.sqrt(w[start : start + BLOCK])[:, None]
            self.R = np.linalg.qr(np.vstack([self.R, block]), mode="r")
        self.rows += len(data)
        self._update()

    def _update(self):
        # A column of zeros in the first place leaves all of its triangle to the columns behind it.
        inner = self.R[1:, 1:] if self.fit_intercept else self.R[:, 1:]
        if inner.shape[0] == 0:
            inner = np.zeros((1, inner.shape[1]))
        p = inner.shape[1] - 1
        self.A, self.b = inner[:, :p], inner[:, p]
        A, b = self.A, self.b
        if self.alpha:
            A = np.concatenate([A, np.sqrt(self.alpha) * np.identity(p)])
            b = np.concatenate([b, np.zeros(p)])
        self.beta, _, self.rank, _ = np.linalg.lstsq(A, b, rcond=1e-15 * (p + np.sqrt(self.rows)))
        residual = b - A @ self.beta
        self.sse = residual @ residual
        self.coef_ = self.beta.tolist()
        self.intercept_ = 0.0
        if self.fit_intercept:
            local = (self.R[0, -1] - self.R[0, 1:-1] @ self.beta) / self.R[0, 0]
            self.intercept_ = float(self.shift[-1] + local - self.shift[:-1] @ self.beta)

    def _answer(self, X):
        if self.R is None:
            raise NotFitted("call fit first")
        X = as_rows(X)
        if X.shape[1] != self.beta.size:
            raise ValueError("X has another number of columns than in fit")
        return X @ self.beta + self.intercept_

    def predict(self, X):
        return self._answer(X).tolist()

    def score(self, X, y):
        answer = self._answer(X)
        y = as_target(y, answer)
        return float(1 - np.sum((y - answer) ** 2) / np.sum((y - y.mean()) ** 2))

    def standard_errors(self):
        if self.R is None:
            raise NotFitted("call fit first")
        p = self.beta.size
        freedom = self.rows - p - bool(self.fit_intercept)
        if self.alpha > 0 or freedom < 1 or self.rank < p:
            raise ValueError("this fit has no standard errors")
        inverse = np.linalg.inv(np.linalg.qr(self.A, mode="r"))
        return [float(np.sqrt(self.sse / freedom * (row @ row))) for row in inverse]

    def confidence_intervals(self, critical_value=1.96):
        errors = self.standard_errors()
        return [
            (value - critical_value * error, value + critical_value * error)
            for value, error in zip(self.coef_, errors, strict=True)
        ]


def residual_diagnostics(X, y):
    X = as_rows(X)
    y = as_target(y, X)
    model = LinearRegression().fit(X, y)
    e = y - model._answer(X)
    bulk = LinearRegression().fit(X, e**2)
    A = np.insert(X, 0, 1.0, axis=1)
    R = np.linalg.qr(A, mode="r")
    half = np.linalg.solve(R.T, A.T)
    s = np.linalg.svd(R, compute_uv=False)
    return {
        "durbin_watson": float(((e[1:] - e[:-1]) ** 2).sum() / (e**2).sum()),
        "breusch_pagan": len(y) * bulk.score(X, e**2),
        "condition_number": float(s.max() / s.min()),
        "max_leverage": float((half**2).sum(axis=0).max()),
        "n_samples": len(y),
    }


def select_alpha(X, y, candidates, *, n_folds=5, random_state=None):
    X = as_rows(X)
    y = as_target(y, X)
    n = len(y)
    if len(candidates) == 0:
        raise ValueError("candidates must not be empty")
    if not 2 <= n_folds <= n:
        raise ValueError("n_folds must be from 2 to the number of rows")
    order = list(range(n))
    random.Random(random_state).shuffle(order)
    folds = [order[k::n_folds] for k in range(n_folds)]
    errors = []
    for alpha in candidates:
        total = 0.0
        for fold in folds:
            held = set(fold)
            rest = [i for i in range(n) if i not in held]
            model = LinearRegression(alpha=alpha).fit(X[rest], y[rest])
            total += float(np.mean((y[fold] - model._answer(X[fold])) ** 2))
        errors.append(total / n_folds)
    lowest = min(errors)
    best = max(alpha for alpha, error in zip(candidates, errors, strict=True) if error == lowest)
    return [best, errors]
