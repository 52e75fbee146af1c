"""The two steps of EM, as pure functions against a slow second implementation."""

import math

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number, pair


def random_mixture(rng, k, d, spread=2.0):
    """Draw weights, means and full covariances of a mixture whose components overlap."""
    weights = rng.uniform(1, 3, size=k)
    roots = rng.normal(size=(k, d, d)) + 1.5 * np.eye(d)
    covariances = roots @ roots.transpose(0, 2, 1) + 0.2 * np.eye(d)
    return weights / weights.sum(), spread * rng.normal(size=(k, d)), covariances


def log_joint(X, weights, means, covariances):
    """Return log(weight × density) of each row and component, shape (n, k): the definition, in loops."""
    table = np.zeros((len(X), len(weights)))
    for i, row in enumerate(X):
        for j, (weight, mean, covariance) in enumerate(zip(weights, means, covariances, strict=True)):
            gap = row - mean
            square = gap @ np.linalg.solve(covariance, gap)
            size = np.linalg.slogdet(2 * np.pi * covariance)[1]
            table[i, j] = math.log(weight) - (size + square) / 2
    return table


def checked_e_step(candidate, X, weights, means, covariances, *, finite=True):
    """Return what the submission's e_step gives, checked for type and shape."""
    result = candidate.em.e_step(X, weights, means, covariances)
    logs, mean = pair(result, name="e_step(…)")
    logs = array(logs, shape=(len(X), len(weights)), name="the log responsibilities", finite=finite)
    return logs, number(mean, name="the mean log-likelihood")


def checked_m_step(candidate, X, responsibilities, **settings):
    """Return what the submission's m_step gives, checked for type and shape."""
    result = candidate.em.m_step(X, responsibilities, **settings)
    assert isinstance(result, (tuple, list)), "m_step should return weights, means and covariances"
    assert len(result) == 3, "m_step should return weights, means and covariances"
    k, d = np.shape(responsibilities)[1], np.shape(X)[1]
    shapes = {"weights": (k,), "means": (k, d), "covariances": (k, d, d)}
    return [array(part, shape=shapes[name], name=name) for name, part in zip(shapes, result, strict=True)]


def soft_assignment(rng, n, k):
    """Draw responsibilities: positive, unequal between components, rows that sum to 1."""
    raw = rng.uniform(0.05, 1, size=(n, k)) * np.arange(1, k + 1)
    return raw / raw.sum(axis=1, keepdims=True)


def weighted_estimates(X, responsibilities, floor):
    """Return weights, means and covariances by their definitions, in loops."""
    n, k = responsibilities.shape
    d = X.shape[1]
    weights, means, covariances = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d))
    for j in range(k):
        share = responsibilities[:, j]
        weights[j] = share.sum() / n
        for i in range(n):
            means[j] += share[i] * X[i] / share.sum()
        for i in range(n):
            covariances[j] += share[i] * np.outer(X[i] - means[j], X[i] - means[j]) / share.sum()
        covariances[j] += floor * np.eye(d)
    return weights, means, covariances


@pytest.mark.criterion("e_step")
def test_responsibilities_follow_bayes_rule(candidate, rng):
    """A component's share of a row is its weight times its density, over the sum of these; in logarithms."""
    mixture = random_mixture(rng, 3, 3)
    X = 2 * rng.normal(size=(30, 3))
    logs, _ = checked_e_step(candidate, X, *mixture)
    joint = log_joint(X, *mixture)
    expected = joint - np.log(np.exp(joint - joint.max()).sum(axis=1, keepdims=True)) - joint.max()
    assert_close(np.exp(logs).sum(axis=1), np.ones(30), atol=1e-5, name="the sums of the responsibilities")
    assert_close(logs, expected, rtol=1e-6, atol=1e-6, name="the log responsibilities")


@pytest.mark.criterion("e_step")
def test_the_log_likelihood_is_the_mean_over_rows(candidate, rng):
    """The mean of log Σ weight × density: with the constant (2π)^(-d/2), and not the sum over rows."""
    mixture = random_mixture(rng, 2, 3)
    X = 2 * rng.normal(size=(25, 3))
    _, mean = checked_e_step(candidate, X, *mixture)
    rows = np.log(np.exp(log_joint(X, *mixture)).sum(axis=1))
    assert_close(mean, rows.mean(), rtol=1e-6, atol=1e-6, name="the mean log-likelihood")
    _, twice = checked_e_step(candidate, np.vstack([X, X]), *mixture)
    assert_close(twice, rows.mean(), rtol=1e-6, atol=1e-6, name="the mean log-likelihood of all rows twice")


