"""Speed, as CPU time relative to the reference and as growth with the number of rows."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_at_most, assert_close, cpu_growth, cpu_ratio, pair


def mixture():
    """Return a mixture of three components in four columns."""
    means = np.zeros((3, 4))
    means[1, 0], means[2, 1] = 4.0, 5.0
    return np.array([0.5, 0.3, 0.2]), means, np.stack([np.eye(4), 2 * np.eye(4), 0.5 * np.eye(4)])


def soft_assignment(rng, n, k=3):
    """Draw responsibilities: positive, rows that sum to 1."""
    raw = rng.uniform(0.05, 1, size=(n, k))
    return raw / raw.sum(axis=1, keepdims=True)


def check_moments(result, X, shares):
    """Check the weights and one covariance of an M-step, so that a fast answer is a right one too."""
    assert isinstance(result, (tuple, list)), "m_step should return weights, means and covariances"
    assert len(result) == 3, "m_step should return weights, means and covariances"
    k, d = shares.shape[1], X.shape[1]
    assert_close(array(result[0], shape=(k,), name="weights"), shares.mean(axis=0), rtol=1e-3, name="weights")
    own = np.cov(X.T, aweights=shares[:, 0], bias=True)
    found = array(result[2], shape=(k, d, d), name="covariances")[0]
    assert_close(found, own, rtol=1e-3, atol=1e-3, name="the first covariance")


def likelihood_of(X, model, k=3):
    """Return the mean log-likelihood of rows under the parameters of a model, whatever it says itself."""
    d = X.shape[1]
    weights = array(model.weights_, shape=(k,), name="weights_")
    means = array(model.means_, shape=(k, d), name="means_")
    covariances = array(model.covariances_, shape=(k, d, d), name="covariances_")
    gaps = X[:, None] - means
    squares = np.einsum("nkd,kde,nke->nk", gaps, np.linalg.inv(covariances), gaps)
    logs = np.log(np.maximum(weights, 1e-300)) - (squares + np.linalg.slogdet(2 * np.pi * covariances)[1]) / 2
    return np.logaddexp.reduce(logs, axis=1).mean()


@pytest.mark.criterion("speed")
def test_responsibilities_of_many_rows_need_no_loop(candidate, reference, rng):
    """The E-step of 40,000 rows costs a small multiple of whole-array operations."""
    weights, means, covariances = mixture()
    X = 2 * rng.normal(size=(40_000, 4)) + 1
    found = []

    def work(subject, turn):
        found.append(subject.em.e_step(X, weights, means, covariances))

    ratio = cpu_ratio(work, candidate, reference, limit=20, rounds=4)
    logs = array(pair(found[-1], name="e_step(…)")[0], shape=(40_000, 3), name="the log responsibilities")[::4000]
    squares = ((X[::4000, None, :] - means) ** 2).sum(axis=2) / covariances[:, 0, 0]
    joint = np.log(weights) - 2 * np.log(covariances[:, 0, 0]) - squares / 2
    expected = joint - np.logaddexp.reduce(joint, axis=1)[:, None]
    assert_close(logs, expected, rtol=1e-4, atol=1e-4, name="the log responsibilities")
    assert_at_most(ratio, 20, name="CPU time of e_step over that of the reference")


@pytest.mark.criterion("speed")
def test_estimates_from_many_rows_need_no_loop(candidate, reference, rng):
    """The M-step of 60,000 rows costs a small multiple of whole-array operations."""
    X, shares = 2 * rng.normal(size=(60_000, 4)) + 1, soft_assignment(rng, 60_000)
    found = []

    def work(subject, turn):
        found.append(subject.em.m_step(X, shares))

    ratio = cpu_ratio(work, candidate, reference, limit=20, rounds=4)
    check_moments(found[-1], X, shares)
    assert_at_most(ratio, 20, name="CPU time of m_step over that of the reference")


@pytest.mark.criterion("speed")
def test_a_fit_to_many_rows_needs_no_loop(candidate, reference, rng):
    """Ten iterations on 8,000 rows, starts included, cost a small multiple of whole-array operations."""
    X = rng.normal(size=(8000, 3)) + np.outer(np.arange(8000) % 3, [2.0, 1.0, -1.0])
    models = []

    def work(subject, turn):
        model = subject.em.GaussianMixture(3, max_iter=10, tol=0.0, random_state=turn)
        assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
        model.fit(X)
        models.append(model)

    ratio = cpu_ratio(work, candidate, reference, limit=20, rounds=4)
    single = -(3 + np.linalg.slogdet(2 * np.pi * np.cov(X.T))[1]) / 2
    likelihood = likelihood_of(X, models[-1])
    assert likelihood > single - 0.01, f"three components fit worse than one: {likelihood:.6g} against {single:.6g}"
    assert_at_most(ratio, 20, name="CPU time of fit over that of the reference")


@pytest.mark.criterion("speed")
def test_time_and_memory_grow_with_the_number_of_rows(candidate, reference, rng):
    """Responsibilities scale rows; an n × n diagonal matrix of them would grow with the square of n."""
    X, shares = 2 * rng.normal(size=(8000, 4)), soft_assignment(rng, 8000)
    found = []

    def work(subject, size):
        for _ in range(4):
            result = subject.em.m_step(X[:size], shares[:size])
        if subject is candidate:
            found.append(result)

    slope = cpu_growth(work, candidate, reference, [2000, 4000, 8000])
    check_moments(found[-1], X, shares)
    assert_at_most(slope, 1.6, name="the exponent with which the time of m_step grows")
