"""Modified Gram-Schmidt, twice over ("twice is enough"), a column at a time; dependent columns are set aside.

Ridge appends the rows √alpha·I. Batches are kept as the sums of products about the first batch's means.
"""

import numpy as np


class LinearRegression:
    def __init__(self, *, fit_intercept=True, alpha=0.0):
        self.fit_intercept = fit_intercept
        self.alpha = alpha

    def fit(self, X, y, sample_weight=None):
        X, y = table(X), column(y)
        if len(X) != len(y):
            raise ValueError("X and y differ in length")
        w = np.ones(len(y)) if sample_weight is None else column(sample_weight)
        if len(w) != len(y) or min(w) < 0 or max(w) == 0:
            raise ValueError("weights are impossible")
        self._start(X, y)
        self._add(X, y, w)
        mean = np.zeros(X.shape[1] + 1)
        if self.fit_intercept:
            mean = np.append(w @ X, w @ y) / w.sum()
            mean += np.append(w @ (X - mean[:-1]), w @ (y - mean[-1])) / w.sum()
        root = np.sqrt(w)
        self._solve((X - mean[:-1]) * root[:, None], (y - mean[-1]) * root, mean)
        return self

    def partial_fit(self, X, y):
        X, y = table(X), column(y)
        if len(X) != len(y):
            raise ValueError("X and y differ in length")
        if not hasattr(self, "coef_"):
            self._start(X, y)
        elif X.shape[1] != len(self.coef_):
            raise ValueError("a batch must have the columns of the one before")
        self._add(X, y, np.ones(len(y)))
        total, first, second = self.sums
        mean = first / total if self.fit_intercept else np.zeros(len(first))
        values, vectors = np.linalg.eigh(second - total * np.outer(mean, mean))
        rows = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
        self._solve(rows[:, :-1], rows[:, -1], mean + self.origin, noise=1e-7)
        return self

    def _start(self, X, y):
        if self.alpha < 0:
            raise ValueError("alpha is negative")
        p = X.shape[1]
        self.origin = np.append(X.mean(axis=0), y.mean()) if self.fit_intercept else np.zeros(p + 1)
        self.sums = [0.0, np.zeros(p + 1), np.zeros((p + 1, p + 1))]
        self.n_rows = 0

    def _add(self, X, y, w):
        Z = np.column_stack([X, y]) - self.origin
        self.sums = [self.sums[0] + w.sum(), self.sums[1] + w @ Z, self.sums[2] + (Z * w[:, None]).T @ Z]
        self.n_rows += len(y)

    def _solve(self, A, b, mean, noise=1e-11):
        p = A.shape[1]
        if self.alpha:
            A, b = np.vstack([A, np.sqrt(self.alpha) * np.eye(p)]), np.append(b, np.zeros(p))
        most = p if self.alpha else self.n_rows - self.fit_intercept
        Q, R, kept = orthonormal(A, noise, np.abs(mean[:-1]) * np.sqrt(len(A)), most)
        self.R = R[:, kept]
        c = Q.T @ b
        b = b - Q @ c
        c += Q.T @ b
        coef = np.zeros(p)
        coef[kept] = np.linalg.solve(self.R, c)
        if len(kept) < p:
            span, _ = np.linalg.qr(R.T)
            coef = span @ (span.T @ coef)
        self.sse = b @ b
        self.coef_ = coef
        self.intercept_ = mean[-1] - mean[:-1] @ coef

    def predict(self, X):
        if not hasattr(self, "coef_"):
            raise ValueError("nothing learned yet")
        X = table(X)
        if X.shape[1] != len(self.coef_):
            raise ValueError("X has other columns than in training")
        return X @ self.coef_ + self.intercept_

    def score(self, X, y):
        predicted, y = self.predict(X), column(y)
        if predicted.shape != y.shape:
            raise ValueError("X and y differ in length")
        return 1 - sum((y - predicted) ** 2) / sum((y - y.mean()) ** 2)

    def standard_errors(self):
        if not hasattr(self, "coef_"):
            raise ValueError("nothing learned yet")
        freedom = self.n_rows - len(self.coef_) - self.fit_intercept
        if self.alpha > 0 or freedom < 1 or self.R.shape[0] < len(self.coef_):
            raise ValueError("standard errors need alpha = 0, independent columns and rows to spare")
        covariance = self.sse / freedom * np.linalg.inv(self.R) @ np.linalg.inv(self.R).T
        return np.sqrt(np.diagonal(covariance))

    def confidence_intervals(self, critical_value=1.96):
        e = self.standard_errors()
        return np.vstack([self.coef_ - critical_value * e, self.coef_ + critical_value * e]).T


def orthonormal(A, noise, magnitude, most):
    """Return Q, R and the at most so many columns of A that Q spans; one within noise of the others is set aside."""
    columns, kept = [], []
    p = A.shape[1]
    R = np.zeros((min(A.shape), p))
    for j in range(p):
        v = A[:, j].copy()
        size = np.linalg.norm(v)
        for _ in range(2):
            for i, q in enumerate(columns):
                h = q @ v
                R[i, j] += h
                v -= h * q
        left = np.linalg.norm(v)
        if left > max(noise * size, 1e-15 * magnitude[j]) and len(columns) < min(most, len(R)):
            R[len(columns), j] = left
            columns.append(v / left)
            kept.append(j)
    rank = len(columns)
    return (np.array(columns).T if rank else np.zeros((len(A), 0))), R[:rank], kept


def table(X):
    X = np.asarray(X, dtype="float64")
    if X.ndim != 2 or not X.size:
        raise ValueError("X should be rows of numbers")
    if not np.isfinite(X).all():
        raise ValueError("X has holes")
    return X


def column(y):
    y = np.asarray(y, dtype="float64")
    if y.ndim != 1 or not y.size:
        raise ValueError("expected one number a row")
    if not np.isfinite(y).all():
        raise ValueError("holes in y")
    return y


def residual_diagnostics(X, y):
    X, y = table(X), column(y)
    if len(X) != len(y):
        raise ValueError("X and y differ in length")
    A = np.column_stack([np.ones(len(X)), X])
    Q, _, _ = orthonormal(A, 1e-11, np.zeros(A.shape[1]), A.shape[1])
    e = y - Q @ (Q.T @ y)
    s = e * e
    spread = s - s.mean()
    explained = Q @ (Q.T @ spread)
    return {
        "durbin_watson": np.dot(np.diff(e), np.diff(e)) / s.sum(),
        "breusch_pagan": len(y) * np.dot(explained, explained) / np.dot(spread, spread),
        "condition_number": np.linalg.cond(A, 2),
        "max_leverage": np.square(Q).sum(axis=1).max(),
    }


def select_alpha(X, y, candidates, *, n_folds=5, random_state=None):
    X, y = table(X), column(y)
    if len(X) != len(y) or len(candidates) == 0 or not 2 <= n_folds <= len(y):
        raise ValueError("impossible data, candidates or folds")
    folds = np.array_split(np.random.RandomState(random_state).permutation(len(y)), n_folds)
    errors = np.zeros(len(candidates))
    for fold in folds:
        Xt, yt = np.delete(X, fold, axis=0), np.delete(y, fold)
        errors += [
            np.mean(np.square(y[fold] - LinearRegression(alpha=a).fit(Xt, yt).predict(X[fold]))) / n_folds
            for a in candidates
        ]
    ties = [a for a, error in zip(candidates, errors, strict=True) if error <= errors.min()]
    return max(ties), errors
