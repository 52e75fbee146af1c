"""Where the arithmetic is hard: far rows, many columns, singular data, units and offsets."""

import math

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number, pair


def fitted(candidate, X, k, **settings):
    """Return a model of the submission that was fitted to X."""
    model = candidate.em.GaussianMixture(k, **settings)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    model.fit(X)
    return model


def attributes(model, k, d):
    """Return weights, means and covariances of a fitted model, checked for type, shape and definiteness."""
    covariances = array(model.covariances_, shape=(k, d, d), name="covariances_")
    assert np.linalg.eigvalsh(covariances).min() > 0, "the eigenvalues of covariances_ should all be above 0"
    weights, means = (
        array(model.weights_, shape=(k,), name="weights_"),
        array(model.means_, shape=(k, d), name="means_"),
    )
    assert_close(weights.sum(), 1.0, atol=1e-6, name="the sum of weights_")
    return weights, means, covariances


def checked_e_step(candidate, X, weights, means, covariances):
    """Return what the submission's e_step gives, checked for type and shape."""
    logs, mean = pair(candidate.em.e_step(X, weights, means, covariances), name="e_step(…)")
    logs = array(logs, shape=(len(X), len(weights)), name="the log responsibilities")
    return logs, number(mean, name="the mean log-likelihood")


def log_joint(X, weights, means, covariances):
    """Return log(weight × density) of each row and component, shape (n, k)."""
    columns = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        gaps = X - mean
        squares = np.sum(gaps * np.linalg.solve(covariance, gaps.T).T, axis=1)
        columns.append(math.log(weight) - (np.linalg.slogdet(2 * np.pi * covariance)[1] + squares) / 2)
    return np.column_stack(columns)


