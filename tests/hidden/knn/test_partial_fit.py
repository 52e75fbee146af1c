"""partial_fit: rows that arrive in batches."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, pair


def new_model(candidate, *args, **settings):
    """Return a model of the submission that has not seen anything."""
    model = candidate.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "partial_fit"), "KNNClassifier() should make a model with a method partial_fit"
    return model


def check_same(model, whole, Q, k, n_classes):
    """Check that a model answers as another one that was fitted at once."""
    size = len(Q)
    answers = []
    for one in (model, whole):
        distances, indices = pair(one.kneighbors(Q), name="kneighbors(X)")
        answers.append(
            {
                "classes_": array(one.classes_, shape=(n_classes,), kind="int", name="classes_"),
                "the indices": array(indices, shape=(size, k), kind="int", name="the indices"),
                "predict(X)": array(one.predict(Q), shape=(size,), kind="int", name="predict(X)"),
                "the distances": array(distances, shape=(size, k), name="the distances"),
                "predict_proba(X)": array(one.predict_proba(Q), shape=(size, n_classes), name="predict_proba(X)"),
            }
        )
    for name, value in answers[0].items():
        check = assert_same if value.dtype.kind == "i" else assert_close
        check(value, answers[1][name], name=f"{name} after batches")


def check_nearest(model, X, Q, k):
    """Check the indices of the nearest rows against a comparison of all pairs."""
    _, indices = pair(model.kneighbors(Q), name="kneighbors(X)")
    found = array(indices, shape=(len(Q), k), kind="int", name="the indices")
    order = np.argsort(((Q[:, None, :] - X) ** 2).sum(axis=2), axis=1)[:, :k]
    assert_same(found, order, name="the indices")


@pytest.mark.criterion("partial_fit")
def test_batches_equal_one_fit(candidate, rng):
    """After three batches the model answers as one fitted to all rows, indices in the order of arrival."""
    X, Q = rng.normal(size=(60, 3)), rng.normal(size=(20, 3))
    y = rng.integers(0, 3, size=60)
    y[[0, 25, 50]] = y[[1, 26, 51]] = [2, 0, 1]
    model, whole = new_model(candidate, 5), new_model(candidate, 5)
    for start, stop in ((0, 25), (25, 50), (50, 60)):
        returned = model.partial_fit(X[start:stop], y[start:stop])
        assert returned is model, "partial_fit should return the model itself"
    whole.fit(X, y)
    check_same(model, whole, Q, 5, 3)
    check_nearest(model, X, Q, 5)


@pytest.mark.criterion("partial_fit")
def test_a_batch_may_bring_new_classes(candidate, rng):
    """Batches of one class each, the first shorter than k: classes_ and the columns of predict_proba grow."""
    X, Q = rng.normal(size=(18, 2)), rng.normal(size=(12, 2))
    y = np.repeat([5, 2, 9], [3, 8, 7])
    model, whole = new_model(candidate, 7), new_model(candidate, 7)
    for label in (5, 2, 9):
        model.partial_fit(X[y == label], y[y == label])
    whole.fit(X, y)
    check_same(model, whole, Q, 7, 3)
    assert_same(array(model.classes_, shape=(3,), kind="int", name="classes_"), [2, 5, 9], name="classes_")
    check_nearest(model, X, Q, 7)


@pytest.mark.criterion("partial_fit")
def test_queries_between_batches_see_all_rows_so_far(candidate, rng):
    """A query after a batch takes its rows into account, after fit too: nothing is kept from the query before."""
    X, Q = rng.normal(size=(45, 3)), rng.normal(size=(10, 3))
    y = rng.integers(0, 2, size=45)
    model = new_model(candidate, 4)
    model.fit(X[:15], y[:15])
    check_nearest(model, X[:15], Q, 4)
    for stop in (30, 45):
        model.partial_fit(X[stop - 15 : stop], y[stop - 15 : stop])
        check_nearest(model, X[:stop], Q, 4)


@pytest.mark.criterion("partial_fit")
def test_fit_forgets_everything(candidate, rng):
    """fit starts afresh, with other columns and classes; partial_fit then adds to the rows of that fit."""
    X, Q = rng.normal(size=(30, 2)), rng.normal(size=(10, 2))
    y = rng.integers(0, 2, size=30) + 3
    y[:2] = [3, 4]
    model, whole = new_model(candidate, 3), new_model(candidate, 3)
    model.fit(rng.normal(size=(12, 4)), np.arange(12) % 3)
    model.partial_fit(rng.normal(size=(6, 4)), np.arange(6))
    model.fit(X[20:], y[20:] + 5)
    model.fit(X[:20], y[:20])
    check_nearest(model, X[:20], Q, 3)
    model.partial_fit(X[20:], y[20:])
    whole.fit(X, y)
    check_same(model, whole, Q, 3, 2)


@pytest.mark.criterion("partial_fit")
def test_a_batch_is_checked_as_fit_checks_it(candidate, rng):
    """Other lengths, other columns and NaN in a later batch raise ValueError, as they do in fit."""
    X, Q = rng.normal(size=(20, 3)), rng.normal(size=(5, 3))
    y = rng.integers(0, 2, size=20)
    model = new_model(candidate, 3)
    model.partial_fit(X[:10], y[:10])
    model.partial_fit(X[10:], y[10:])
    check_nearest(model, X, Q, 3)
    holed = X.copy()
    holed[5, 1] = np.nan
    for rows, labels in ((X[:, :2], y), (X[:, :1], y), (X, y[:-1]), (X, y[:, None]), (holed, y)):
        with pytest.raises(ValueError):
            model.partial_fit(rows, labels)
