"""Each run begins with the best of three short ones from random rows; inverses and log-determinants, all by einsum.

Responsibilities are given back in single precision, which is all the brief asks for; the arithmetic is in double.
"""

import numpy as np

LOG_2PI = np.log(2 * np.pi)


class Data:
    def __init__(self, X):
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or 0 in X.shape or np.isinf(X).any():
            raise ValueError("X should be a finite table")
        self.X = X
        self.seen = ~np.isnan(X)
        if not self.seen.any(axis=1).all():
            raise ValueError("a row should have a value")
        self.full = bool(self.seen.all())

    @property
    def unit(self):
        spread = np.nanmax(self.X, axis=0) - np.nanmin(self.X, axis=0)
        return np.nanvar(self.X, axis=0).mean() if spread.max() > 0 else 1.0

    def masked(self, means, covariances):
        """Precisions (k, d, d) or (k, n, d, d), gaps (k, n, d), log-determinants and numbers of values.

        A missing coordinate gets the variance 1, no covariance and no gap: it then drops out of every formula.
        """
        gaps = self.X[None] - means[:, None]
        if self.full:
            return np.linalg.inv(covariances), gaps, np.linalg.slogdet(covariances)[1][:, None], self.X.shape[1]
        pairs = self.seen[:, :, None] & self.seen[:, None, :]
        shown = np.where(pairs, covariances[:, None], 0.0) + np.where(self.seen, 0.0, 1.0)[:, :, None] * np.eye(
            self.X.shape[1]
        )
        gaps = np.where(self.seen, gaps, 0.0)
        return np.linalg.inv(shown), gaps, np.linalg.slogdet(shown)[1], self.seen.sum(axis=1)

    def posterior(self, weights, means, covariances):
        precision, gaps, size, count = self.masked(means, covariances)
        if self.full:
            squares = np.einsum("kni,kni->kn", gaps @ precision, gaps)
        else:
            squares = np.einsum("kni,knij,knj->kn", gaps, precision, gaps)
        with np.errstate(divide="ignore"):
            logs = np.log(weights)[:, None] - 0.5 * (squares + size + count * LOG_2PI)
        total = np.logaddexp.reduce(logs, axis=0)
        return (logs - total).T, total

    def completed(self, means, covariances):
        """Rows completed under each component (k, n, d), and their conditional covariances (k, n, d, d)."""
        if self.full:
            return np.broadcast_to(self.X, (len(means), *self.X.shape)), None
        precision, gaps, _, _ = self.masked(means, covariances)
        lost = ~self.seen
        cross = np.where(lost[:, :, None] & self.seen[:, None, :], covariances[:, None], 0.0)
        gain = cross @ precision
        guess = means[:, None] + np.einsum("knij,knj->kni", gain, gaps)
        both = np.where(lost[:, :, None] & lost[:, None, :], covariances[:, None], 0.0)
        return np.where(self.seen, self.X, guess), both - gain @ cross.transpose(0, 1, 3, 2)

    def update(self, r, theta, floor):
        totals = r.sum(axis=0)
        share = np.where(totals > 0, r, 1.0)
        share = share / share.sum(axis=0)
        rows, extra = self.completed(*theta[1:]) if theta else (self.X[None].repeat(r.shape[1], axis=0), None)
        means = np.einsum("nk,kni->ki", share, rows)
        gaps = rows - means[:, None]
        covariances = (gaps * share.T[:, :, None]).transpose(0, 2, 1) @ gaps + floor * np.eye(self.X.shape[1])
        if extra is not None:
            covariances += np.einsum("nk,knij->kij", share, extra)
        return totals / len(r), means, (covariances + covariances.transpose(0, 2, 1)) / 2