def two_clusters(rng, n=80, d=2):
    """Draw two clusters far apart, and which of the two each row belongs to."""
    groups = rng.permutation(np.repeat([0, 1], [n * 5 // 8, n - n * 5 // 8]))
    return rng.normal(size=(n, d)) + np.outer(groups, np.full(d, 16.0 / np.sqrt(d))), groups


def check_clusters(model, X, groups):
    """Check that each cluster is one component, and each component one cluster."""
    predicted = array(model.predict(X), shape=(len(X),), kind="int", name="predict(X)")
    assert len(set(zip(groups.tolist(), predicted.tolist(), strict=True))) == groups.max() + 1, (
        "each cluster should be found as one component"
    )
    assert len(set(predicted.tolist())) == groups.max() + 1, "each cluster should be a component of its own"


@pytest.mark.criterion("underflow")
def test_a_row_far_from_all_components_is_shared_rightly(candidate, rng):
    """At a thousand standard deviations every density is 0 in floating point, and log-sum-exp still compares them."""
    weights, variances = np.array([0.2, 0.5, 0.3]), rng.uniform(0.5, 2, size=3)
    means = rng.normal(size=(3, 2))
    far = rng.choice([-1.0, 1.0], size=(12, 2)) * 10.0 ** rng.uniform(2, 4, size=(12, 1))
    logs, mean = checked_e_step(candidate, far, weights, means, variances[:, None, None] * np.eye(2))
    squares = ((far[:, None, :] - means) ** 2).sum(axis=2) / variances
    joint = np.log(weights) - np.log(2 * np.pi * variances) - squares / 2
    total = np.logaddexp.reduce(joint, axis=1)
    assert_close(logs, joint - total[:, None], rtol=1e-5, atol=1e-5, name="the log responsibilities of far rows")
    assert_close(mean, total.mean(), rtol=1e-5, name="the mean log-likelihood of far rows")


@pytest.mark.criterion("underflow")
def test_components_far_from_each_other_keep_their_logarithms(candidate, rng):
    """The log responsibility of a component sixty standard deviations away is about -1800, and not -inf."""
    weights = np.array([0.3, 0.3, 0.4])
    means = np.array([[-60.0, 0.0], [0.0, 0.0], [60.0, 0.0]]) + rng.normal(size=(3, 2))
    X = means[rng.permutation(np.arange(12) % 3)] + rng.normal(size=(12, 2))
    covariances = np.tile(np.eye(2), (3, 1, 1))
    logs, mean = checked_e_step(candidate, X, weights, means, covariances)
    joint = log_joint(X, weights, means, covariances)
    total = np.logaddexp.reduce(joint, axis=1)
    assert_close(logs, joint - total[:, None], rtol=1e-6, atol=1e-6, name="the log responsibilities")
    assert_close(mean, total.mean(), rtol=1e-6, name="the mean log-likelihood")


@pytest.mark.criterion("underflow")
def test_far_queries_of_a_fitted_model_have_answers(candidate, rng):
    """Log densities of far queries are finite and right, and their responsibilities sum to 1."""
    X, _ = two_clusters(rng)
    model = fitted(candidate, X, 2, n_init=5, random_state=int(rng.integers(1000)))
    far = np.array([[300.0, 250.0], [-400.0, -320.0], [5000.0, -5200.0]]) * rng.uniform(0.9, 1.1)
    joint = log_joint(far, *attributes(model, 2, 2))
    total = np.logaddexp.reduce(joint, axis=1)
    found = array(model.score_samples(far), shape=(3,), name="score_samples(X)")
    assert_close(found, total, rtol=1e-5, name="score_samples of far queries")
    shares = array(model.predict_proba(far), shape=(3, 2), name="predict_proba(X)")
    assert_close(shares.sum(axis=1), np.ones(3), rtol=1e-5, name="the sums of predict_proba(X)")
    assert_close(shares, np.exp(joint - total[:, None]), atol=1e-4, name="predict_proba of far queries")


@pytest.mark.criterion("underflow")
def test_four_hundred_columns_have_a_determinant(candidate, rng):
    """The determinant of a 400 × 400 covariance is 1e-1300 or 1e+1300; its logarithm is an ordinary number."""
    d, weights = 400, np.array([0.35, 0.65])
    for scale in (0.02, 50.0):
        means = scale * 0.05 * rng.normal(size=(2, d))
        root = np.eye(d) + 0.02 * rng.normal(size=(d, d))
        covariances = scale**2 * np.stack([root @ root.T, 1.02 * np.eye(d)])
        X = scale * rng.normal(size=(6, d))
        logs, mean = checked_e_step(candidate, X, weights, means, covariances)
        joint = log_joint(X, weights, means, covariances)
        total = np.logaddexp.reduce(joint, axis=1)
        assert_close(logs, joint - total[:, None], rtol=1e-5, atol=1e-4, name="the log responsibilities")
        assert_close(mean, total.mean(), rtol=1e-6, name="the mean log-likelihood")


@pytest.mark.criterion("underflow")
def test_a_fit_in_many_columns_has_a_likelihood(candidate, rng):
    """One Gaussian in 300 columns of large spread: its maximum likelihood is known, and finite."""
    X = 50.0 * rng.normal(size=(400, 300))
    model = fitted(candidate, X, 1, max_iter=3, random_state=0)
    covariance = np.cov(X.T, bias=True)
    floor = 1e-6 * X.var(axis=0).mean()
    expected = log_joint(X, [1.0], [X.mean(axis=0)], [covariance + floor * np.eye(300)]).mean()
    assert_close(number(model.score(X), name="score(X)"), expected, rtol=1e-5, name="score(X)")


@pytest.mark.criterion("singular")
def test_a_constant_column_is_no_obstacle(candidate, rng):
    """A column that never varies makes every covariance singular; the floor makes it positive definite again."""
    X, groups = two_clusters(rng)
    X = np.insert(X, 1, rng.integers(-9, 10), axis=1)
    model = fitted(candidate, X, 2, n_init=20, random_state=int(rng.integers(1000)))
    covariances = attributes(model, 2, 3)[2]
    check_clusters(model, X, groups)
    floor = 1e-6 * X.var(axis=0).mean()
    assert_close(covariances[:, 1, 1], [floor, floor], rtol=1e-3, name="the variance of the constant column")


@pytest.mark.criterion("singular")
def test_equal_columns_are_no_obstacle(candidate, rng):
    """A column given twice makes every covariance singular: fit, and every answer, stays finite."""
    X, groups = two_clusters(rng)
    X = np.column_stack([X, X[:, 0]])
    model = fitted(candidate, X, 2, n_init=20, random_state=int(rng.integers(1000)))
    parameters = attributes(model, 2, 3)
    check_clusters(model, X, groups)
    found = array(model.score_samples(X), shape=(len(X),), name="score_samples(X)")
    expected = np.logaddexp.reduce(log_joint(X, *parameters), axis=1)
    assert_close(found, expected, rtol=1e-4, atol=1e-4, name="score_samples(X)")


@pytest.mark.criterion("singular")
def test_components_may_sit_on_repeated_rows(candidate, rng):
    """Three points, each many times over: a component on one of them has the floor alone for its covariance."""
    points = np.array([[0.0, 0.0], [10.0, 1.0], [3.0, 9.0]]) + rng.integers(-1, 2, size=(3, 2))
    groups = rng.permutation(np.repeat([0, 1, 2], [20, 16, 14]))
    X = points[groups]
    model = fitted(candidate, X, 3, n_init=20, random_state=int(rng.integers(1000)))
    _, means, covariances = attributes(model, 3, 2)
    check_clusters(model, X, groups)
    floor = 1e-6 * X.var(axis=0).mean()
    assert_close(covariances, np.tile(floor * np.eye(2), (3, 1, 1)), rtol=1e-3, atol=1e-9, name="covariances_")
    nearest = ((means[:, None] - points) ** 2).sum(axis=2).argmin(axis=0)
    assert_close(means[nearest], points, atol=1e-6, name="means_")
    array(model.score_samples(X), shape=(50,), name="score_samples(X)")


@pytest.mark.criterion("singular")
def test_fewer_rows_than_columns_are_no_obstacle(candidate, rng):
    """Twelve rows span eleven directions of twenty: the floor gives the others a variance."""
    X = rng.normal(size=(12, 20))
    model = fitted(candidate, X, 1, random_state=0)
    _, means, covariances = attributes(model, 1, 20)
    own = np.cov(X.T, bias=True) + 1e-6 * X.var(axis=0).mean() * np.eye(20)
    assert_close(means[0], X.mean(axis=0), atol=1e-6, name="means_")
    assert_close(covariances[0], own, rtol=1e-6, atol=1e-8, name="covariances_")
    expected = log_joint(X, [1.0], [X.mean(axis=0)], [own]).mean()
    assert_close(number(model.score(X), name="score(X)"), expected, rtol=1e-4, name="score(X)")


@pytest.mark.criterion("singular")
def test_rows_that_are_all_equal_are_no_obstacle(candidate, rng):
    """Where nothing varies there is no variance to be relative to: reg_covar itself is the floor."""
    row = rng.integers(-9, 10, size=3).astype(float)
    X = np.tile(row, (16, 1))
    _, means, covariances = attributes(fitted(candidate, X, 2, reg_covar=1e-3, random_state=1), 2, 3)
    assert_close(means, [row, row], atol=1e-6, name="means_")
    assert_close(covariances, np.tile(1e-3 * np.eye(3), (2, 1, 1)), rtol=1e-6, atol=1e-9, name="covariances_")


@pytest.mark.criterion("singular")
def test_the_unit_of_the_data_does_not_matter(candidate, rng):
    """Grams or tons: means scale with the unit, covariances and their floor with its square, and clusters stay."""
    X, groups = two_clusters(rng)
    flat = np.column_stack([X, np.full(len(X), 3.0)])
    floor = 1e-6 * flat.var(axis=0).mean()
    for unit in (1e-4, 1e4):
        model = fitted(candidate, unit * flat, 2, n_init=20, random_state=int(rng.integers(1000)))
        upright = attributes(model, 2, 3)[2][:, 2, 2]
        check_clusters(model, unit * flat, groups)
        assert_close(upright / unit**2, [floor, floor], rtol=1e-3, name="the variance of a constant column")
        model = fitted(candidate, unit * X, 2, n_init=20, random_state=int(rng.integers(1000)))
        _, means, covariances = attributes(model, 2, 2)
        check_clusters(model, unit * X, groups)
        order = [int(np.argmin(((means / unit - X[groups == g].mean(axis=0)) ** 2).sum(axis=1))) for g in (0, 1)]
        for g in (0, 1):
            rows = X[groups == g]
            assert_close(means[order[g]] / unit, rows.mean(axis=0), atol=1e-2, name="means_ over the unit")
            own = np.cov(rows.T, bias=True)
            assert_close(covariances[order[g]] / unit**2, own, atol=1e-2, name="covariances_ over the unit squared")


@pytest.mark.criterion("singular")
def test_an_offset_of_a_million_costs_no_digit(candidate, rng):
    """Covariances are sums of squared deviations: at 1e6, E[xx'] - mean mean' would lose what they measure."""
    X = rng.normal(size=(40, 3)) + 1e6
    shares = rng.uniform(0.1, 1, size=(40, 2))
    shares /= shares.sum(axis=1, keepdims=True)
    result = candidate.em.m_step(X, shares, reg_covar=0.0)
    assert isinstance(result, (tuple, list)), "m_step should return weights, means and covariances"
    assert len(result) == 3, "m_step should return weights, means and covariances"
    found = array(result[2], shape=(2, 3, 3), name="covariances")
    centred = X - 1e6
    for j in range(2):
        own = np.cov(centred.T, aweights=shares[:, j], bias=True)
        assert_close(found[j], own, rtol=1e-6, atol=1e-6, name="covariances")
