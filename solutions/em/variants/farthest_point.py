"""Farthest-point starts; a loop over components with slogdet and solve; answers as plain lists."""

import math
import random

import numpy as np


class GaussianMixture:
    def __init__(self, n_components=1, *, n_init=1, max_iter=100, tol=1e-3, reg_covar=1e-6, random_state=None):
        self.n_components, self.n_init, self.max_iter = n_components, n_init, max_iter
        self.tol, self.reg_covar, self.random_state = tol, reg_covar, random_state
        self.components = []

    def fit(self, X):
        if self.n_components < 1 or self.n_init < 1 or self.max_iter < 1 or self.tol < 0 or self.reg_covar < 0:
            raise ValueError("a setting is out of range")
        X = as_table(X)
        if len(X) < self.n_components:
            raise ValueError("too many components")
        if np.isnan(X).all(axis=0).any():
            raise ValueError("nothing is known of a column")
        dice = random.Random(self.random_state)
        floor = self.reg_covar * variance_scale(X)
        best = None
        for _ in range(self.n_init):
            components = start(X, self.n_components, dice, max(self.reg_covar, 1e-6))
            history, converged = [], False
            for step in range(self.max_iter):
                logs = joint(X, components)
                density = logsumexp(logs)
                if step > 0:
                    history.append(density.mean())
                if step > 1 and history[-1] - history[-2] < self.tol:
                    converged = True
                    break
                components = estimate(X, np.exp(logs - density[:, None]), components, floor)
            if not converged:
                history.append(logsumexp(joint(X, components)).mean())
                converged = len(history) > 1 and history[-1] - history[-2] < self.tol
            if best is None or history[-1] > best[1][-1]:
                best = components, history, converged
        self.components, history, self.converged_ = best
        self.log_likelihoods_ = [float(value) for value in history]
        self.n_iter_ = len(history)
        self.weights_ = [weight for weight, _, _ in self.components]
        self.means_ = [mean.tolist() for _, mean, _ in self.components]
        self.covariances_ = [covariance.tolist() for _, _, covariance in self.components]
        return self

    def ask(self, X):
        if not self.components:
            raise ValueError("not fitted")
        X = as_table(X)
        if X.shape[1] != len(self.components[0][1]):
            raise ValueError("the columns are not those of fit")
        return X, joint(X, self.components)

    def predict_proba(self, X):
        _, logs = self.ask(X)
        return np.exp(logs - logsumexp(logs)[:, None]).tolist()

    def predict(self, X):
        return [int(row.argmax()) for row in self.ask(X)[1]]

    def score_samples(self, X):
        return logsumexp(self.ask(X)[1]).tolist()

    def score(self, X):
        return math.fsum(values := self.score_samples(X)) / len(values)

    def bic(self, X):
        values = self.score_samples(X)
        k, d = len(self.weights_), len(self.means_[0])
        return -2 * math.fsum(values) + (k * (d + 1) * (d + 2) // 2 - 1) * math.log(len(values))

    def impute(self, X):
        X, logs = self.ask(X)
        shares = np.exp(logs - logsumexp(logs)[:, None])
        answer = []
        for row, share in zip(X, shares, strict=True):
            lost = np.isnan(row)
            if lost.any():
                row = row.copy()
                row[lost] = sum(
                    part * (mean[lost] + slopes(cov, lost) @ (row[~lost] - mean[~lost]))
                    for part, (_, mean, cov) in zip(share, self.components, strict=True)
                )
            answer.append(row.tolist())
        return answer


def as_table(X):
    X = np.array(X, dtype="float64")
    if X.ndim != 2:
        raise ValueError("X needs two axes")
    if min(X.shape) == 0:
        raise ValueError("X is empty")
    if np.isinf(X).any():
        raise ValueError("X is infinite somewhere")
    if (~np.isnan(X)).sum(axis=1).min() == 0:
        raise ValueError("nothing is known of a row")
    return X


def variance_scale(X):
    columns = [column[~np.isnan(column)] for column in X.T]
    if all(column.min() == column.max() for column in columns):
        return 1.0
    return float(np.mean([column.var() for column in columns]))


def slopes(covariance, lost):
    return np.linalg.solve(covariance[~lost][:, ~lost], covariance[~lost][:, lost]).T


def patterns(X):
    holes = np.isnan(X)
    if not holes.any():
        yield slice(None), holes[0]
        return
    keys = np.packbits(holes, axis=1)
    _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    for number, i in enumerate(first):
        yield which.ravel() == number, holes[i]


def joint(X, components):
    logs = np.zeros((len(X), len(components)))
    for where, lost in patterns(X):
        for j, (weight, mean, covariance) in enumerate(components):
            gap = X[where][:, ~lost] - mean[~lost]
            own = covariance[~lost][:, ~lost]
            sign, size = np.linalg.slogdet(own)
            if sign <= 0:
                raise ValueError("a covariance is not positive definite")
            square = (gap.T * np.linalg.solve(own, gap.T)).sum(axis=0)
            level = math.log(weight) if weight > 0 else -math.inf
            logs[where, j] = level - (square + size + gap.shape[1] * math.log(2 * math.pi)) / 2
    return logs


def logsumexp(logs):
    top = logs.max(axis=1)
    return top + np.log(np.exp(logs - top[:, None]).sum(axis=1))


def estimate(X, shares, before, floor):
    components = []
    for j in range(shares.shape[1]):
        share = shares[:, j]
        weight = float(share.mean())
        share = share / share.sum() if weight > 0 else np.full(len(X), 1 / len(X))
        full, spare = X, np.zeros((X.shape[1], X.shape[1]))
        for where, lost in patterns(X):
            if not lost.any():
                continue
            if full is X:
                full = X.copy()
            _, mean, covariance = before[j]
            slope = slopes(covariance, lost)
            full[np.ix_(np.flatnonzero(where), np.flatnonzero(lost))] = (
                mean[lost] + (X[where][:, ~lost] - mean[~lost]) @ slope.T
            )
            rest = covariance[lost][:, lost] - slope @ covariance[~lost][:, lost]
            spare[np.ix_(lost, lost)] += share[where].sum() * (rest + rest.T) / 2
        mean = share @ full
        gap = full - mean
        components.append((weight, mean, gap.T @ (gap * share[:, None]) + spare + floor * np.eye(len(mean))))
    return components


def start(X, k, dice, least):
    """A row by chance, then again and again the row that lies farthest from those taken; k further ones by chance."""
    X = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
    spread = X.std(axis=0)
    Z = X / np.where(spread > 0, spread, 1)
    taken = [dice.randrange(len(X))]
    gaps = ((Z - Z[taken[0]]) ** 2).sum(axis=1)
    side = np.zeros(len(X), dtype=int)
    for j in range(1, k):
        order = np.argsort(gaps)
        taken.append(int(order[-1 - dice.randrange(min(4, len(X)))]))
        new = ((Z - Z[taken[-1]]) ** 2).sum(axis=1)
        side[new < gaps] = j
        gaps = np.minimum(gaps, new)
    within = X - X[taken][side]
    cov = within.T @ within / len(X) + least * variance_scale(X) * np.eye(X.shape[1])
    return [(1 / k, X[i], cov) for i in taken]


def parameters(weights, means, covariances, d):
    weights, means, covariances = np.array(weights, float), np.array(means, float), np.array(covariances, float)
    if weights.ndim != 1 or means.shape != (len(weights), d) or covariances.shape != (len(weights), d, d):
        raise ValueError("weights, means and covariances do not fit X")
    return list(zip(weights.tolist(), means, covariances, strict=True))


def e_step(X, weights, means, covariances):
    X = as_table(X)
    logs = joint(X, parameters(weights, means, covariances, X.shape[1]))
    density = logsumexp(logs)
    return (logs - density[:, None]).tolist(), float(density.mean())


def m_step(X, responsibilities, *, reg_covar=1e-6):
    X, shares = as_table(X), np.array(responsibilities, dtype="float64")
    if np.isnan(X).any() or shares.ndim != 2 or len(shares) != len(X):
        raise ValueError("NaN, or shares of other rows")
    weights, means, covariances = zip(*estimate(X, shares, None, reg_covar * variance_scale(X)), strict=True)
    return list(weights), [mean.tolist() for mean in means], [covariance.tolist() for covariance in covariances]


def select_n_components(X, candidates, *, random_state=None):
    if len(candidates) == 0:
        raise ValueError("no candidates")
    bics = [GaussianMixture(k, n_init=10, random_state=random_state).fit(X).bic(X) for k in candidates]
    lowest = min(bics)
    return min(k for k, value in zip(candidates, bics, strict=True) if value == lowest), bics
