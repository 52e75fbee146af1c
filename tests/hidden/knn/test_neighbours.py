"""kneighbors: which rows, in which order, at what distance."""

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


def nearest(X, Q, k):
    """Return distances and indices of the k nearest rows, by comparing all pairs."""
    table = np.sqrt(((Q[:, None, :] - X[None, :, :]) ** 2).sum(axis=2))
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(table, order, axis=1), order


def check_nearest(result, X, Q, k):
    """Check a result of kneighbors against a comparison of all pairs."""
    distances, indices = neighbours(result, len(Q), k)
    expected_distances, expected_indices = nearest(X, Q, k)
    assert_same(indices, expected_indices, name="the indices")
    assert_close(distances, expected_distances, rtol=1e-6, name="the distances")


@pytest.mark.criterion("neighbours")
def test_the_nearest_rows_are_found_in_order(candidate, rng):
    """The k rows with the smallest Euclidean distances come back, nearest first, as in a check of all pairs."""
    X, Q = rng.normal(size=(90, 4)), rng.normal(size=(30, 4))
    model = fitted(candidate, X, rng.integers(0, 3, size=90), 7)
    check_nearest(model.kneighbors(Q), X, Q, 7)


@pytest.mark.criterion("neighbours")
def test_columns_count_as_they_are(candidate, rng):
    """Columns of other scales are neither standardised nor weighted: the distance is that of the numbers given."""
    scales = np.array([0.05, 1.0, 20.0])
    X, Q = rng.normal(size=(60, 3)) * scales + [3, 0, -5], rng.normal(size=(20, 3)) * scales + [3, 0, -5]
    model = fitted(candidate, X, rng.integers(0, 2, size=60), n_neighbors=4)
    check_nearest(model.kneighbors(Q), X, Q, 4)


@pytest.mark.criterion("neighbours")
def test_k_may_be_given_for_one_call(candidate, rng):
    """A number of neighbours in the call holds for it alone, up to all rows; the model's own k, 5 if none, stays."""
    X, Q = rng.normal(size=(23, 3)), rng.normal(size=(9, 3))
    model = fitted(candidate, X, rng.integers(0, 2, size=23))
    for k in (1, 8, 23):
        check_nearest(model.kneighbors(Q, k), X, Q, k)
    check_nearest(model.kneighbors(Q), X, Q, 5)
    check_nearest(model.kneighbors(Q, n_neighbors=2), X, Q, 2)


@pytest.mark.criterion("neighbours")
def test_a_training_row_is_its_own_neighbour(candidate, rng):
    """A training row that is asked for is found at distance 0: the model leaves nothing out."""
    X = rng.permutation(np.arange(60.0))[:, None] * [1.0, -2.0]
    model = fitted(candidate, X, rng.integers(0, 2, size=60), 3)
    distances, indices = neighbours(model.kneighbors(X, 1), 60, 1)
    assert_same(indices[:, 0], np.arange(60), name="the nearest row of each training row")
    assert_close(distances[:, 0], np.zeros(60), atol=1e-6, name="the distance of a training row to itself")


@pytest.mark.criterion("neighbours")
def test_one_row_one_column_one_query(candidate, rng):
    """The smallest tables keep their shapes: one training row, one column, one query."""
    X, Q = rng.normal(size=(11, 1)), rng.normal(size=(1, 1))
    y = np.arange(11) % 2
    check_nearest(fitted(candidate, X, y, 3).kneighbors(Q), X, Q, 3)
    check_nearest(fitted(candidate, X[:1], y[:1], 1).kneighbors(Q), X[:1], Q, 1)
