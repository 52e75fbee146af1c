"""Gaussian mixtures by EM: a sample submission of middling quality."""

import numpy as np


def log_densities(X, means, covariances):
    """Log of each component's density, shape (n, k)."""
    result = np.empty((len(X), len(means)))
    for j, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        gap = X - mean
        square = np.sum(gap @ np.linalg.inv(covariance) * gap, axis=1)
        size = np.log(np.linalg.det(covariance)) + X.shape[1] * np.log(2 * np.pi)
        result[:, j] = -0.5 * (square + size)
    return result


def e_step(X, weights, means, covariances):
    X, weights, means = np.asarray(X, float), np.asarray(weights, float), np.asarray(means, float)
    with np.errstate(divide="ignore"):
        joint = log_densities(X, means, np.asarray(covariances, float)) + np.log(weights)
    total = np.logaddexp.reduce(joint, axis=1)
    return joint - total[:, None], total.mean()


def m_step(X, responsibilities, *, reg_covar=1e-6):
    X, r = np.asarray(X, float), np.asarray(responsibilities, float)
    counts = r.sum(axis=0) + 1e-300
    means = (r.T @ X) / counts[:, None]
    covariances = []
    for j in range(r.shape[1]):
        gap = X - means[j]
        covariances.append((r[:, j][:, None] * gap).T @ gap / counts[j] + reg_covar * np.eye(X.shape[1]))
    return counts / len(X), means, np.array(covariances)


class GaussianMixture:
    def __init__(self, n_components=1, *, n_init=1, max_iter=100, tol=1e-3, reg_covar=1e-6, random_state=None):
        self.n_components = n_components
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.reg_covar = reg_covar
        self.random_state = random_state

    def fit(self, X):
        X = np.asarray(X, float)
        if X.ndim != 2 or len(X) < self.n_components:
            raise ValueError("X should be a table with at least n_components rows")
        if not np.isfinite(X).all():
            raise ValueError("X should not have missing values")
        rng = np.random.default_rng(self.random_state)
        best = -np.inf
        for _ in range(self.n_init):
            means = X[rng.choice(len(X), self.n_components, replace=False)]
            weights = np.full(self.n_components, 1 / self.n_components)
            covariances = np.array(
                [np.cov(X.T).reshape(X.shape[1], -1) + self.reg_covar * np.eye(X.shape[1])] * len(means)
            )
            history, converged = [], False
            for _ in range(self.max_iter):
                logs, likelihood = e_step(X, weights, means, covariances)
                history.append(likelihood)
                if len(history) > 1 and history[-1] - history[-2] < self.tol:
                    converged = True
                    break
                weights, means, covariances = m_step(X, np.exp(logs), reg_covar=self.reg_covar)
            if history[-1] > best:
                best = history[-1]
                self.weights_, self.means_, self.covariances_ = weights, means, covariances
                self.log_likelihoods_, self.n_iter_, self.converged_ = history, len(history), converged
        return self

    def _joint(self, X):
        X = np.asarray(X, float)
        return log_densities(X, self.means_, self.covariances_) + np.log(self.weights_)

    def predict_proba(self, X):
        joint = self._joint(X)
        return np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])

    def predict(self, X):
        return self._joint(X).argmax(axis=1)

    def score_samples(self, X):
        return np.logaddexp.reduce(self._joint(X), axis=1)

    def score(self, X):
        return self.score_samples(X).mean()

    def bic(self, X):
        k, d = self.means_.shape
        return -2 * len(X) * self.score(X) + (k + k * d + k * d * (d + 1) / 2) * np.log(len(X))

    def impute(self, X):
        X = np.array(X, float)
        holes = np.isnan(X)
        X[holes] = np.broadcast_to(self.weights_ @ self.means_, X.shape)[holes]
        return X


def select_n_components(X, candidates, *, random_state=None):
    if len(candidates) == 0:
        raise ValueError("no candidates")
    bics = [GaussianMixture(k, n_init=5, random_state=random_state).fit(X).bic(X) for k in candidates]
    return candidates[int(np.argmin(bics))], bics
