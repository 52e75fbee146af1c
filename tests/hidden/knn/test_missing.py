"""Missing values."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, pair

NAN = np.nan


def fitted(candidate, X, y, *args, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "fit"), "KNNClassifier() should make a model with a method fit"
    model.fit(X, y)
    return model


def neighbours(result, m, k):
    """Return distances, NaN among them, and indices of a call of kneighbors as plain arrays."""
    distances, indices = pair(result, name="kneighbors(X)")
    return (
        array(distances, shape=(m, k), name="the distances", finite=False),
        array(indices, shape=(m, k), kind="int", name="the indices"),
    )


def nan_euclidean(Q, X):
    """Return the distances of all pairs over the coordinates that both have, scaled up to all columns."""
    squares = (Q[:, None, :] - X) ** 2
    present = np.isfinite(squares)
    shared = present.sum(axis=2)
    total = np.where(present, squares, 0.0).sum(axis=2)
    return np.sqrt(np.where(shared > 0, total * X.shape[1] / np.maximum(shared, 1), NAN))


def check_nearest(result, Q, X, k):
    """Check a result of kneighbors against a comparison of all pairs."""
    table = nan_euclidean(Q, X)
    distances, indices = neighbours(result, len(Q), k)
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    assert_same(indices, order, name="the indices")
    assert_close(distances, np.take_along_axis(table, order, axis=1), rtol=1e-6, name="the distances")


@pytest.mark.criterion("missing_values")
def test_distances_use_the_coordinates_present_in_both(candidate, rng):
    """The sum over shared coordinates is scaled by p / shared: neither imputed, nor left short."""
    X, Q = rng.normal(size=(70, 6)) + 4, rng.normal(size=(25, 6)) + 4
    X[:, 1:][rng.random((70, 5)) < 0.35] = NAN
    Q[:, 1:][rng.random((25, 5)) < 0.35] = NAN
    model = fitted(candidate, X, rng.integers(0, 3, size=70), 9, metric="nan_euclidean")
    check_nearest(model.kneighbors(Q), Q, X, 9)


@pytest.mark.criterion("missing_values")
def test_complete_rows_have_the_euclidean_distance(candidate, rng):
    """Where nothing is missing, nan_euclidean is the Euclidean distance, for predictions too."""
    X, Q = rng.normal(size=(50, 3)), rng.normal(size=(20, 3))
    model = fitted(candidate, X, np.arange(50), 3, metric="nan_euclidean")
    distances, indices = neighbours(model.kneighbors(Q), 20, 3)
    table = np.sqrt(((Q[:, None, :] - X) ** 2).sum(axis=2))
    order = np.argsort(table, axis=1)[:, :3]
    assert_same(indices, order, name="the indices")
    assert_close(distances, np.take_along_axis(table, order, axis=1), rtol=1e-6, name="the distances")
    single = fitted(candidate, X, np.arange(50), 1, metric="nan_euclidean")
    found = array(single.predict(Q), shape=(20,), kind="int", name="predict(X)")
    assert_same(found, order[:, 0], name="predict(X) with k = 1")


@pytest.mark.criterion("missing_values")
def test_rows_without_a_shared_coordinate_come_last(candidate, rng):
    """Two rows that share no coordinate are at distance NaN, and stand after all others."""
    X = rng.normal(size=(12, 4))
    left = rng.permutation(12) < 6
    X[left, 2:] = NAN
    X[~left, :2] = NAN
    Q = rng.normal(size=(3, 4))
    Q[0, 2:] = NAN
    Q[1, :2] = NAN
    Q[2] = NAN
    table = nan_euclidean(Q, X)
    for k in (4, 10):
        model = fitted(candidate, X, np.arange(12) % 2, k, metric="nan_euclidean")
        distances, indices = neighbours(model.kneighbors(Q), 3, k)
        assert_close(distances, np.sort(table, axis=1)[:, :k], rtol=1e-6, name="the distances")
        for row, found in enumerate(indices):
            assert len(set(found.tolist())) == k, "a row should be listed once"
            listed = [table[row, i] if 0 <= i < 12 else np.inf for i in found.tolist()]
            assert_close(listed, distances[row], rtol=1e-6, name="the distances of the rows listed")


@pytest.mark.criterion("missing_values")
def test_a_neighbour_at_distance_nan_has_no_vote(candidate, rng):
    """Neighbours that share nothing with the query do not vote, however many, with either kind of weights."""
    X = np.full((15, 2), NAN)
    X[:6, 0] = rng.normal(size=6)
    X[6:, 1] = rng.normal(size=9)
    order = rng.permutation(15)
    y = np.array([2] * 4 + [0] * 2 + [1] * 9)
    Q = np.array([[50.0, NAN], [-50.0, NAN]])
    for weights in ("uniform", "distance"):
        model = fitted(candidate, X[order], y[order], 15, weights=weights, metric="nan_euclidean")
        found = array(model.predict(Q), shape=(2,), kind="int", name="predict(X)")
        assert_same(found, [2, 2], name=f"predict(X) with weights={weights!r}")


@pytest.mark.criterion("missing_values")
def test_without_any_vote_all_classes_are_equally_likely(candidate, rng):
    """A query that shares nothing with its neighbours gets 1 / number of classes for each class, and no NaN."""
    X = np.column_stack([rng.normal(size=9), np.full(9, NAN)])
    Q = np.array([[NAN, 1.0], [X[3, 0] + 1e-9, 1.0]])
    y = np.array([0, 1, 2] * 3)
    for weights in ("uniform", "distance"):
        model = fitted(candidate, X, y, 1, weights=weights, metric="nan_euclidean")
        shares = array(model.predict_proba(Q), shape=(2, 3), name="predict_proba(X)")
        expected = [[1 / 3] * 3, np.eye(3)[y[3]]]
        assert_close(np.sort(shares, axis=1), np.sort(expected, axis=1), atol=1e-9, name="the sorted shares")


@pytest.mark.criterion("missing_values")
def test_other_metrics_refuse_nan(candidate, rng):
    """A NaN in a training row or in a query raises ValueError instead of silently spoiling the order."""
    X, Q = rng.normal(size=(20, 3)) + 2, rng.normal(size=(5, 3)) + 2
    y = rng.permutation(np.arange(20) % 2)
    holed_rows, holed_queries = X.copy(), Q.copy()
    holed_rows[11, 1] = holed_queries[3, 2] = NAN
    for metric in ("euclidean", "manhattan", "cosine"):
        model = fitted(candidate, X, y, 3, metric=metric)
        array(model.predict(Q), shape=(5,), kind="int", name="predict(X)")
        array(model.predict_proba(Q), shape=(5, 2), name="predict_proba(X)")
        neighbours(model.kneighbors(Q), 5, 3)
        for ask in (model.kneighbors, model.predict, model.predict_proba):
            with pytest.raises(ValueError):
                ask(holed_queries)
        with pytest.raises(ValueError):
            model.fit(holed_rows, y)
