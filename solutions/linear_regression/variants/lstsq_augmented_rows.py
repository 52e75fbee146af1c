"""Least squares by ``numpy.linalg.lstsq`` on centred rows, ridge as extra rows √alpha·I.

Batches are kept as the triangular factor of [1, X, y].
"""

import numpy as np


def check_table(X):
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
        raise ValueError(f"X has shape {X.shape}")
    if not np.isfinite(X).all():
        raise ValueError("X has missing or infinite values")
    return X


def check_vector(v, n, name="y"):
    v = np.array(v, dtype=float)
    if v.shape != (n,):
        raise ValueError(f"{name} has shape {v.shape}, expected ({n},)")
    if not np.isfinite(v).all():
        raise ValueError(f"{name} has missing or infinite values")
    return v


class LinearRegression:
    def __init__(self, *, fit_intercept=True, alpha=0.0):
        if alpha < 0:
            raise ValueError("alpha must not be negative")
        self.fit_intercept = fit_intercept
        self.alpha = alpha
        self.coef_ = None

    def fit(self, X, y, sample_weight=None):
        X = check_table(X)
        y = check_vector(y, len(X))
        if sample_weight is None:
            w = np.ones(len(X))
        else:
            w = check_vector(sample_weight, len(X), "sample_weight")
            if (w < 0).any() or w.sum() == 0:
                raise ValueError("weights must not be negative, nor all zero")
        self.n_ = len(X)
        self._compress(X, y, np.sqrt(w))
        self._minimise(X, y, w)
        return self

    def partial_fit(self, X, y):
        X = check_table(X)
        y = check_vector(y, len(X))
        if self.coef_ is None:
            return self.fit(X, y)
        if X.shape[1] != len(self.coef_):
            raise ValueError("another number of columns than before")
        ones = np.ones((len(X), 1))
        rows = np.vstack([self.factor_, np.hstack([ones, X, y[:, None]])])
        self.n_ += len(X)
        self.factor_ = np.linalg.qr(rows, mode="r")
        self._minimise_factor()
        return self

    def _compress(self, X, y, root):
        rows = np.column_stack([np.ones(len(X)), X, y]) * root[:, None]
        self.factor_ = np.linalg.qr(rows, mode="r")

    def _minimise(self, X, y, w):
        p = X.shape[1]
        x_mean, y_mean = np.zeros(p), 0.0
        if self.fit_intercept:
            x_mean, y_mean = np.average(X, axis=0, weights=w), np.average(y, weights=w)
        root = np.sqrt(w)
        self._solve((X - x_mean) * root[:, None], (y - y_mean) * root)
        self.intercept_ = float(y_mean - x_mean @ self.coef_)

    def _minimise_factor(self):
        R = self.factor_
        ones, X, y = R[:, 0], R[:, 1:-1], R[:, -1]
        x_mean, y_mean = np.zeros(X.shape[1]), 0.0
        if self.fit_intercept:
            x_mean, y_mean = ones @ X / (ones @ ones), ones @ y / (ones @ ones)
        self._solve(X - np.outer(ones, x_mean), y - ones * y_mean)
        self.intercept_ = float(y_mean - x_mean @ self.coef_)

    def _solve(self, A, b):
        p = A.shape[1]
        if self.alpha > 0:
            A = np.vstack([A, np.sqrt(self.alpha) * np.eye(p)])
            b = np.append(b, np.zeros(p))
        self.coef_, _, self.rank_, _ = np.linalg.lstsq(A, b, rcond=None)
        self.design_ = A
        self.sse_ = float(np.sum((b - A @ self.coef_) ** 2))

    def _need_fit(self):
        if self.coef_ is None:
            raise ValueError("not fitted")

    def predict(self, X):
        self._need_fit()
        X = check_table(X)
        if X.shape[1] != len(self.coef_):
            raise ValueError("another number of columns than in fit")
        return X.dot(self.coef_) + self.intercept_

    def score(self, X, y):
        pred = self.predict(X)
        y = check_vector(y, len(pred))
        return 1 - ((y - pred) ** 2).sum() / ((y - y.mean()) ** 2).sum()

    def standard_errors(self):
        self._need_fit()
        p = len(self.coef_)
        dof = self.n_ - p - bool(self.fit_intercept)
        if self.alpha > 0 or dof < 1 or self.rank_ < p:
            raise ValueError("no standard errors for this fit")
        inverse = np.linalg.pinv(self.design_)
        return np.sqrt(self.sse_ / dof * (inverse**2).sum(axis=1))

    def confidence_intervals(self, critical_value=1.96):
        e = self.standard_errors()
        return np.stack([self.coef_ - critical_value * e, self.coef_ + critical_value * e], axis=1)


def residual_diagnostics(X, y):
    X = check_table(X)
    y = check_vector(y, len(X))
    A = np.hstack([np.ones((len(X), 1)), X])
    e = y - A @ np.linalg.lstsq(A, y, rcond=None)[0]
    e2 = e * e
    fitted = A @ np.linalg.lstsq(A, e2, rcond=None)[0]
    r2 = ((fitted - e2.mean()) ** 2).sum() / ((e2 - e2.mean()) ** 2).sum()
    H = (A * np.linalg.pinv(A).T).sum(axis=1)
    return {
        "durbin_watson": ((e[1:] - e[:-1]) ** 2).sum() / e2.sum(),
        "breusch_pagan": len(y) * r2,
        "condition_number": np.linalg.cond(A),
        "max_leverage": H.max(),
    }


def select_alpha(X, y, candidates, *, n_folds=5, random_state=None):
    X = check_table(X)
    y = check_vector(y, len(X))
    if len(candidates) == 0 or n_folds < 2 or n_folds > len(X):
        raise ValueError("no candidates, or an impossible number of folds")
    fold = np.random.RandomState(random_state).permutation(len(X)) % n_folds
    mse = np.empty((len(candidates), n_folds))
    for i, alpha in enumerate(candidates):
        for k in range(n_folds):
            out = fold == k
            m = LinearRegression(alpha=alpha).fit(X[~out], y[~out])
            mse[i, k] = ((m.predict(X[out]) - y[out]) ** 2).mean()
    mse = mse.mean(axis=1)
    best = max(a for a, value in zip(candidates, mse, strict=True) if value == mse.min())
    return best, mse
