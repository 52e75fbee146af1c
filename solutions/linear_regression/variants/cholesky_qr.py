"""Normal equations that are repeated until they are harmless: CholeskyQR with a shift.

One Cholesky factor of the Gram matrix squares the condition number. Used as a preconditioner and applied again to
the columns that it made nearly orthogonal, it gives a QR factorisation as good as Householder's (Fukaya, Kannan,
Nakatsukasa, Yamamoto and Yanagisawa, SIAM J. Sci. Comput. 42, 2020). Wide tables use the n × n Gram matrix.
"""

import numpy as np


def cholesky_qr(Z):
    """Return R, upper triangular, with Z = QR and Q orthonormal, for a tall Z with columns of unit length."""
    n, p = Z.shape
    R = np.eye(p)
    for turn in range(5):
        gram = Z.T @ Z
        shift = 11 * (n * p + p * p) * 1.1e-16 * np.trace(gram) if turn < 2 else 0.0
        try:
            step = np.linalg.cholesky(gram + shift * np.eye(p)).T
        except np.linalg.LinAlgError:
            step = np.linalg.cholesky(gram + 1e-13 * np.trace(gram) * np.eye(p)).T
        Z = np.linalg.solve(step.T, Z.T).T
        R = step @ R
    return R, Z


class LinearRegression:
    def __init__(self, *, fit_intercept=True, alpha=0.0):
        self.fit_intercept = fit_intercept
        self.alpha = alpha
        self._seen = None

    def fit(self, X, y, sample_weight=None):
        X, y = _data(X, y)
        w = None
        if sample_weight is not None:
            w = np.asarray(sample_weight, float)
            if w.shape != y.shape or not np.isfinite(w).all() or w.min() < 0 or w.max() <= 0:
                raise ValueError("bad sample_weight")
        self._seen = None
        return self._learn(X, y, w)

    def partial_fit(self, X, y):
        X, y = _data(X, y)
        return self._learn(X, y, None)

    def _learn(self, X, y, w):
        if not self.alpha >= 0:
            raise ValueError("alpha must be >= 0")
        root = np.ones(len(y)) if w is None else np.sqrt(w)
        mass = root @ root
        data = np.column_stack([X, y])
        mean = (root**2) @ data / mass if self.fit_intercept else np.zeros(data.shape[1])
        if self.fit_intercept:
            mean = mean + (root**2) @ (data - mean) / mass
        Z = (data - mean) * root[:, None]
        n = len(y)
        if self._seen is not None:
            n0, mass0, mean0, Z0 = self._seen
            if len(mean0) != len(mean):
                raise ValueError("the number of columns changed")
            gap = (mean - mean0) * np.sqrt(mass0 * mass / (mass0 + mass))
            Z = np.vstack([Z0, Z, gap])
            mean = (mass0 * mean0 + mass * mean) / (mass0 + mass)
            mass, n = mass0 + mass, n + n0
        self._solve(Z[:, :-1], Z[:, -1], mean)
        if len(Z) > Z.shape[1]:
            Z = np.linalg.qr(Z, mode="r")
        self._seen = (n, mass, mean, Z)
        self.coef_ = self._coef
        self.intercept_ = float(mean[-1] - mean[:-1] @ self.coef_) if self.fit_intercept else 0.0
        return self

    def _solve(self, A, b, mean):
        n, p = A.shape
        self._inverse = None
        if self.alpha > 0:
            if n < p:
                self._coef = A.T @ np.linalg.solve(A @ A.T + self.alpha * np.eye(n), b)
                return
            A = np.vstack([A, np.sqrt(self.alpha) * np.eye(p)])
            b = np.append(b, np.zeros(p))
        size = np.linalg.norm(A, axis=0)
        constant = size <= 1e-15 * np.sqrt(n) * np.abs(mean[:-1])
        unit = np.where(constant, 1.0, size)
        if n >= p and not constant.any():
            R, Q = cholesky_qr(A / unit)
            values = np.linalg.svd(R, compute_uv=False)
            if values[-1] > 4e-15 * (p + np.sqrt(n)) * values[0]:
                coef = np.linalg.solve(R, Q.T @ b)
                coef += np.linalg.solve(R, Q.T @ (b - (A / unit) @ coef))
                self._coef = coef / unit
                self._inverse = np.linalg.inv(R) / unit[:, None]
                residual = b - A @ self._coef
                self._rss = residual @ residual
                return
        A = np.where(constant, 0.0, A)
        gram = A @ A.T if n < p else A.T @ A
        values, vectors = np.linalg.eigh(gram)
        keep = values > 1e-13 * max(values[-1], 0.0)
        vectors, values = vectors[:, keep], values[keep]
        if n < p:
            self._coef = A.T @ (vectors @ ((vectors.T @ b) / values))
        else:
            self._coef = vectors @ ((vectors.T @ (A.T @ b)) / values)
            self._coef += vectors @ ((vectors.T @ (A.T @ (b - A @ self._coef))) / values)

    def predict(self, X):
        if self._seen is None:
            raise ValueError("not fitted")
        X = _rows(X)
        if X.shape[1] != len(self.coef_):
            raise ValueError("wrong number of columns")
        return self.intercept_ + X @ self.coef_

    def score(self, X, y):
        if self._seen is None:
            raise ValueError("not fitted")
        X, y = _data(X, y)
        error = y - self.predict(X)
        return 1 - (error @ error) / (len(y) * y.var())

    def standard_errors(self):
        if self._seen is None:
            raise ValueError("not fitted")
        if self.alpha > 0 or self._inverse is None:
            raise ValueError("penalised, or dependent columns")
        freedom = self._seen[0] - len(self.coef_) - (self.fit_intercept is True)
        if freedom <= 0:
            raise ValueError("too few rows")
        return np.sqrt(self._rss / freedom * (self._inverse**2).sum(axis=1))

    def confidence_intervals(self, critical_value=1.96):
        return self.coef_[:, None] + critical_value * self.standard_errors()[:, None] * np.array([-1.0, 1.0])


