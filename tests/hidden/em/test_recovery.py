"""Planted clusters: far apart, of unequal weight, found whatever the seed."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close


def fitted(candidate, X, k, **settings):
    """Return a model of the submission that was fitted to X with twenty runs."""
    model = candidate.em.GaussianMixture(k, n_init=20, **settings)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    model.fit(X)
    return model


def planted(rng, shares, d=2, distance=15.0, n=200):
    """Draw round clusters with exact shares, and which cluster each row belongs to.

    The centres are the corners of a simplex, turned at random: any two of them are equally far apart.
    """
    k = len(shares)
    groups = rng.permutation(np.repeat(np.arange(k), np.round(np.array(shares) * n).astype(int)))
    if d >= k:
        corners = np.eye(k, d) * distance / np.sqrt(2)
    else:
        corners = distance * np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])[:k, :d]
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return rng.normal(size=(n, d)) + (corners @ turn)[groups], groups


def matching(model, X, groups):
    """Return for each cluster the component that took all of its rows; they must be different ones."""
    k = groups.max() + 1
    predicted = array(model.predict(X), shape=(len(X),), kind="int", name="predict(X)")
    taken = [set(predicted[groups == g].tolist()) for g in range(k)]
    assert all(len(members) == 1 for members in taken), "each planted cluster should be found as one component"
    order = [members.pop() for members in taken]
    assert sorted(order) == list(range(k)), "each planted cluster should be found as a component of its own"
    return order


@pytest.mark.criterion("recovery")
def test_clusters_far_apart_are_found_with_any_seed(candidate, rng):
    """Three clusters, fifteen standard deviations apart, are three components, whatever the seed of the starts."""
    X, groups = planted(rng, [0.4, 0.3, 0.3])
    for seed in rng.integers(100_000, size=4).tolist():
        matching(fitted(candidate, X, 3, random_state=seed), X, groups)


@pytest.mark.criterion("recovery")
def test_unequal_weights_are_recovered(candidate, rng):
    """weights_ holds the shares of the clusters, 65%, 20% and 15%, and not a third each."""
    X, groups = planted(rng, [0.65, 0.2, 0.15])
    model = fitted(candidate, X, 3, random_state=int(rng.integers(1000)))
    weights = array(model.weights_, shape=(3,), name="weights_")
    assert_close(weights.sum(), 1.0, atol=1e-6, name="the sum of weights_")
    assert_close(weights[matching(model, X, groups)], [0.65, 0.2, 0.15], atol=1e-3, name="weights_")


@pytest.mark.criterion("recovery")
def test_means_and_covariances_are_those_of_the_clusters(candidate, rng):
    """Where no row is in doubt, a component has the mean and the covariance (by N) of the rows of its cluster."""
    X, groups = planted(rng, [0.5, 0.3, 0.2])
    X = X @ (np.eye(2) + rng.uniform(-0.2, 0.2, size=(2, 2)))
    model = fitted(candidate, X, 3, random_state=int(rng.integers(1000)))
    order = matching(model, X, groups)
    means = array(model.means_, shape=(3, 2), name="means_")[order]
    covariances = array(model.covariances_, shape=(3, 2, 2), name="covariances_")[order]
    for g in range(3):
        rows = X[groups == g]
        assert_close(means[g], rows.mean(axis=0), atol=1e-2, name=f"the mean of cluster {g}")
        assert_close(covariances[g], np.cov(rows.T, bias=True), atol=1e-2, name=f"the covariance of cluster {g}")


@pytest.mark.criterion("recovery")
def test_a_small_cluster_beside_a_large_one_is_found(candidate, rng):
    """Two clusters in four columns, one with 15% of the rows and half the spread: both are components."""
    X, groups = planted(rng, [0.85, 0.15], d=4, n=240)
    small = X[groups == 1]
    X[groups == 1] = small.mean(axis=0) + (small - small.mean(axis=0)) / 2
    model = fitted(candidate, X, 2, random_state=int(rng.integers(1000)))
    weights = array(model.weights_, shape=(2,), name="weights_")
    assert_close(weights[matching(model, X, groups)], [0.85, 0.15], atol=1e-3, name="weights_")
