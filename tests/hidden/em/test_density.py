"""What a fitted model tells: all of it follows from its attributes, whatever fit made of the data."""

import math

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, number


def fitted(candidate, X, k, **settings):
    """Return a model of the submission that was fitted to X."""
    model = candidate.em.GaussianMixture(k, **settings)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    model.fit(X)
    return model


def attributes(model, k, d):
    """Return weights, means and covariances of a fitted model, checked for type and shape."""
    return (
        array(model.weights_, shape=(k,), name="weights_"),
        array(model.means_, shape=(k, d), name="means_"),
        array(model.covariances_, shape=(k, d, d), name="covariances_"),
    )


def log_joint(X, weights, means, covariances):
    """Return log(weight × density) of each row and component, shape (n, k)."""
    columns = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        gaps = X - mean
        squares = np.sum(gaps * np.linalg.solve(covariance, gaps.T).T, axis=1)
        columns.append(math.log(weight) - (np.linalg.slogdet(2 * np.pi * covariance)[1] + squares) / 2)
    return np.column_stack(columns)


def problem(rng):
    """Draw two overlapping clusters of unequal weight, and other rows to ask about."""
    side = rng.permutation(np.repeat([0, 1], [110, 60]))
    X = rng.normal(size=(170, 2)) * [1.0, 2.0] + np.outer(side, [3.5, 2.0])
    return X, rng.normal(size=(40, 2)) * 2 + [1.5, 1.0]


@pytest.mark.criterion("density")
def test_log_densities_follow_from_the_attributes(candidate, rng):
    """score_samples is log Σ weight × density under weights_, means_ and covariances_, for rows never seen too."""
    X, Q = problem(rng)
    model = fitted(candidate, X, 2, random_state=1)
    expected = np.log(np.exp(log_joint(Q, *attributes(model, 2, 2))).sum(axis=1))
    found = array(model.score_samples(Q), shape=(40,), name="score_samples(X)")
    assert_close(found, expected, rtol=1e-5, atol=1e-5, name="score_samples(X)")


@pytest.mark.criterion("density")
def test_score_is_the_mean_log_density(candidate, rng):
    """score averages over the rows given, so that samples of different size can be compared."""
    X, Q = problem(rng)
    model = fitted(candidate, X, 2, random_state=1)
    for rows in (X, Q, Q[:1]):
        expected = np.log(np.exp(log_joint(rows, *attributes(model, 2, 2))).sum(axis=1)).mean()
        assert_close(number(model.score(rows), name="score(X)"), expected, rtol=1e-5, atol=1e-5, name="score(X)")


@pytest.mark.criterion("density")
def test_probabilities_are_the_responsibilities(candidate, rng):
    """predict_proba gives each component's share of each row, not its density, in the order of means_."""
    X, Q = problem(rng)
    model = fitted(candidate, X, 2, random_state=1)
    joint = np.exp(log_joint(Q, *attributes(model, 2, 2)))
    found = array(model.predict_proba(Q), shape=(40, 2), name="predict_proba(X)")
    assert_close(found.sum(axis=1), np.ones(40), rtol=1e-5, name="the sums of predict_proba(X)")
    assert_close(found, joint / joint.sum(axis=1, keepdims=True), atol=1e-5, name="predict_proba(X)")


@pytest.mark.criterion("density")
def test_the_prediction_is_the_likeliest_component(candidate, rng):
    """predict takes the highest responsibility, weight and covariance included: not the nearest mean."""
    X, Q = problem(rng)
    Q = np.vstack([Q, rng.normal(size=(360, 2)) * 2 + [1.5, 1.0]])
    model = fitted(candidate, X, 2, random_state=1)
    joint = log_joint(Q, *attributes(model, 2, 2))
    clear = np.abs(joint[:, 0] - joint[:, 1]) > 1e-3
    predicted = array(model.predict(Q), shape=(400,), kind="int", name="predict(X)")
    assert_same(predicted[clear], joint.argmax(axis=1)[clear], name="predict(X)")


@pytest.mark.criterion("density")
def test_bic_counts_every_free_parameter(candidate, rng):
    """BIC = -2 log L + p log n with p = (k - 1) + kd + kd(d + 1)/2, on the rows given and with their number."""
    X = rng.normal(size=(150, 3)) + np.outer(np.arange(150) % 3, [4.0, 0.0, -3.0])
    model = fitted(candidate, X, 3, random_state=2)
    for rows in (X, X[:50] + 0.5 * rng.normal(size=(50, 3))):
        total = np.log(np.exp(log_joint(rows, *attributes(model, 3, 3))).sum(axis=1)).sum()
        expected = -2 * total + (2 + 9 + 18) * math.log(len(rows))
        assert_close(number(model.bic(rows), name="bic(X)"), expected, rtol=1e-5, atol=1e-3, name="bic(X)")


@pytest.mark.criterion("density")
def test_asking_changes_nothing(candidate, rng):
    """A row's answer does not depend on the rows asked with it, and no method fits the model again."""
    X, Q = problem(rng)
    model = fitted(candidate, X, 2, n_init=10, random_state=1)
    before = attributes(model, 2, 2)
    whole = array(model.predict_proba(Q), shape=(40, 2), name="predict_proba(X)")
    assert np.ptp(whole[:, 0]) > 0.5, "the rows should differ in their responsibilities"
    for ask in (model.predict, model.score_samples, model.score, model.bic):
        ask(Q[20:])
    few = array(model.predict_proba(Q[20:]), shape=(20, 2), name="predict_proba(X)")
    assert_close(few, whole[20:], atol=1e-9, name="predict_proba of some of the rows")
    for name, old, new in zip(("weights_", "means_", "covariances_"), before, attributes(model, 2, 2), strict=True):
        assert_close(new, old, rtol=0, name=f"{name} after the questions")
