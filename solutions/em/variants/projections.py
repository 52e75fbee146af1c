"""Starts from the quantiles of random directions; whitening by the QR of the factor; second moments in one product.

Missing values by sweeping: parameters of the regression on the observed columns come from a swept covariance.
"""

from __future__ import annotations

import numpy as np


def sweep(S, columns):
    """Sweep a covariance on columns: the others keep slopes and conditional covariances (Beaton 1964)."""
    S = S.copy()
    log_det = 0.0
    for c in columns:
        pivot = S[c, c]
        if not pivot > 0:
            raise ValueError("a covariance is not positive definite")
        log_det += np.log(pivot)
        row = S[c] / pivot
        S = S - np.outer(S[:, c], row)
        S[c], S[:, c] = row, row
        S[c, c] = -1 / pivot
    return S, log_det


class Table:
    def __init__(self, X):
        X = np.array(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[0] < 1 or X.shape[1] < 1:
            raise ValueError("X should have rows and columns")
        if np.any(np.abs(X) == np.inf):
            raise ValueError("X should be finite")
        self.X, self.lost = X, np.isnan(X)
        if np.any(np.all(self.lost, axis=1)):
            raise ValueError("X has a row without values")
        self.groups = {}
        if self.lost.any():
            for i, row in enumerate(self.lost):
                self.groups.setdefault(tuple(row.tolist()), []).append(i)
        else:
            self.groups[tuple(self.lost[0].tolist())] = slice(None)

    def scale(self):
        if np.all(np.nanmax(self.X, 0) == np.nanmin(self.X, 0)):
            return 1.0
        return float(np.nanvar(self.X, 0).mean())

    def joint(self, w, m, S):
        out = np.empty((len(self.X), len(w)))
        for lost, rows in self.groups.items():
            keep = ~np.array(lost)
            Y = self.X[rows][:, keep]
            for j in range(len(w)):
                root = np.linalg.cholesky(S[j][keep][:, keep])
                z = np.linalg.solve(root, (Y - m[j][keep]).T)
                norm = np.log(2 * np.pi) * keep.sum() / 2 + np.log(root.diagonal()).sum()
                out[rows, j] = (np.log(w[j]) if w[j] > 0 else -np.inf) - norm - np.square(z).sum(0) / 2
        return out

    def fill(self, mean, S, share):
        if not self.lost.any():
            return self.X, 0.0
        full, spare = self.X.copy(), np.zeros(S.shape)
        for lost, rows in self.groups.items():
            gone = np.flatnonzero(lost)
            if len(gone) == 0:
                continue
            keep = np.flatnonzero(~np.array(lost))
            swept, _ = sweep(S, keep)
            part = full[rows]
            part[:, gone] = mean[gone] + (part[:, keep] - mean[keep]) @ swept[np.ix_(keep, gone)]
            full[rows] = part
            spare[np.ix_(gone, gone)] += share[rows].sum() * swept[np.ix_(gone, gone)]
        return full, spare

    def moments(self, R, theta, floor):
        d = self.X.shape[1]
        m, S = [], []
        for j, r in enumerate(R.T):
            total = r.sum()
            share = r / total if total > 0 else np.full(len(r), 1.0 / len(r))
            full, spare = (self.X, 0.0) if theta is None else self.fill(theta[1][j], theta[2][j], share)
            centre = share @ full
            rest = full - centre
            m.append(centre)
            S.append(np.dot(rest.T, share[:, None] * rest) + spare + floor * np.eye(d))
        return R.mean(0), np.stack(m), np.stack([(s + s.T) / 2 for s in S])


def normalise(J):
    top = J.max(1, keepdims=True)
    total = top + np.log(np.exp(J - top).sum(1, keepdims=True))
    return J - total, total.ravel()


class GaussianMixture:
    fitted = None

    def __init__(self, n_components=1, *, n_init=1, max_iter=100, tol=1e-3, reg_covar=1e-6, random_state=None):
        self.n_components = n_components
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.reg_covar = reg_covar
        self.random_state = random_state

    def fit(self, X):
        table = Table(X)
        limits = [(self.n_components, 1), (self.n_init, 1), (self.max_iter, 1), (self.tol, 0), (self.reg_covar, 0)]
        if any(value < least for value, least in limits) or self.n_components > len(table.X):
            raise ValueError("settings out of range")
        if table.lost.all(0).any():
            raise ValueError("X has a column without values")
        rng = np.random.default_rng(self.random_state)
        floor = self.reg_covar * table.scale()
        kept = None
        for _ in range(self.n_init):
            run = self._run(table, floor, rng)
            if kept is None or run[1][-1] > kept[1][-1]:
                kept = run
        self.fitted, self.log_likelihoods_, self.converged_ = kept
        self.weights_, self.means_, self.covariances_ = self.fitted
        self.n_iter_ = len(self.log_likelihoods_)
        return self

    def _run(self, table, floor, rng):
        k = self.n_components
        Z = np.where(table.lost, np.nanmean(table.X, 0), table.X)
        spread = Z.std(0)
        Z = (Z - Z.mean(0)) / np.where(spread > 0, spread, 1)
        line = Z @ rng.normal(size=Z.shape[1]) + 1e-9 * rng.normal(size=len(Z))
        cuts = np.sort(rng.random(k - 1))
        cuts = np.clip(0.5 * cuts + 0.5 * np.arange(1, k) / k, 0.02, 0.98)
        side = np.searchsorted(np.quantile(line, cuts), line)
        theta = None
        R = np.eye(k)[side]
        filled = Table(np.where(table.lost, np.nanmean(table.X, 0), table.X))
        w, m, _ = filled.moments(0.9 * R + 0.1 / k, None, 0.0)
        _, _, S = filled.moments(np.ones((len(Z), 1)), None, max(floor, 1e-6 * table.scale()))
        theta = (w, m, np.repeat(S, k, axis=0))
        history = []
        for _ in range(self.max_iter):
            R, total = normalise(table.joint(*theta))
            history.append(float(total.mean()))
            theta = table.moments(np.exp(R), theta, floor)
            if len(history) > 1 and history[-1] - history[-2] < self.tol:
                return theta, history, True
        return theta, history, False

    def _ask(self, X):
        if self.fitted is None:
            raise ValueError("fit comes first")
        table = Table(X)
        if table.X.shape[1] != self.means_.shape[1]:
            raise ValueError("columns differ from those of fit")
        return table, *normalise(table.joint(*self.fitted))

    def predict_proba(self, X):
        return np.exp(self._ask(X)[1])

    def predict(self, X):
        return self._ask(X)[1].argmax(1)

    def score_samples(self, X):
        return self._ask(X)[2]

    def score(self, X):
        return self._ask(X)[2].mean()

    def bic(self, X):
        total = self._ask(X)[2]
        k, d = self.means_.shape
        return np.log(len(total)) * (k - 1 + k * d * (d + 3) / 2) - 2 * total.sum()

    def impute(self, X):
        table, R, _ = self._ask(X)
        out = np.zeros(table.X.shape)
        for j, r in enumerate(np.exp(R).T):
            out += r[:, None] * table.fill(self.means_[j], self.covariances_[j], r)[0]
        return np.where(table.lost, out, table.X)


def e_step(X, weights, means, covariances):
    table = Table(X)
    w, m, S = (np.array(part, dtype=np.float64) for part in (weights, means, covariances))
    if w.ndim != 1 or m.shape != (len(w), table.X.shape[1]) or S.shape != (*m.shape, table.X.shape[1]):
        raise ValueError("parameters do not fit the table")
    R, total = normalise(table.joint(w, m, S))
    return R, total.mean()


def m_step(X, responsibilities, *, reg_covar=1e-6):
    table, R = Table(X), np.array(responsibilities, dtype=np.float64)
    if table.lost.any():
        raise ValueError("m_step takes complete rows only")
    if R.ndim != 2 or len(R) != len(table.X):
        raise ValueError("responsibilities should have a row for each row of X")
    return table.moments(R, None, reg_covar * table.scale())


def select_n_components(X, candidates, *, random_state=None):
    candidates = list(candidates)
    if not candidates:
        raise ValueError("nothing to choose from")
    bics = [GaussianMixture(k, n_init=20, random_state=random_state).fit(X).bic(X) for k in candidates]
    return min(zip(bics, candidates, strict=True))[1], np.array(bics)
