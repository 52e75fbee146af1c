"""Random rows as means and the covariance of all rows; factors of the precisions; rows with NaN one by one.

The history holds the likelihood that each E-step finds, before the M-step that follows.
"""

import numpy as np


class GaussianMixture:
    def __init__(self, n_components=1, *, n_init=1, max_iter=100, tol=1e-3, reg_covar=1e-6, random_state=None):
        if n_components < 1 or n_init < 1 or max_iter < 1:
            raise ValueError("n_components, n_init and max_iter must be at least 1")
        if tol < 0 or reg_covar < 0:
            raise ValueError("tol and reg_covar must not be negative")
        self.n_components = n_components
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.reg_covar = reg_covar
        self.random_state = random_state

    def fit(self, X):
        X = check(X)
        n, d = X.shape
        if n < self.n_components:
            raise ValueError("fewer rows than components")
        if np.isnan(X).all(axis=0).any():
            raise ValueError("a column without any value")
        rng = np.random.default_rng(self.random_state)
        floor = self.reg_covar * mean_variance(X)
        filled = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
        best = -np.inf
        for _ in range(self.n_init):
            means = filled[rng.choice(n, size=self.n_components, replace=False)]
            whole = np.cov(filled.T, bias=True).reshape(d, d) + max(floor, 1e-9 * mean_variance(X)) * np.eye(d)
            theta = (np.full(self.n_components, 1 / self.n_components), means, np.array([whole] * self.n_components))
            history, converged = [], False
            for _ in range(self.max_iter):
                log_r, density = posterior(X, *theta)
                history.append(density.mean())
                theta = maximise(X, np.exp(log_r), theta, floor)
                if len(history) > 1 and history[-1] - history[-2] < self.tol:
                    converged = True
                    break
            final = posterior(X, *theta)[1].mean()
            if final > best:
                best = final
                self.weights_, self.means_, self.covariances_ = theta
                self.log_likelihoods_ = np.array(history)
                self.n_iter_ = len(history)
                self.converged_ = converged
        return self

    def _posterior(self, X):
        if not hasattr(self, "means_"):
            raise ValueError("call fit first")
        X = check(X)
        if X.shape[1] != self.means_.shape[1]:
            raise ValueError("wrong number of columns")
        return posterior(X, self.weights_, self.means_, self.covariances_)

    def predict_proba(self, X):
        return np.exp(self._posterior(X)[0])

    def predict(self, X):
        return self._posterior(X)[0].argmax(axis=1)

    def score_samples(self, X):
        return self._posterior(X)[1]

    def score(self, X):
        return self.score_samples(X).mean()

    def bic(self, X):
        density = self.score_samples(X)
        k, d = self.means_.shape
        return -2 * density.sum() + (k - 1 + k * d + k * d * (d + 1) / 2) * np.log(len(density))

    def impute(self, X):
        r = self.predict_proba(X)
        X = check(X)
        result = X.copy()
        for i in np.flatnonzero(np.isnan(X).any(axis=1)):
            gaps = np.isnan(X[i])
            guesses = [regress(X[i], m, S)[0] for m, S in zip(self.means_, self.covariances_, strict=True)]
            result[i, gaps] = (r[i] @ np.array(guesses))[gaps]
        return result


def check(X):
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError("X must be a table")
    if np.isinf(X).any():
        raise ValueError("X must be finite")
    if np.isnan(X).all(axis=1).any():
        raise ValueError("a row without any value")
    return X


def mean_variance(X):
    scale = np.nanvar(X, axis=0).mean()
    return scale if (np.nanmax(X, axis=0) > np.nanmin(X, axis=0)).any() else 1.0


def log_gauss(X, mean, covariance):
    root = np.linalg.inv(np.linalg.cholesky(covariance)).T
    y = (X - mean) @ root
    return np.log(np.diag(root)).sum() - 0.5 * (len(mean) * np.log(2 * np.pi) + (y * y).sum(axis=1))


def posterior(X, weights, means, covariances):
    joint = np.zeros((len(X), len(weights)))
    whole = ~np.isnan(X).any(axis=1)
    with np.errstate(divide="ignore"):
        log_w = np.log(weights)
    for j in range(len(weights)):
        joint[whole, j] = log_w[j] + log_gauss(X[whole], means[j], covariances[j])
        for i in np.flatnonzero(~whole):
            o = ~np.isnan(X[i])
            joint[i, j] = log_w[j] + log_gauss(X[i : i + 1, o], means[j][o], covariances[j][o][:, o])[0]
    density = np.logaddexp.reduce(joint, axis=1)
    return joint - density[:, None], density


def regress(x, mean, covariance):
    """Complete one row; also its conditional covariance, in the place of the missing coordinates."""
    m = np.isnan(x)
    o = ~m
    x, extra = x.copy(), np.zeros_like(covariance)
    gain = np.linalg.solve(covariance[o][:, o], covariance[o][:, m]).T
    x[m] = mean[m] + gain @ (x[o] - mean[o])
    extra[np.ix_(m, m)] = covariance[m][:, m] - gain @ covariance[o][:, m]
    return x, extra


def maximise(X, r, theta, floor):
    n, d = X.shape
    holes = np.flatnonzero(np.isnan(X).any(axis=1))
    weights, means, covariances = r.sum(axis=0) / n, [], []
    for j in range(r.shape[1]):
        share = r[:, j] if weights[j] > 0 else np.ones(n)
        rows, extra = X, np.zeros((d, d))
        if len(holes):
            rows = X.copy()
            for i in holes:
                rows[i], more = regress(X[i], theta[1][j], theta[2][j])
                extra += share[i] * more
        total = share.sum()
        mean = share @ rows / total
        gap = rows - mean
        means.append(mean)
        covariances.append((gap * share[:, None]).T @ gap / total + extra / total + floor * np.eye(d))
    return weights, np.array(means), np.array(covariances)


def e_step(X, weights, means, covariances):
    X, weights = check(X), np.array(weights, dtype=float)
    means, covariances = np.array(means, dtype=float), np.array(covariances, dtype=float)
    k, d = len(weights), X.shape[1]
    if weights.ndim != 1 or means.shape != (k, d) or covariances.shape != (k, d, d):
        raise ValueError("shapes do not fit")
    log_r, density = posterior(X, weights, means, covariances)
    return log_r, density.mean()


def m_step(X, responsibilities, *, reg_covar=1e-6):
    X, r = check(X), np.array(responsibilities, dtype=float)
    if np.isnan(X).any():
        raise ValueError("NaN in m_step")
    if r.ndim != 2 or len(r) != len(X):
        raise ValueError("responsibilities do not fit X")
    return maximise(X, r, None, reg_covar * mean_variance(X))


def select_n_components(X, candidates, *, random_state=None):
    if not len(candidates):
        raise ValueError("no candidates")
    bics = []
    for k in candidates:
        model = GaussianMixture(k, n_init=20, random_state=random_state).fit(X)
        bics.append(model.bic(X))
    best = sorted(zip(bics, candidates, strict=True))[0][1]
    return best, bics
