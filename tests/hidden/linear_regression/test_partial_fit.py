"""Learning in batches: the same model as from all rows at once, without keeping them."""

from itertools import pairwise

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_at_most, assert_close, number


def new_model(candidate, **settings):
    """Return a model of the submission that has not seen anything."""
    model = candidate.linear_regression.LinearRegression(**settings)
    assert hasattr(model, "partial_fit"), "LinearRegression() should make a model with a method partial_fit"
    return model


def problem(rng, n=60, p=4):
    """Draw a well-conditioned problem whose batches have different means."""
    X = rng.normal(size=(n, p)) + np.linspace(0, 3, n)[:, None]
    return X, X @ rng.uniform(1, 3, size=p) + 5.0 + rng.normal(size=n)


def line_through(X, y):
    """Return coefficients and intercept of ordinary least squares."""
    means = X.mean(axis=0)
    coef = np.linalg.lstsq(X - means, y - y.mean(), rcond=None)[0]
    return coef, y.mean() - means @ coef


def check_line(model, X, y):
    """Check that the model is the least-squares line through all of X and y."""
    coef, intercept = line_through(X, y)
    found = array(model.coef_, shape=(X.shape[1],), name="coef_")
    assert_close(found, coef, rtol=1e-6, atol=1e-7, name="coef_")
    assert_close(number(model.intercept_, name="intercept_"), intercept, rtol=1e-6, atol=1e-7, name="intercept_")


@pytest.mark.criterion("partial_fit")
def test_batches_of_any_size_equal_one_fit(candidate, rng):
    """After every batch is in, the line is that of all rows; a batch may be smaller than the number of columns."""
    X, y = problem(rng)
    model = new_model(candidate)
    edges = [0, 2, 3, 30, 31, 60]
    for start, stop in pairwise(edges):
        model.partial_fit(X[start:stop], y[start:stop])
    check_line(model, X, y)


@pytest.mark.criterion("partial_fit")
def test_the_penalty_counts_once_for_all_batches(candidate, rng):
    """Ridge in batches minimises the one objective over all rows: alpha is not added again with each batch."""
    X, y = problem(rng)
    alpha = rng.uniform(20, 40)
    model = new_model(candidate, alpha=alpha, fit_intercept=False)
    for start in range(0, 60, 20):
        model.partial_fit(X[start : start + 20], y[start : start + 20])
    whole = new_model(candidate, alpha=alpha, fit_intercept=False)
    whole.fit(X, y)
    found = array(model.coef_, shape=(4,), name="coef_")
    expected = array(whole.coef_, shape=(4,), name="coef_ after fit")
    assert_close(found, expected, rtol=1e-6, atol=1e-7, name="coef_ after partial_fit")
    plain = np.linalg.lstsq(X, y, rcond=None)[0]
    assert np.linalg.norm(found - plain) > 1e-3, "alpha should count in partial_fit too"


@pytest.mark.criterion("partial_fit")
def test_partial_fit_goes_on_from_fit_and_fit_starts_anew(candidate, rng):
    """partial_fit after fit adds to the rows of that fit; fit after partial_fit forgets them all."""
    X, y = problem(rng)
    model = new_model(candidate)
    model.fit(X[:25], y[:25])
    assert model.partial_fit(X[25:], y[25:]) is model, "partial_fit should return the model itself"
    check_line(model, X, y)
    model.fit(X[40:], y[40:])
    model.partial_fit(X[:10], y[:10])
    check_line(model, np.vstack([X[40:], X[:10]]), np.append(y[40:], y[:10]))


@pytest.mark.criterion("partial_fit")
def test_standard_errors_follow_from_all_batches(candidate, rng):
    """Every method works after partial_fit as after fit on all rows, the standard errors included."""
    X, y = problem(rng)
    whole, batches = new_model(candidate), new_model(candidate)
    whole.fit(X, y)
    batches.partial_fit(X[:20], y[:20])
    batches.partial_fit(X[20:], y[20:])
    check_line(batches, X, y)
    found = array(batches.standard_errors(), shape=(4,), name="standard_errors()")
    expected = array(whole.standard_errors(), shape=(4,), name="standard_errors() after fit")
    assert_close(found, expected, rtol=1e-6, name="standard_errors() after partial_fit")


@pytest.mark.criterion("partial_fit")
def test_a_batch_with_other_columns_is_refused(candidate, rng):
    """The columns are settled by the first batch: a batch with fewer or more of them gives ValueError."""
    X, y = problem(rng)
    model = new_model(candidate)
    model.partial_fit(X, y)
    check_line(model, X, y)
    for other in (X[:, :1], np.column_stack([X, X[:, 0]])):
        with pytest.raises(ValueError):
            model.partial_fit(other, y)


@pytest.mark.criterion("partial_fit")
def test_an_update_costs_the_same_however_many_rows_came_before(candidate, rng):
    """Rows are folded into sums of fixed size: after 200,000 rows a batch of 50 costs what it costs after 50."""
    X, y = rng.normal(size=(200_000, 10)), rng.normal(size=200_000)
    model = new_model(candidate)
    seconds = []
    for rows in (slice(0, 50), slice(50, None)):
        model.partial_fit(X[rows], y[rows])
        rounds = []
        for _ in range(5):
            with candidate.stopwatch() as watch:
                model.partial_fit(X[:50], y[:50])
                coef = model.coef_
            rounds.append(watch.cpu_seconds)
        array(coef, shape=(10,), name="coef_")
        seconds.append(min(rounds))
    seen = [X, *([X[:50]] * 10)]
    check_line(model, np.vstack(seen), np.concatenate([y, *([y[:50]] * 10)]))
    growth = seconds[1] / max(seconds[0], 1e-4)
    assert_at_most(growth, 10, name="the time of an update after 200,000 rows over that of one after 50")
