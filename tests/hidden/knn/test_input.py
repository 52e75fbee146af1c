"""What is refused, what is returned, what is left alone."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, pair


def new_model(candidate, *args, **settings):
    """Return a model of the submission that has not seen anything."""
    model = candidate.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "fit"), "KNNClassifier() should make a model with a method fit"
    return model


def fitted(candidate, X, y, *args, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = new_model(candidate, *args, **settings)
    model.fit(X, y)
    return model


def problem(rng, p=3):
    """Draw two clusters that no right classifier confuses; the classes are 0 and 1."""
    y = rng.permutation(np.arange(30) % 2)
    return rng.normal(size=(30, p)) + 40.0 * y[:, None] - 20, y


def check_works(model, X, y):
    """Check that the model answers well to good input, before it is shown bad input."""
    assert_same(array(model.predict(X), shape=(len(X),), kind="int", name="predict(X)"), y, name="predict(X)")


@pytest.mark.criterion("bad_input")
def test_k_below_one_is_refused(candidate, rng):
    """No neighbours, or fewer, cannot vote: ValueError, in a query at the latest."""
    X, y = problem(rng)
    model = fitted(candidate, X, y, 3)
    check_works(model, X, y)
    for k in (0, -1):
        with pytest.raises(ValueError):
            fitted(candidate, X, y, k).predict(X)
        with pytest.raises(ValueError):
            model.kneighbors(X, n_neighbors=k)


@pytest.mark.criterion("bad_input")
def test_k_above_the_number_of_rows_is_refused(candidate, rng):
    """There are n neighbours and no more: k = n is answered, k = n + 1 raises ValueError."""
    X, y = problem(rng)
    model = fitted(candidate, X, y, 3)
    check_works(model, X, y)
    array(pair(model.kneighbors(X, 30), name="kneighbors(X)")[1], shape=(30, 30), kind="int", name="the indices")
    with pytest.raises(ValueError):
        model.kneighbors(X, 31)
    with pytest.raises(ValueError):
        fitted(candidate, X, y, 31).predict(X)
    with pytest.raises(ValueError):
        fitted(candidate, X[:2], y[:2]).predict_proba(X)


@pytest.mark.criterion("bad_input")
def test_lengths_that_differ_are_refused(candidate, rng):
    """A row without a label, or a label without a row, is a mistake of the caller: ValueError."""
    X, y = problem(rng)
    model = fitted(candidate, X, y, 3)
    check_works(model, X, y)
    for labels in (y[:-1], np.append(y, 1), y[:1]):
        with pytest.raises(ValueError):
            model.fit(X, labels)


@pytest.mark.criterion("bad_input")
def test_other_numbers_of_axes_are_refused(candidate, rng):
    """X has two axes and y has one, in fit and in queries: nothing is guessed, nothing is broadcast."""
    X, y = problem(rng)
    model = fitted(candidate, X, y, 3)
    check_works(model, X, y)
    for queries in (X[0], X[None, :, :]):
        with pytest.raises(ValueError):
            model.predict(queries)
    for rows, labels in ((X[:, 0], y), (X, y[:, None]), (X, np.column_stack([y, y]))):
        with pytest.raises(ValueError):
            model.fit(rows, labels)


@pytest.mark.criterion("bad_input")
def test_another_number_of_columns_is_refused(candidate, rng):
    """Queries have the columns of the training rows; a single column must not be broadcast over all of them."""
    X, y = problem(rng)
    model = fitted(candidate, X, y, 3)
    check_works(model, X, y)
    for queries in (X[:, :1], X[:, :2], np.column_stack([X, X[:, 0]])):
        for ask in (model.kneighbors, model.predict, model.predict_proba):
            with pytest.raises(ValueError):
                ask(queries)
    narrow = fitted(candidate, X[:, :1], y, 3)
    check_works(narrow, X[:, :1], y)
    with pytest.raises(ValueError):
        narrow.predict(X)


@pytest.mark.criterion("bad_input")
def test_a_model_that_is_not_fitted_says_so(candidate, rng):
    """kneighbors, predict and predict_proba before any fit raise ValueError, no AttributeError."""
    X, y = problem(rng)
    check_works(fitted(candidate, X, y, 3), X, y)
    for method in ("kneighbors", "predict", "predict_proba"):
        with pytest.raises(ValueError):
            getattr(new_model(candidate, 3), method)(X)


@pytest.mark.criterion("bad_input")
def test_no_rows_and_unknown_settings_are_refused(candidate, rng):
    """There is nothing to learn from no rows, and a mistyped setting is no setting: ValueError."""
    X, y = problem(rng)
    model = fitted(candidate, X, y, 3, weights="uniform", metric="euclidean")
    check_works(model, X, y)
    with pytest.raises(ValueError):
        model.fit(X[:0], y[:0])
    for settings in ({"weights": "distances"}, {"metric": "euclid"}):
        with pytest.raises(ValueError):
            fitted(candidate, X, y, 3, **settings).predict(X)


@pytest.mark.criterion("bad_input")
def test_fit_returns_the_model_and_changes_no_input(candidate, rng):
    """fit gives back the model itself; rows, labels and queries are as before, also where NaN is read."""
    X, y = problem(rng)
    model = new_model(candidate, 3, weights="distance", metric="nan_euclidean")
    X[4, 1] = np.nan
    Q = X[2:9].copy()
    call = candidate.call(model.fit, X, y)
    assert call.result is model, "fit should return the model itself"
    assert_close(array(call.arguments[0], shape=X.shape, finite=False, name="X"), X, rtol=0, name="X after fit")
    assert_same(array(call.arguments[1], shape=y.shape, kind="int", name="y"), y, name="y after fit")
    for method in ("kneighbors", "predict", "predict_proba"):
        call = candidate.call(getattr(model, method), Q)
        left = array(call.arguments[0], shape=Q.shape, finite=False, name="X")
        assert_close(left, Q, rtol=0, name=f"X after {method}")
    check_works(model, X, y)