@pytest.mark.criterion("e_step")
def test_one_column_gives_the_familiar_density(candidate, rng):
    """With one column and one component the log-likelihood is that of the normal distribution of schoolbooks."""
    centre, variance = rng.uniform(-3, 3), rng.uniform(2, 5)
    X = centre + 2 * rng.normal(size=(12, 1))
    logs, mean = checked_e_step(candidate, X, [1.0], [[centre]], [[[variance]]])
    densities = [
        math.exp(-((x - centre) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance) for x in X[:, 0].tolist()
    ]
    assert_close(logs, np.zeros((12, 1)), atol=1e-6, name="the log responsibilities of the only component")
    assert_close(mean, np.mean(np.log(densities)), rtol=1e-6, atol=1e-6, name="the mean log-likelihood")


@pytest.mark.criterion("e_step")
def test_a_linear_map_of_the_data_changes_no_responsibility(candidate, rng):
    """Full covariances follow any linear map: responsibilities stay, the log-likelihood falls by log |det A|."""
    weights, means, covariances = random_mixture(rng, 3, 3)
    X = 2 * rng.normal(size=(20, 3))
    left, right = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2))
    A = left * rng.uniform(1.5, 6, size=3) @ right
    plain, level = checked_e_step(candidate, X, weights, means, covariances)
    moved = checked_e_step(candidate, X @ A.T + 5, weights, means @ A.T + 5, A @ covariances @ A.T)
    assert np.ptp(plain) > 0.1, "the rows should differ in their responsibilities"
    assert_close(moved[0], plain, rtol=1e-5, atol=1e-5, name="the log responsibilities after the map")
    shift = np.linalg.slogdet(A)[1]
    assert_close(moved[1], level - shift, rtol=1e-5, atol=1e-5, name="the mean log-likelihood after the map")


@pytest.mark.criterion("e_step")
def test_a_weight_of_zero_takes_no_row(candidate, rng):
    """log 0 is -inf, which is right: such a component gets nothing, the others share as if it were not there."""
    weights, means, covariances = random_mixture(rng, 3, 2)
    weights = np.array([weights[0], 0.0, 1 - weights[0]])
    X = 2 * rng.normal(size=(15, 2))
    logs, mean = checked_e_step(candidate, X, weights, means, covariances, finite=False)
    joint = log_joint(X, weights[[0, 2]], means[[0, 2]], covariances[[0, 2]])
    total = np.log(np.exp(joint).sum(axis=1))
    assert np.all(np.isneginf(logs[:, 1])), "the log responsibility of a component of weight 0 should be -inf"
    assert_close(logs[:, [0, 2]], joint - total[:, None], rtol=1e-6, atol=1e-6, name="the log responsibilities")
    assert_close(mean, total.mean(), rtol=1e-6, atol=1e-6, name="the mean log-likelihood")


@pytest.mark.criterion("e_step")
def test_lists_and_whole_numbers_are_as_good_as_floats(candidate, rng):
    """Nested lists, uint8 and float32 give what the same numbers give in float64."""
    weights = [0.25, 0.75]
    means = rng.integers(60, 200, size=(2, 2))
    covariances = [[[900, 300], [300, 800]], [[700, -200], [-200, 900]]]
    X = rng.integers(0, 256, size=(12, 2))
    joint = log_joint(X.astype(float), weights, means, np.array(covariances, dtype=float))
    total = np.log(np.exp(joint - joint.max()).sum(axis=1)) + joint.max()
    kinds = [X.astype(np.uint8), X.astype(np.float32), X.tolist()]
    for rows, centres in zip(kinds, [means.astype(np.uint8), means, means.tolist()], strict=True):
        logs, mean = checked_e_step(candidate, rows, weights, centres, covariances)
        assert_close(logs, joint - total[:, None], rtol=1e-6, atol=1e-6, name="the log responsibilities")
        assert_close(mean, total.mean(), rtol=1e-6, name="the mean log-likelihood")


