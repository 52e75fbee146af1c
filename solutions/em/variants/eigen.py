"""Eigenvectors of the covariances instead of factors; k-means (k-means++ and a few of Lloyd's steps) for a start."""

from functools import partial

import numpy as np


def table(X):
    X = np.asarray(X)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"a table with rows and columns was expected, not shape {X.shape}")
    X = X.astype(np.float64)
    missing = np.isnan(X)
    if np.any(np.isinf(X)) or np.any(missing.all(1)):
        raise ValueError("infinite values, or a row of NaN only")
    return X, missing


def unit_of(X, missing):
    shown = [column[~gone] for column, gone in zip(X.T, missing.T, strict=True)]
    return np.mean([c.var() for c in shown]) if any(np.ptp(c) > 0 for c in shown) else 1.0


class Gaussian:
    """One component: answers everything that is asked of it by eigenvalues and eigenvectors."""

    def __init__(self, mean, covariance):
        self.mean, self.covariance = mean, covariance

    def marginal(self, o):
        return Gaussian(self.mean[o], self.covariance[np.ix_(o, o)])

    def log_pdf(self, X):
        values, vectors = np.linalg.eigh(self.covariance)
        if values[0] <= 0:
            raise ValueError("covariance is not positive definite")
        z = (X - self.mean) @ (vectors / np.sqrt(values))
        return -0.5 * (np.log(2 * np.pi * values).sum() + np.einsum("ij,ij->i", z, z))

    def complete(self, X, o):
        """Fill columns that are not in o, for rows that show just o."""
        m = np.setdiff1d(np.arange(len(self.mean)), o)
        values, vectors = np.linalg.eigh(self.covariance[np.ix_(o, o)])
        slopes = (vectors / values) @ (vectors.T @ self.covariance[np.ix_(o, m)])
        full = X.copy()
        full[:, m] = self.mean[m] + (X[:, o] - self.mean[o]) @ slopes
        rest = np.zeros_like(self.covariance)
        rest[np.ix_(m, m)] = self.covariance[np.ix_(m, m)] - self.covariance[np.ix_(m, o)] @ slopes
        return full, (rest + rest.T) / 2


def groups_of(missing):
    table = {}
    if not missing.any():
        return [(np.arange(len(missing)), np.arange(missing.shape[1]))]
    for i, row in enumerate(missing):
        table.setdefault(row.tobytes(), []).append(i)
    return [(np.array(rows), np.flatnonzero(~missing[rows[0]])) for rows in table.values()]


def expect(X, missing, weights, parts):
    logs = np.full((len(X), len(parts)), -np.inf)
    for rows, o in groups_of(missing):
        for j, part in enumerate(parts):
            if weights[j] > 0:
                logs[rows, j] = np.log(weights[j]) + part.marginal(o).log_pdf(X[rows][:, o])
    top = logs.max(1)
    total = top + np.log(np.exp(logs - top[:, None]).sum(1))
    return logs - total[:, None], total


def maximise(X, missing, r, parts, floor):
    n, d = X.shape
    new = []
    for j in range(r.shape[1]):
        w = r[:, j] / r[:, j].sum() if r[:, j].any() else np.full(n, 1 / n)
        full, rest = X, 0
        if missing.any():
            full = X.copy()
            for rows, o in groups_of(missing):
                if len(o) < d:
                    full[rows], spare = parts[j].complete(X[rows], o)
                    rest = rest + w[rows].sum() * spare
        mean = w @ full
        root = np.sqrt(w)[:, None] * (full - mean)
        new.append(Gaussian(mean, root.T @ root + rest + floor * np.eye(d)))
    return r.mean(0), new


