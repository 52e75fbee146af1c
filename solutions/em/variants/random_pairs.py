"""Starts from the means of random pairs of rows; np.cov and np.average; a stream of random numbers for each run."""

import numpy as np


def cleaned(X):
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.size == 0 or np.isinf(X).any() or np.isnan(X).all(axis=1).any():
        raise ValueError("X should be a table of finite numbers, with a value in each row")
    return X


def relative(X):
    constant = np.nanmax(X, axis=0) == np.nanmin(X, axis=0)
    return 1.0 if constant.all() else np.mean(np.nanvar(X, axis=0))


def log_densities(X, mean, covariance):
    result = np.empty(len(X))
    holes = np.isnan(X)
    kinds, which = (
        (holes[:1], np.zeros(len(X), int)) if not holes.any() else np.unique(holes, axis=0, return_inverse=True)
    )
    for number, gone in enumerate(kinds):
        rows, o = which.ravel() == number, ~gone
        upper = np.linalg.cholesky(covariance[o][:, o], upper=True)
        z = np.linalg.solve(upper.T, (X[rows][:, o] - mean[o]).T)
        result[rows] = -0.5 * np.sum(z * z + np.log(2 * np.pi), axis=0) - np.sum(np.log(np.diag(upper)))
    return result


def conditional(X, mean, covariance):
    """Return completed rows and, for each kind of row, the conditional covariance with its rows."""
    holes = np.isnan(X)
    if not holes.any():
        return X, []
    full, rests = X.copy(), []
    kinds, which = np.unique(holes, axis=0, return_inverse=True)
    for number, gone in enumerate(kinds):
        if not gone.any():
            continue
        rows, o = np.flatnonzero(which.ravel() == number), ~gone
        slopes = np.linalg.lstsq(covariance[o][:, o], covariance[o][:, gone], rcond=None)[0]
        full[np.ix_(rows, gone)] = mean[gone] + (X[rows][:, o] - mean[o]) @ slopes
        rest = np.zeros_like(covariance)
        rest[np.ix_(gone, gone)] = covariance[gone][:, gone] - covariance[gone][:, o] @ slopes
        rests.append((rows, (rest + rest.T) / 2))
    return full, rests


def shares_of(X, theta):
    weights, means, covariances = theta
    joint = np.full((len(X), len(weights)), -np.inf)
    for j in np.flatnonzero(weights):
        joint[:, j] = np.log(weights[j]) + log_densities(X, means[j], covariances[j])
    total = np.logaddexp.reduce(joint, axis=1)
    return joint - total[:, None], total


def estimates(X, shares, theta, floor):
    n, d = X.shape
    means, covariances = [], []
    for j in range(shares.shape[1]):
        share = shares[:, j] if shares[:, j].sum() > 0 else np.ones(n)
        share = share / share.sum()
        full, rests = (X, []) if theta is None else conditional(X, theta[1][j], theta[2][j])
        mean = np.average(full, axis=0, weights=share)
        covariance = np.atleast_2d(np.cov(full.T, aweights=share, bias=True)) + floor * np.eye(d)
        for rows, rest in rests:
            covariance += share[rows].sum() * rest
        means.append(mean)
        covariances.append(covariance)
    return shares.mean(axis=0), np.array(means), np.array(covariances)


class GaussianMixture:
    def __init__(self, n_components=1, *, n_init=1, max_iter=100, tol=1e-3, reg_covar=1e-6, random_state=None):
        self._settings = (n_components, n_init, max_iter, tol, reg_covar, random_state)
        self._theta = None

    def fit(self, X):
        k, n_init, max_iter, tol, reg_covar, seed = self._settings
        if min(k, n_init, max_iter) < 1 or min(tol, reg_covar) < 0:
            raise ValueError("impossible settings")
        X = cleaned(X)
        if k > len(X) or np.isnan(X).all(axis=0).any():
            raise ValueError("X holds too little")
        floor = reg_covar * relative(X)
        results = []
        for stream in np.random.SeedSequence(seed).spawn(n_init):
            theta = self._first(X, k, relative(X), np.random.default_rng(stream))
            shares, _ = shares_of(X, theta)
            history, done = [], False
            while len(history) < max_iter and not done:
                theta = estimates(X, np.exp(shares), theta, floor)
                shares, total = shares_of(X, theta)
                history.append(total.mean())
                done = bool(np.diff(history[-2:]).sum() < tol) and len(history) > 1
            results.append((theta, history, done))
        ends = [history[-1] for _, history, _ in results]
        self._theta, self.log_likelihoods_, self.converged_ = results[int(np.argmax(ends))]
        self.weights_, self.means_, self.covariances_ = self._theta
        self.n_iter_ = np.int64(len(self.log_likelihoods_))
        return self

    @staticmethod
    def _first(X, k, unit, rng):
        filled = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
        pairs = rng.integers(len(X), size=(k, 2))
        whole = np.atleast_2d(np.cov(filled.T, bias=True)) + 1e-6 * unit * np.eye(X.shape[1])
        return np.full(k, 1 / k), filled[pairs].mean(axis=1), np.array([whole / k] * k)

    def _answer(self, X):
        if self._theta is None:
            raise ValueError("not fitted yet")
        X = cleaned(X)
        if X.shape[1] != self._theta[1].shape[1]:
            raise ValueError("not the columns of fit")
        return X, *shares_of(X, self._theta)

    def predict_proba(self, X):
        return np.exp(self._answer(X)[1])

    def predict(self, X):
        return np.argmax(self._answer(X)[1], axis=1).tolist()

    def score_samples(self, X):
        return self._answer(X)[2]

    def score(self, X):
        return float(self.score_samples(X).mean())

    def bic(self, X):
        total = self.score_samples(X)
        free = sum(part.size for part in self._theta[:2]) - 1
        d = self.means_.shape[1]
        free += len(self.weights_) * np.tril_indices(d)[0].size
        return free * np.log(total.size) - 2 * total.sum()

    def impute(self, X):
        X, logs, _ = self._answer(X)
        guesses = [conditional(X, m, S)[0] for m, S in zip(*self._theta[1:], strict=True)]
        filled = np.einsum("nk,knd->nd", np.exp(logs), guesses)
        return np.where(np.isnan(X), filled, X)


def e_step(X, weights, means, covariances):
    X = cleaned(X)
    weights, means, covariances = (np.asarray(part, dtype=float) for part in (weights, means, covariances))
    k, d = len(weights), X.shape[1]
    if means.shape != (k, d) or covariances.shape != (k, d, d):
        raise ValueError("the parameters do not fit X or each other")
    logs, total = shares_of(X, (weights, means, covariances))
    return [logs, total.mean()]


def m_step(X, responsibilities, *, reg_covar=1e-6):
    X, shares = cleaned(X), np.asarray(responsibilities, dtype=float)
    if np.isnan(X).any():
        raise ValueError("NaN in X")
    if shares.ndim != 2 or len(shares) != len(X):
        raise ValueError("the responsibilities do not fit X")
    return estimates(X, shares, None, reg_covar * relative(X))


def select_n_components(X, candidates, *, random_state=None):
    if not len(candidates):
        raise ValueError("no candidates")
    bics = {}
    for k in sorted(set(candidates)):
        bics[k] = GaussianMixture(k, n_init=20, random_state=random_state).fit(X).bic(X)
    return min(bics, key=bics.get), [bics[k] for k in candidates]