class GaussianMixture:
    def __init__(self, n_components=1, *, n_init=1, max_iter=100, tol=1e-3, reg_covar=1e-6, random_state=None):
        for value in (n_components, n_init, max_iter):
            if value < 1:
                raise ValueError("should be at least 1")
        for value in (tol, reg_covar):
            if value < 0:
                raise ValueError("should not be negative")
        self.k = n_components
        self.n_init, self.max_iter, self.tol = n_init, max_iter, tol
        self.reg_covar, self.seed = reg_covar, random_state
        self.theta = None

    def _begin(self, data, floor, rng):
        filled = np.where(data.seen, data.X, np.nanmean(data.X, axis=0))
        spread = np.cov(filled.T, bias=True).reshape(filled.shape[1], -1) + max(floor, 1e-9 * data.unit) * np.eye(
            filled.shape[1]
        )
        found = []
        for _ in range(3):
            rows = rng.permutation(len(filled))[: self.k]
            theta = np.full(self.k, 1 / self.k), filled[rows], np.stack([spread / self.k] * self.k)
            for _ in range(3):
                theta = data.update(np.exp(data.posterior(*theta)[0]), theta, max(floor, 1e-3 * data.unit))
            found.append((data.posterior(*theta)[1].mean(), theta))
        return max(found, key=lambda pair: pair[0])[1]

    def fit(self, X):
        data = Data(X)
        if self.k > len(data.X) or not data.seen.any(axis=0).all():
            raise ValueError("too few values")
        floor, rng = self.reg_covar * data.unit, np.random.default_rng(self.seed)
        top = -np.inf
        for _ in range(self.n_init):
            theta, history = self._begin(data, floor, rng), []
            r = data.posterior(*theta)[0]
            gain = np.inf
            while gain >= self.tol and len(history) < self.max_iter:
                theta = data.update(np.exp(r), theta, floor)
                r, total = data.posterior(*theta)
                gain = total.mean() - history[-1] if history else np.inf
                history.append(total.mean())
            if history[-1] > top:
                top = history[-1]
                self.log_likelihoods_, self.converged_, self.n_iter_ = tuple(history), gain < self.tol, len(history)
                order = np.argsort(-theta[0])
                self.theta = tuple(part[order] for part in theta)
        self.weights_, self.means_, self.covariances_ = self.theta
        return self

    def _data(self, X):
        if self.theta is None:
            raise ValueError("not fitted")
        data = Data(X)
        if data.X.shape[1] != self.means_.shape[1]:
            raise ValueError("other columns")
        return data

    def predict_proba(self, X):
        return np.exp(self._data(X).posterior(*self.theta)[0]).astype(np.float32)

    def predict(self, X):
        return self._data(X).posterior(*self.theta)[0].argmax(axis=1)

    def score_samples(self, X):
        return self._data(X).posterior(*self.theta)[1]

    def score(self, X):
        return np.mean(self.score_samples(X))

    def bic(self, X):
        values = self.score_samples(X)
        k, d = self.means_.shape
        free = (k - 1) + k * d + k * d * (d + 1) // 2
        return free * np.log(len(values)) - 2 * values.sum()

    def impute(self, X):
        data = self._data(X)
        r = np.exp(data.posterior(*self.theta)[0])
        rows, _ = data.completed(*self.theta[1:])
        return np.where(data.seen, data.X, np.einsum("nk,kni->ni", r, rows))


def e_step(X, weights, means, covariances):
    data = Data(X)
    theta = [np.asarray(part, dtype=np.float64) for part in (weights, means, covariances)]
    k, d = theta[0].size, data.X.shape[1]
    if [part.shape for part in theta] != [(k,), (k, d), (k, d, d)]:
        raise ValueError("shapes")
    r, total = data.posterior(*theta)
    return r.astype(np.float32), np.float64(total.mean())


def m_step(X, responsibilities, *, reg_covar=1e-6):
    data, r = Data(X), np.asarray(responsibilities, dtype=np.float64)
    if not data.full or r.ndim != 2 or len(r) != len(data.X):
        raise ValueError("NaN, or shapes")
    return list(data.update(r, None, reg_covar * data.unit))


def select_n_components(X, candidates, *, random_state=None):
    if len(candidates) == 0:
        raise ValueError("candidates")
    bics = np.array([GaussianMixture(k, n_init=8, random_state=random_state).fit(X).bic(X) for k in candidates])
    return min(np.asarray(candidates)[bics == bics.min()]), bics