def _rows(X):
    X = np.asarray(X, float)
    if X.ndim != 2 or 0 in X.shape or not np.isfinite(X).all():
        raise ValueError("bad X")
    return X


def _data(X, y):
    X, y = _rows(X), np.asarray(y, float)
    if y.ndim != 1 or len(y) != len(X) or not np.isfinite(y).all():
        raise ValueError("bad y")
    return X, y


def residual_diagnostics(X, y):
    X, y = _data(X, y)
    A = np.column_stack([np.ones(len(y)), X])
    inverse = np.linalg.inv(A.T @ A)

    def project(v):
        return A @ (inverse @ (A.T @ v))

    e = y - project(y)
    e -= project(e)
    u = e**2
    rest = u - project(u)
    return {
        "durbin_watson": np.sum(np.diff(e) ** 2) / (e @ e),
        "breusch_pagan": len(y) * (1 - (rest @ rest) / np.sum((u - u.mean()) ** 2)),
        "condition_number": np.sqrt(np.linalg.cond(A.T @ A)),
        "max_leverage": np.max(np.einsum("ij,jk,ik->i", A, inverse, A, optimize=True)),
    }


def select_alpha(X, y, candidates, *, n_folds=5, random_state=None):
    X, y = _data(X, y)
    if not len(candidates) or not 2 <= n_folds <= len(y):
        raise ValueError("bad candidates or n_folds")
    rng = np.random.default_rng(random_state)
    label = rng.permutation(np.arange(len(y)) % n_folds)
    errors = np.array(
        [
            np.mean(
                [
                    np.mean(
                        (
                            y[label == k]
                            - LinearRegression(alpha=a).fit(X[label != k], y[label != k]).predict(X[label == k])
                        )
                        ** 2
                    )
                    for k in range(n_folds)
                ]
            )
            for a in candidates
        ]
    )
    order = np.lexsort((-np.asarray(candidates, float), errors))
    return candidates[order[0]], errors
