"""Manhattan and cosine distance."""

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


def check_nearest(result, table, k):
    """Check a result of kneighbors against the table of all distances."""
    distances, indices = neighbours(result, len(table), k)
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    assert_same(indices, order, name="the indices")
    expected = np.take_along_axis(table, order, axis=1)
    assert_close(distances, expected, rtol=1e-6, atol=1e-9, name="the distances")


def cosine(Q, X):
    """Return 1 - cos for all pairs."""
    lengths = np.linalg.norm(Q, axis=1)[:, None] * np.linalg.norm(X, axis=1)
    return 1 - Q @ X.T / lengths


@pytest.mark.criterion("metrics")
def test_manhattan_sums_absolute_differences(candidate, rng):
    """The Manhattan distance is Σ |aⱼ − bⱼ|, which ranks rows otherwise than the Euclidean does."""
    X, Q = rng.normal(size=(80, 5)), rng.normal(size=(25, 5))
    model = fitted(candidate, X, rng.integers(0, 3, size=80), 8, metric="manhattan")
    check_nearest(model.kneighbors(Q), np.abs(Q[:, None, :] - X).sum(axis=2), 8)


@pytest.mark.criterion("metrics")
def test_cosine_is_one_minus_the_cosine(candidate, rng):
    """The cosine distance is 1 − cos of the angle at the origin; nothing is centred first."""
    X, Q = rng.normal(size=(80, 4)) + 0.7, rng.normal(size=(25, 4)) + 0.7
    model = fitted(candidate, X, rng.integers(0, 3, size=80), 8, metric="cosine")
    check_nearest(model.kneighbors(Q), cosine(Q, X), 8)


@pytest.mark.criterion("metrics")
def test_cosine_knows_directions_only(candidate, rng):
    """Length does not matter: the same direction is at 0, a right angle at 1, the opposite at 2."""
    angle = rng.uniform(0, 2 * np.pi)
    u, v = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    X = np.array([-300.0 * u, 0.01 * v, 70.0 * u])
    model = fitted(candidate, X, [0, 1, 2], 3, metric="cosine")
    distances, indices = neighbours(model.kneighbors(np.array([u, 1e4 * u, 1e-3 * u])), 3, 3)
    assert_same(indices, [[2, 1, 0]] * 3, name="the indices")
    assert_close(distances, [[0.0, 1.0, 2.0]] * 3, atol=1e-9, name="the distances")


@pytest.mark.criterion("metrics")
def test_cosine_refuses_a_row_of_zeros(candidate, rng):
    """A row of zeros has no direction: ValueError, in training rows and in queries, instead of NaN."""
    X, Q = rng.normal(size=(20, 3)), rng.normal(size=(4, 3))
    model = fitted(candidate, X, rng.integers(0, 2, size=20), 3, metric="cosine")
    check_nearest(model.kneighbors(Q), cosine(Q, X), 3)
    Q[2] = 0.0
    with pytest.raises(ValueError):
        model.kneighbors(Q)
    X[7] = 0.0
    with pytest.raises(ValueError):
        model.fit(X, np.arange(20) % 2)


@pytest.mark.criterion("metrics")
def test_predictions_follow_the_metric(candidate, rng):
    """predict takes the neighbours of the model's own metric, not always those of the Euclidean one."""
    X, Q = rng.normal(size=(60, 6)) * 3 + 1, rng.normal(size=(60, 6)) * 3 + 1
    y = np.arange(60)
    tables = {"manhattan": np.abs(Q[:, None, :] - X).sum(axis=2), "cosine": cosine(Q, X)}
    for metric, table in tables.items():
        model = fitted(candidate, X, y, 1, metric=metric)
        found = array(model.predict(Q), shape=(60,), kind="int", name="predict(X)")
        assert_same(found, table.argmin(axis=1), name=f"predict(X) with metric={metric!r} and k = 1")
