"""Distances far from the origin, and between rows that nearly agree."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, pair


def fitted(candidate, X, y, *args, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "fit"), "KNNClassifier() should make a model with a method fit"
    model.fit(X, y)
    return model


def neighbours(result, m, k):
    """Return distances and indices of a call of kneighbors as plain arrays."""
    distances, indices = pair(result, name="kneighbors(X)")
    return (
        array(distances, shape=(m, k), name="the distances"),
        array(indices, shape=(m, k), kind="int", name="the indices"),
    )


def check_nearest(result, Q, X, k):
    """Check a result of kneighbors against coordinate differences, which keep all digits."""
    table = np.sqrt(((Q[:, None, :] - X) ** 2).sum(axis=2))
    distances, indices = neighbours(result, len(Q), k)
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    assert_same(indices, order, name="the indices")
    assert_close(distances, np.take_along_axis(table, order, axis=1), rtol=1e-6, name="the distances")


@pytest.mark.criterion("offsets")
def test_an_offset_of_a_million_changes_nothing(candidate, rng):
    """Rows of spread 1 around 1,000,000 keep their neighbours and six digits of their distances."""
    offset = 1e6 + rng.uniform(0, 1000, size=4)
    X, Q = rng.normal(size=(80, 4)) + offset, rng.normal(size=(25, 4)) + offset
    model = fitted(candidate, X, rng.integers(0, 2, size=80), 6)
    check_nearest(model.kneighbors(Q), Q, X, 6)


@pytest.mark.criterion("offsets")
def test_two_clusters_far_apart_keep_their_digits(candidate, rng):
    """Clusters at +1,000,000 and −1,000,000 cannot both be centred away; their inner distances count all the same."""
    side = np.where(rng.permutation(80) < 40, 1e6, -1e6)[:, None]
    X = rng.normal(size=(80, 3)) + side
    Q = X[:20] + rng.normal(size=(20, 3)) * 0.5
    model = fitted(candidate, X, rng.integers(0, 2, size=80), 5)
    check_nearest(model.kneighbors(Q), Q, X, 5)


@pytest.mark.criterion("offsets")
def test_a_training_row_is_at_distance_zero_from_itself(candidate, rng):
    """Exactly 0, at the origin and at 1,000,000: neither 1e-8 nor NaN from the root of a small negative number."""
    rows = rng.normal(size=(70, 5))
    for X in (rows, rows + 1e6):
        model = fitted(candidate, X, rng.integers(0, 2, size=70), 1)
        distances, indices = neighbours(model.kneighbors(X), 70, 1)
        assert_same(indices[:, 0], np.arange(70), name="the nearest row of each training row")
        assert_same(distances[:, 0], np.zeros(70), name="the distance of a training row to itself")


@pytest.mark.criterion("offsets")
def test_near_duplicates_are_told_apart(candidate, rng):
    """Rows that differ by 1e-5 of the spread stand in the right order, at distances right to six digits."""
    centres = rng.normal(size=(12, 4)) * 3
    X = np.repeat(centres, 6, axis=0) + rng.normal(size=(72, 4)) * 1e-5
    Q = centres + rng.normal(size=(12, 4)) * 1e-5
    model = fitted(candidate, X, rng.integers(0, 2, size=72), 4)
    check_nearest(model.kneighbors(Q), Q, X, 4)
