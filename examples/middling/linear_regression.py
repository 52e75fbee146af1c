"""Linear regression: a sample submission of middling quality."""

import numpy as np


class LinearRegression:
    def __init__(self, *, fit_intercept=True, alpha=0.0):
        self.fit_intercept = fit_intercept
        self.alpha = alpha

    def fit(self, X, y, sample_weight=None):
        X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        if X.ndim != 2 or y.ndim != 1:
            raise ValueError("X must have two axes and y one")
        if len(X) != len(y):
            raise ValueError("X and y must have the same length")
        if not np.isfinite(X).all() or not np.isfinite(y).all():
            raise ValueError("X and y must be finite")
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        A = np.column_stack([np.ones(len(X)), X]) if self.fit_intercept else X
        penalty = self.alpha * np.eye(A.shape[1])
        beta = np.linalg.pinv(A.T @ (A * weights[:, None]) + penalty) @ A.T @ (weights * y)
        if self.fit_intercept:
            self.intercept_, self.coef_ = float(beta[0]), beta[1:]
        else:
            self.intercept_, self.coef_ = 0.0, beta
        self._design, self._residuals = A, y - A @ beta
        self._X, self._y = X, y
        return self

    def partial_fit(self, X, y):
        if hasattr(self, "_X"):
            X, y = np.vstack([self._X, X]), np.concatenate([self._y, y])
        return self.fit(X, y)

    def predict(self, X):
        if not hasattr(self, "coef_"):
            raise ValueError("not fitted")
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or X.shape[1] != len(self.coef_):
            raise ValueError("X has the wrong shape")
        return X @ self.coef_ + self.intercept_

    def score(self, X, y):
        y = np.asarray(y, dtype=float)
        residuals = y - self.predict(X)
        return float(1 - residuals @ residuals / ((y - y.mean()) ** 2).sum())

    def standard_errors(self):
        n, p = self._design.shape
        variance = self._residuals @ self._residuals / (n - p)
        errors = np.sqrt(np.diag(variance * np.linalg.inv(self._design.T @ self._design)))
        return errors[1:] if self.fit_intercept else errors

    def confidence_intervals(self, critical_value=1.96):
        half = critical_value * self.standard_errors()
        return np.column_stack([self.coef_ - half, self.coef_ + half])


def residual_diagnostics(X, y):
    model = LinearRegression().fit(X, y)
    e, A = model._residuals, model._design
    squares = e**2
    auxiliary = LinearRegression().fit(X, squares)
    hat = A @ np.linalg.inv(A.T @ A) @ A.T
    return {
        "durbin_watson": float(((e[1:] - e[:-1]) ** 2).sum() / squares.sum()),
        "breusch_pagan": float(len(e) * auxiliary.score(X, squares)),
        "condition_number": float(np.linalg.cond(A)),
        "max_leverage": float(np.diag(hat).max()),
    }


def select_alpha(X, y, candidates, *, n_folds=5, random_state=None):
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    order = np.random.default_rng(random_state).permutation(len(X))
    folds = np.array_split(order, n_folds)
    errors = []
    for alpha in candidates:
        fold_errors = []
        for fold in folds:
            rest = np.setdiff1d(order, fold)
            model = LinearRegression(alpha=alpha).fit(X[rest], y[rest])
            fold_errors.append(np.mean((model.predict(X[fold]) - y[fold]) ** 2))
        errors.append(float(np.mean(fold_errors)))
    return candidates[int(np.argmin(errors))], errors
