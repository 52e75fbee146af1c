"""Ordinary least squares on well-behaved data: coefficients, intercept and R²."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number


def fitted(candidate, X, y, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.linear_regression.LinearRegression(**settings)
    assert hasattr(model, "fit"), "LinearRegression() should make a model with a method fit"
    model.fit(X, y)
    return model


def noisy_line(rng, n=60, p=4):
    """Draw a well-conditioned problem with an intercept far from zero."""
    X = rng.normal(size=(n, p)) + rng.uniform(1, 3, size=p)
    return X, X @ rng.uniform(-3, 3, size=p) + 7.0 + rng.normal(size=n)


@pytest.mark.criterion("least_squares")
def test_residuals_are_orthogonal_to_every_column(candidate, rng):
    """The normal equations Xᵀr = 0 hold at the minimum, and nowhere else."""
    X, y = noisy_line(rng)
    model = fitted(candidate, X, y)
    coef = array(model.coef_, shape=(4,), name="coef_")
    centred = X - X.mean(axis=0)
    residual = y - y.mean() - centred @ coef
    assert_close(centred.T @ residual, np.zeros(4), atol=1e-8 * len(y), name="Xᵀr of the centred data")


@pytest.mark.criterion("least_squares")
def test_planted_coefficients_are_recovered_without_noise(candidate, rng):
    """Where y is an exact combination of the columns, the fit finds its coefficients."""
    X = rng.normal(size=(30, 5))
    planted = rng.uniform(1, 4, size=5) * rng.choice([-1, 1], size=5)
    model = fitted(candidate, X, X @ planted, fit_intercept=False)
    assert_close(array(model.coef_, shape=(5,), name="coef_"), planted, rtol=1e-8, name="coef_")


@pytest.mark.criterion("least_squares")
def test_predictions_follow_the_line_on_new_rows(candidate, rng):
    """On rows that the fit has not seen, predict gives the planted line, as one number a row."""
    X, new = rng.normal(size=(30, 3)), rng.normal(size=(11, 3))
    planted = rng.uniform(1, 3, size=3)
    model = fitted(candidate, X, X @ planted, fit_intercept=False)
    predicted = array(model.predict(new), shape=(11,), name="predict(X)")
    assert_close(predicted, new @ planted, rtol=1e-8, atol=1e-8, name="predict(X)")


@pytest.mark.criterion("least_squares")
def test_one_column_is_the_ratio_of_covariance_and_variance(candidate, rng):
    """With one column the slope is cov(x, y) / var(x); the shape of coef_ stays (1,)."""
    X = rng.normal(size=(25, 1))
    y = 2.0 * X[:, 0] + rng.normal(size=25)
    model = fitted(candidate, X, y)
    slope = np.cov(X[:, 0], y)[0, 1] / np.var(X[:, 0], ddof=1)
    assert_close(array(model.coef_, shape=(1,), name="coef_"), [slope], rtol=1e-8, name="coef_")


@pytest.mark.criterion("least_squares")
def test_fit_returns_the_model_and_forgets_the_fit_before(candidate, rng):
    """fit starts afresh, with other columns too, and returns the model so that calls can be chained."""
    first, second = rng.normal(size=(20, 3)), rng.normal(size=(30, 2))
    planted = rng.uniform(1, 3, size=2)
    model = fitted(candidate, first, first.sum(axis=1), fit_intercept=False)
    assert model.fit(second, second @ planted) is model, "fit should return the model itself"
    assert_close(array(model.coef_, shape=(2,), name="coef_"), planted, rtol=1e-8, name="coef_")


@pytest.mark.criterion("intercept")
def test_residuals_sum_to_zero(candidate, rng):
    """With an intercept the mean residual is zero: the line passes through the point of means."""
    X, y = noisy_line(rng)
    model = fitted(candidate, X, y)
    coef = array(model.coef_, shape=(4,), name="coef_")
    intercept = number(model.intercept_, name="intercept_")
    assert_close(intercept + X.mean(axis=0) @ coef, y.mean(), rtol=1e-9, name="the line at the point of means")


@pytest.mark.criterion("intercept")
def test_shifting_y_moves_the_intercept_alone(candidate, rng):
    """Adding a constant to y adds it to the intercept and leaves the coefficients as they are."""
    X, y = noisy_line(rng)
    shift = rng.uniform(20, 40)
    before, after = fitted(candidate, X, y), fitted(candidate, X, y + shift)
    moved = number(after.intercept_, name="intercept_") - number(before.intercept_, name="intercept_")
    assert_close(moved, shift, rtol=1e-8, name="the change of intercept_")
    assert_close(
        array(after.coef_, shape=(4,), name="coef_"),
        array(before.coef_, shape=(4,), name="coef_"),
        rtol=1e-7,
        atol=1e-8,
        name="coef_ after the shift",
    )


@pytest.mark.criterion("intercept")
def test_without_an_intercept_the_line_passes_through_the_origin(candidate, rng):
    """fit_intercept=False: intercept_ is 0, nothing is centred, and Xᵀr = 0 holds for X as it is."""
    X, y = noisy_line(rng)
    model = fitted(candidate, X, y, fit_intercept=False)
    coef = array(model.coef_, shape=(4,), name="coef_")
    assert_close(number(model.intercept_, name="intercept_"), 0.0, atol=1e-12, name="intercept_")
    assert_close(X.T @ (y - X @ coef), np.zeros(4), atol=1e-7 * len(y), name="Xᵀr")


@pytest.mark.criterion("intercept")
def test_predictions_include_the_intercept(candidate, rng):
    """At the origin the prediction is the intercept itself."""
    X = rng.normal(size=(30, 2)) + 2.0
    planted, constant = rng.uniform(1, 3, size=2), rng.uniform(5, 9)
    model = fitted(candidate, X, X @ planted + constant)
    assert_close(number(model.intercept_, name="intercept_"), constant, rtol=1e-8, name="intercept_")
    at_origin = array(model.predict(np.zeros((1, 2))), shape=(1,), name="predict(0)")
    assert_close(at_origin, [constant], rtol=1e-8, name="predict at the origin")


@pytest.mark.criterion("r_squared")
def test_score_is_the_explained_share_of_the_variance(candidate, rng):
    """R² = 1 - SSE / SST on the rows given, which need not be those of the fit."""
    X, y = noisy_line(rng)
    model = fitted(candidate, X[:30], y[:30])
    predicted = array(model.predict(X[30:]), shape=(30,), name="predict(X)")
    held_out = y[30:]
    expected = 1 - np.sum((held_out - predicted) ** 2) / np.sum((held_out - held_out.mean()) ** 2)
    assert_close(number(model.score(X[30:], held_out), name="score"), expected, rtol=1e-9, name="score")


@pytest.mark.criterion("r_squared")
def test_score_is_negative_for_a_model_worse_than_the_mean(candidate, rng):
    """A model that predicts the opposite is worse than the mean of y: R² is below zero, here far below."""
    X = rng.normal(size=(40, 2))
    y = X @ rng.uniform(1, 3, size=2)
    model = fitted(candidate, X, y)
    assert_close(number(model.score(X, y), name="score"), 1.0, rtol=1e-9, name="score of a perfect fit")
    opposite = 1 - np.sum(4 * y**2) / np.sum((y - y.mean()) ** 2)
    assert_close(number(model.score(X, -y), name="score"), opposite, rtol=1e-7, name="score against -y")


@pytest.mark.criterion("r_squared")
def test_score_compares_with_the_mean_of_the_rows_given(candidate, rng):
    """Right slope, wrong level: a squared correlation would be 1, R² counts the offset as error."""
    X = rng.normal(size=(40, 2))
    y = X @ rng.uniform(1, 3, size=2)
    shift = rng.uniform(1, 2)
    model = fitted(candidate, X, y)
    expected = 1 - len(y) * shift**2 / np.sum((y - y.mean()) ** 2)
    assert_close(number(model.score(X, y + shift), name="score"), expected, rtol=1e-7, name="score")