@pytest.mark.criterion("m_step")
def test_estimates_are_weighted_by_the_responsibilities(candidate, rng):
    """Weights, means and covariances are the weighted maximum-likelihood estimates, about the new means."""
    X = rng.normal(size=(30, 3)) @ (rng.normal(size=(3, 3)) + 2 * np.eye(3)) + 5
    for k in (3, 1):
        shares = soft_assignment(rng, 30, k)
        found = checked_m_step(candidate, X, shares, reg_covar=0.0)
        expected = weighted_estimates(X, shares, 0.0)
        for name, got, want in zip(("weights", "means", "covariances"), found, expected, strict=True):
            assert_close(got, want, rtol=1e-6, atol=1e-6, name=name)


@pytest.mark.criterion("m_step")
def test_the_floor_is_relative_to_the_mean_variance_of_the_columns(candidate, rng):
    """reg_covar times the mean variance of X is added to each diagonal, whatever the component's own spread."""
    X = rng.normal(size=(30, 3)) * rng.uniform(1, 6, size=3)
    shares, part = soft_assignment(rng, 30, 2), rng.uniform(0.1, 0.5)
    plain = weighted_estimates(X, shares, 0.0)[2]
    found = checked_m_step(candidate, X, shares, reg_covar=part)[2]
    added = part * X.var(axis=0).mean()
    assert_close(found - plain, np.tile(added * np.eye(3), (2, 1, 1)), rtol=1e-5, atol=1e-5, name="what was added")


@pytest.mark.criterion("m_step")
def test_the_floor_is_a_millionth_by_default(candidate, rng):
    """A column that does not vary within a component is left with a variance of 1e-6 times the mean variance."""
    X = np.column_stack([5 * rng.normal(size=20), np.repeat([-2.0, 2.0], 10), 4 * rng.normal(size=20)])
    covariances = checked_m_step(candidate, X, np.repeat(np.eye(2), 10, axis=0))[2]
    floor = 1e-6 * X.var(axis=0).mean()
    assert_close(covariances[:, 1, 1], [floor, floor], rtol=1e-4, name="the variance of a constant column")
    own = np.var(X[:10, 0])
    assert_close(covariances[0, 0, 0], own + floor, rtol=1e-6, name="the variance of another column")


@pytest.mark.criterion("m_step")
def test_an_empty_component_stays_finite(candidate, rng):
    """Without any responsibility there is no 0/0: weight 0, and the mean and covariance of all rows."""
    X = 3 * rng.normal(size=(25, 2)) + 4
    shares = np.insert(soft_assignment(rng, 25, 2), 1, 0.0, axis=1)
    weights, means, covariances = checked_m_step(candidate, X, shares, reg_covar=0.0)
    others = weighted_estimates(X, shares[:, [0, 2]], 0.0)
    assert_close(weights, [others[0][0], 0.0, others[0][1]], rtol=1e-6, atol=1e-9, name="weights")
    assert_close(means[1], X.mean(axis=0), rtol=1e-6, atol=1e-6, name="the mean of the empty component")
    own = np.cov(X.T, bias=True)
    assert_close(covariances[1], own, rtol=1e-6, atol=1e-6, name="the covariance of the empty component")
    assert_close(means[[0, 2]], others[1], rtol=1e-6, atol=1e-6, name="the means of the others")


@pytest.mark.criterion("m_step")
def test_lists_and_pixels_give_the_estimates_of_floats(candidate, rng):
    """Nested lists and uint8 are averaged as the same numbers in float64: nothing wraps round at 256."""
    X = rng.integers(0, 256, size=(20, 2))
    shares = soft_assignment(rng, 20, 2)
    expected = weighted_estimates(X.astype(float), shares, 0.0)
    for rows, parts in ((X.astype(np.uint8), shares), (X.tolist(), shares.tolist())):
        found = checked_m_step(candidate, rows, parts, reg_covar=0.0)
        for name, got, want in zip(("weights", "means", "covariances"), found, expected, strict=True):
            assert_close(got, want, rtol=1e-6, atol=1e-5, name=name)
