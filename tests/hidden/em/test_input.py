"""What is refused, what is returned, what is left alone."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, pair


def new_model(candidate, *args, **settings):
    """Return a model of the submission that has not seen anything."""
    model = candidate.em.GaussianMixture(*args, **settings)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    return model


def fitted(candidate, X, *args, **settings):
    """Return a model of the submission that was fitted to X."""
    model = new_model(candidate, *args, **settings)
    model.fit(X)
    return model


def problem(rng):
    """Draw two clusters that overlap a little."""
    return rng.normal(size=(40, 3)) + np.outer(np.arange(40) % 2, [4.0, 3.0, 0.0])


def check_works(model, X, k=2):
    """Check that the model answers sensibly to good input, before it is shown bad input."""
    shares = array(model.predict_proba(X), shape=(len(X), k), name="predict_proba(X)")
    assert_close(shares.sum(axis=1), np.ones(len(X)), rtol=1e-5, name="the sums of predict_proba(X)")
    densities = array(model.score_samples(X), shape=(len(X),), name="score_samples(X)")
    assert np.ptp(densities) > 0.1, "the rows should differ in their density"


@pytest.mark.criterion("bad_input")
def test_impossible_settings_are_refused(candidate, rng):
    """No components, no runs, no iterations, a negative tol or floor: ValueError, in fit at the latest."""
    X = problem(rng)
    good = {"n_components": 2, "n_init": 1, "max_iter": 50, "tol": 1e-3, "reg_covar": 1e-6, "random_state": 0}
    check_works(fitted(candidate, X, **good), X)
    wrongs = [{"n_components": 0}, {"n_init": 0}, {"max_iter": 0}, {"tol": -1e-3}, {"reg_covar": -1e-6}]
    for wrong in wrongs:
        with pytest.raises(ValueError):
            fitted(candidate, X, **(good | wrong))


@pytest.mark.criterion("bad_input")
def test_more_components_than_rows_are_refused(candidate, rng):
    """There cannot be more components than rows: ValueError. As many as rows are fine."""
    X = problem(rng)
    check_works(fitted(candidate, X, 2, random_state=0), X)
    array(fitted(candidate, X[:4], 4, random_state=0).means_, shape=(4, 3), name="means_")
    with pytest.raises(ValueError):
        fitted(candidate, X[:4], 5, random_state=0)


@pytest.mark.criterion("bad_input")
def test_tables_of_another_form_are_refused(candidate, rng):
    """X has two axes and at least one row, in fit and in every question: nothing is reshaped by guess."""
    X = problem(rng)
    model = fitted(candidate, X, 2, random_state=0)
    check_works(model, X)
    for other in (X[0], X[None, :, :], X[:0]):
        for ask in (model.predict_proba, model.score_samples, model.score):
            with pytest.raises(ValueError):
                ask(other)
    for other in (X[:, 0], X[None, :, :], X[:0]):
        with pytest.raises(ValueError):
            fitted(candidate, other, 1, random_state=0)


@pytest.mark.criterion("bad_input")
def test_another_number_of_columns_is_refused(candidate, rng):
    """Questions have the columns of fit; a single column must not be broadcast over all of them."""
    X = problem(rng)
    model = fitted(candidate, X, 2, random_state=0)
    check_works(model, X)
    for other in (X[:, :1], X[:, :2], np.column_stack([X, X[:, 0]])):
        for ask in (model.predict_proba, model.predict, model.score_samples, model.score, model.bic):
            with pytest.raises(ValueError):
                ask(other)


@pytest.mark.criterion("bad_input")
def test_infinite_values_are_refused(candidate, rng):
    """An infinite value has no density and no mean: ValueError, where NaN would be a missing value."""
    X = problem(rng)
    model = fitted(candidate, X, 2, random_state=0)
    check_works(model, X)
    for value in (np.inf, -np.inf):
        spoilt = X.copy()
        spoilt[rng.integers(40), rng.integers(3)] = value
        for ask in (model.score_samples, model.predict_proba, model.fit):
            with pytest.raises(ValueError):
                ask(spoilt)


@pytest.mark.criterion("bad_input")
def test_a_model_that_is_not_fitted_says_so(candidate, rng):
    """Every question before fit raises ValueError, no AttributeError."""
    X = problem(rng)
    check_works(fitted(candidate, X, 2, random_state=0), X)
    for method in ("predict_proba", "predict", "score_samples", "score", "bic"):
        with pytest.raises(ValueError):
            getattr(new_model(candidate, 2), method)(X)


@pytest.mark.criterion("bad_input")
def test_steps_refuse_shapes_that_do_not_fit(candidate, rng):
    """Responsibilities of other rows, or means of another table, would broadcast into nonsense: ValueError."""
    X = problem(rng)
    shares, weights = np.full((40, 2), 0.5), [0.5, 0.5]
    means, covariances = np.zeros((2, 3)), np.tile(np.eye(3), (2, 1, 1))
    logs, _ = pair(candidate.em.e_step(X, weights, means + np.array([[0], [1]]), covariances), name="e_step(…)")
    assert np.ptp(array(logs, shape=(40, 2), name="the log responsibilities")) > 0.1, "rows should differ"
    result = candidate.em.m_step(X, shares)
    assert isinstance(result, (tuple, list)), "m_step should return weights, means and covariances"
    assert_close(array(result[1], shape=(2, 3), name="means")[0], X.mean(axis=0), atol=1e-6, name="means")
    for wrong in (shares[:1], shares[:-1], shares[:, 0], shares[:, :, None]):
        with pytest.raises(ValueError):
            candidate.em.m_step(X, wrong)
    for wrong in (
        (weights[:1], means, covariances),
        (weights, means[:, :1], covariances),
        (weights, means, np.eye(3)),
    ):
        with pytest.raises(ValueError):
            candidate.em.e_step(X, *wrong)
    with pytest.raises(ValueError):
        candidate.em.e_step(X[:, :1], weights, means, covariances)


@pytest.mark.criterion("bad_input")
def test_fit_returns_the_model_and_changes_no_input(candidate, rng):
    """fit gives back the model itself; rows are as before, and so are the arguments of the steps."""
    X = problem(rng)
    model = new_model(candidate, 2, n_init=2, random_state=0)
    call = candidate.call(model.fit, X)
    assert call.result is model, "fit should return the model itself"
    assert_close(array(call.arguments[0], shape=X.shape, name="X"), X, rtol=0, name="X after fit")
    for method in ("predict_proba", "score_samples"):
        call = candidate.call(getattr(model, method), X)
        left = array(call.arguments[0], shape=X.shape, name="X")
        assert_close(left, X, rtol=0, name=f"X after {method}")
    rows, shares = np.delete(X, [4, 9], axis=0), np.full((38, 2), 0.5)
    call = candidate.call(candidate.em.m_step, rows, shares)
    for name, given, left in zip(("X", "responsibilities"), (rows, shares), call.arguments, strict=True):
        assert_close(array(left, shape=given.shape, name=name), given, rtol=0, name=f"{name} after m_step")
    check_works(model, X)