class GaussianMixture:
    def __init__(self, n_components=1, *, n_init=1, max_iter=100, tol=1e-3, reg_covar=1e-6, random_state=None):
        self.settings = {"k": n_components, "runs": n_init, "steps": max_iter}
        self.settings |= {"tol": tol, "reg": reg_covar, "seed": random_state}
        self._parts = None

    def fit(self, X):
        s = self.settings
        X, missing = table(X)
        if min(s["k"], s["runs"], s["steps"]) < 1 or min(s["tol"], s["reg"]) < 0 or s["k"] > len(X):
            raise ValueError("impossible settings")
        if missing.all(0).any():
            raise ValueError("an empty column")
        rng = np.random.default_rng(s["seed"])
        unit = unit_of(X, missing)
        results = []
        for _ in range(s["runs"]):
            weights, parts = self._start(X, missing, unit, rng)
            r = expect(X, missing, weights, parts)[0]
            history = []
            stopped = False
            while not stopped and len(history) < s["steps"]:
                weights, parts = maximise(X, missing, np.exp(r), parts, s["reg"] * unit)
                r, total = expect(X, missing, weights, parts)
                history.append(float(total.mean()))
                stopped = len(history) >= 2 and history[-1] < history[-2] + s["tol"]
            results.append((history[-1], len(results), weights, parts, history, stopped))
        _, _, self.weights_, self._parts, self.log_likelihoods_, self.converged_ = max(
            results, key=lambda result: result[0]
        )
        self.n_iter_ = len(self.log_likelihoods_)
        self.means_ = np.array([part.mean for part in self._parts])
        self.covariances_ = np.array([part.covariance for part in self._parts])
        return self

    def _start(self, X, missing, unit, rng):
        X = np.where(missing, np.nanmean(X, 0), X)
        k = self.settings["k"]
        centres = X[rng.integers(len(X), size=1)]
        while len(centres) < k:
            gaps = ((X[:, None] - centres) ** 2).sum(2).min(1)
            odds = gaps / gaps.sum() if gaps.sum() > 0 else None
            centres = np.vstack([centres, X[rng.choice(len(X), p=odds)]])
        for _ in range(3):
            side = ((X[:, None] - centres) ** 2).sum(2).argmin(1)
            centres = np.array([X[side == j].mean(0) if np.any(side == j) else centres[j] for j in range(k)])
        within = X - centres[side]
        shared = within.T @ within / len(X) + (0.001 + self.settings["reg"]) * unit * np.eye(X.shape[1])
        return np.full(k, 1 / k), [Gaussian(centre, shared) for centre in centres]

    def _ask(self, X):
        if self._parts is None:
            raise ValueError("fit first")
        X, missing = table(X)
        if X.shape[1] != self.means_.shape[1]:
            raise ValueError("other columns than in fit")
        return expect(X, missing, self.weights_, self._parts)

    def predict_proba(self, X):
        r = np.exp(self._ask(X)[0])
        return r / r.sum(1, keepdims=True)

    def predict(self, X):
        return np.argmax(self._ask(X)[0], axis=1).astype(np.int32)

    def score_samples(self, X):
        return self._ask(X)[1]

    def score(self, X):
        return float(np.mean(self._ask(X)[1]))

    def bic(self, X):
        total = self._ask(X)[1]
        k, d = self.means_.shape
        free = k * (1 + d + d * (d + 1) / 2) - 1
        return float(free * np.log(len(total)) - 2 * total.sum())

    def impute(self, X):
        r = self.predict_proba(X)
        X, missing = table(X)
        result = X.copy()
        for rows, o in groups_of(missing):
            guess = sum(r[rows, j, None] * part.complete(X[rows], o)[0] for j, part in enumerate(self._parts))
            result[rows] = np.where(missing[rows], guess, X[rows])
        return result


def e_step(X, weights, means, covariances):
    X, missing = table(X)
    weights, means, covariances = (np.asarray(a, dtype=np.float64) for a in (weights, means, covariances))
    k, d = len(weights), X.shape[1]
    if means.shape != (k, d) or covariances.shape != (k, d, d):
        raise ValueError("parameters do not fit")
    r, total = expect(X, missing, weights, list(map(Gaussian, means, covariances)))
    return r, float(total.mean())


def m_step(X, responsibilities, *, reg_covar=1e-6):
    X, missing = table(X)
    r = np.asarray(responsibilities, dtype=np.float64)
    if missing.any() or r.ndim != 2 or r.shape[0] != X.shape[0]:
        raise ValueError("NaN, or responsibilities of other rows")
    weights, parts = maximise(X, missing, r, None, reg_covar * unit_of(X, missing))
    return weights, np.array([part.mean for part in parts]), np.array([part.covariance for part in parts])


def select_n_components(X, candidates, *, random_state=None):
    make = partial(GaussianMixture, n_init=10, random_state=random_state)
    values = {i: make(int(k)).fit(X).bic(X) for i, k in enumerate(candidates)}
    if not values:
        raise ValueError("no candidates")
    best = min(values, key=lambda i: (values[i], candidates[i]))
    return candidates[best], np.array(list(values.values()))
