"""One singular value decomposition, ridge by the filter factors s / (s² + alpha).

Batches are kept as means and centred co-moments (Chan's update), whose eigenvectors are the singular vectors.
"""

import numpy as np

EPS = np.finfo(float).eps


class LinearRegression:
    def __init__(self, *, fit_intercept=True, alpha=0.0):
        self.fit_intercept, self.alpha = fit_intercept, alpha
        self._n = 0

    def fit(self, X, y, sample_weight=None):
        X, y = _both(X, y)
        w = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        if w.shape != y.shape or not np.all(w >= 0) or not 0 < w.sum() < np.inf:
            raise ValueError("sample_weight must be non-negative numbers, one a row")
        self._check_alpha()
        Z, mean, mass = self._moments(X, y, w)
        self._n, self._mass, self._mean, self._scatter = len(y), mass, mean, Z.T @ Z
        U, s, Vt = np.linalg.svd(Z[:, :-1], full_matrices=False)
        keep = s > s[0] * EPS * max(X.shape)
        self._finish(Vt[keep].T, s[keep], U[:, keep].T @ Z[:, -1])
        left = Z[:, -1] - Z[:, :-1] @ self.coef_
        self._sse = left @ left
        return self

    def partial_fit(self, X, y):
        X, y = _both(X, y)
        self._check_alpha()
        Z, mean, mass = self._moments(X, y, np.ones(len(y)))
        if self._n == 0:
            self._n, self._mass, self._mean, self._scatter = len(y), mass, mean, Z.T @ Z
        else:
            if len(mean) != len(self._mean):
                raise ValueError("the number of columns has changed")
            d, total = mean - self._mean, self._mass + mass
            self._scatter = self._scatter + Z.T @ Z + np.outer(d, d) * (self._mass * mass / total)
            self._mean = self._mean + d * (mass / total)
            self._n, self._mass = self._n + len(y), total
        S = self._scatter
        values, V = np.linalg.eigh(S[:-1, :-1])
        keep = values > values[-1] * EPS * 10 * len(S)
        s = np.sqrt(values[keep])
        self._finish(V[:, keep], s, V[:, keep].T @ S[:-1, -1] / s)
        v = np.append(-self.coef_, 1.0)
        self._sse = max(v @ S @ v, 0.0)
        return self

    def _check_alpha(self):
        if not self.alpha >= 0:
            raise ValueError("alpha must be at least 0")

    def _moments(self, X, y, w):
        D = np.column_stack((X, y))
        mean = w @ D / w.sum() if self.fit_intercept else np.zeros(D.shape[1])
        return (D - mean) * np.sqrt(w)[:, np.newaxis], mean, w.sum()

    def _finish(self, V, s, b):
        self._V, self._s = V, s
        self.coef_ = V @ (b * s / (s * s + self.alpha))
        self.intercept_ = self._mean[-1] - self._mean[:-1] @ self.coef_

    def predict(self, X):
        if self._n == 0:
            raise ValueError("fit first")
        X = _table(X)
        if X.shape[1] != self.coef_.size:
            raise ValueError("the number of columns differs from that of fit")
        return self.intercept_ + X @ self.coef_

    def score(self, X, y):
        if self._n == 0:
            raise ValueError("fit first")
        X, y = _both(X, y)
        return 1.0 - np.mean((y - self.predict(X)) ** 2) / np.var(y)

    def standard_errors(self):
        if self._n == 0:
            raise ValueError("fit first")
        p = self.coef_.size
        dof = self._n - p - (1 if self.fit_intercept else 0)
        if self.alpha > 0:
            raise ValueError("a penalised fit has no standard errors")
        if dof <= 0 or self._s.size < p:
            raise ValueError("too few rows or dependent columns")
        return np.sqrt(self._sse / dof) * np.linalg.norm(self._V / self._s, axis=1)

    def confidence_intervals(self, critical_value=1.96):
        half = critical_value * self.standard_errors()
        return np.transpose([self.coef_ - half, self.coef_ + half])


def _table(X):
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.size == 0 or not np.isfinite(X).all():
        raise ValueError("X must be a finite table with two axes and at least one row and column")
    return X


def _both(X, y):
    X, y = _table(X), np.asarray(y, dtype=float)
    if y.ndim != 1 or len(y) != len(X) or not np.isfinite(y).all():
        raise ValueError("y must be one finite number for each row of X")
    return X, y


def residual_diagnostics(X, y):
    X, y = _both(X, y)
    A = np.column_stack((np.ones(len(y)), X))
    U, s, _ = np.linalg.svd(A, full_matrices=False)
    e = y - U @ (U.T @ y)
    q = e**2
    rest = q - U @ (U.T @ q)
    return {
        "durbin_watson": np.sum(np.diff(e) ** 2) / np.sum(q),
        "breusch_pagan": len(y) * (1 - np.sum(rest**2) / np.sum((q - q.mean()) ** 2)),
        "condition_number": s[0] / s[-1],
        "max_leverage": np.einsum("ij,ij->i", U, U).max(),
    }


def select_alpha(X, y, candidates, *, n_folds=5, random_state=None):
    X, y = _both(X, y)
    candidates = list(candidates)
    if not candidates or not 1 < n_folds <= len(y):
        raise ValueError("nothing to choose from, or impossible folds")
    order = np.random.default_rng(random_state).permutation(len(y))
    errors = np.zeros(len(candidates))
    for k in range(n_folds):
        test = order[k::n_folds]
        mask = np.ones(len(y), dtype=bool)
        mask[test] = False
        mean, level = X[mask].mean(axis=0), y[mask].mean()
        U, s, Vt = np.linalg.svd(X[mask] - mean, full_matrices=False)
        s = np.where(s > s[0] * EPS * max(X.shape), s, 0.0)
        b = U.T @ (y[mask] - level)
        for i, alpha in enumerate(candidates):
            if alpha < 0:
                raise ValueError("alpha must be at least 0")
            weights = np.divide(s, s * s + alpha, out=np.zeros_like(s), where=s > 0)
            guess = level + (X[test] - mean) @ (Vt.T @ (weights * b))
            errors[i] += np.mean((y[test] - guess) ** 2) / n_folds
    best = np.flatnonzero(errors == errors.min())
    return max(candidates[i] for i in best), errors
