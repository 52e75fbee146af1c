"""What a fit can tell beyond its coefficients: their uncertainty, and whether the assumptions hold."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, mapping, number


def fitted(candidate, X, y, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.linear_regression.LinearRegression(**settings)
    assert hasattr(model, "fit"), "LinearRegression() should make a model with a method fit"
    model.fit(X, y)
    return model


def problem(rng, n=30, p=3):
    """Draw a small noisy problem, in which one degree of freedom more or less shows."""
    X = rng.normal(size=(n, p)) * rng.uniform(0.5, 2, size=p) + 1.0
    return X, X @ rng.uniform(1, 3, size=p) + 4.0 + rng.normal(size=n)


def textbook(design, y):
    """Return least-squares coefficients, residuals and standard errors for a design matrix as it stands."""
    coef = np.linalg.lstsq(design, y, rcond=None)[0]
    residual = y - design @ coef
    variance = residual @ residual / (len(y) - design.shape[1])
    return coef, residual, np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))


def with_ones(X):
    """Return the design matrix of a model with an intercept."""
    return np.column_stack([np.ones(len(X)), X])


@pytest.mark.criterion("standard_errors")
def test_standard_errors_count_the_intercept_as_a_parameter(candidate, rng):
    """σ² = SSE / (n - p - 1): a small sample shows whether the intercept was counted."""
    X, y = problem(rng, n=9)
    errors = array(fitted(candidate, X, y).standard_errors(), shape=(3,), name="standard_errors()")
    assert_close(errors, textbook(with_ones(X), y)[2][1:], rtol=1e-6, name="standard_errors()")


@pytest.mark.criterion("standard_errors")
def test_standard_errors_without_an_intercept(candidate, rng):
    """With fit_intercept=False, σ² = SSE / (n - p) and the columns are not centred."""
    X, y = problem(rng, n=9)
    errors = fitted(candidate, X, y, fit_intercept=False).standard_errors()
    expected = textbook(X, y)[2]
    assert_close(array(errors, shape=(3,), name="standard_errors()"), expected, rtol=1e-6, name="standard_errors()")


@pytest.mark.criterion("standard_errors")
def test_intervals_lie_evenly_about_the_coefficients(candidate, rng):
    """Bounds are coef - c·error and coef + c·error, one row a coefficient, with c = 1.96 unless given."""
    X, y = problem(rng)
    coef, _, errors = (values[1:] for values in textbook(with_ones(X), y))
    model = fitted(candidate, X, y)
    critical = rng.uniform(2.2, 3)
    given = array(model.confidence_intervals(critical), shape=(3, 2), name="confidence_intervals(c)")
    usual = array(model.confidence_intervals(), shape=(3, 2), name="confidence_intervals()")
    for bounds, reach in ((given, critical * errors), (usual, 1.96 * errors)):
        expected = np.column_stack([coef - reach, coef + reach])
        assert_close(bounds, expected, rtol=1e-6, atol=1e-7, name="the bounds")


@pytest.mark.criterion("standard_errors")
def test_standard_errors_are_refused_where_they_mean_nothing(candidate, rng):
    """A penalty biases the fit, n = p + 1 leaves no noise to measure: ValueError."""
    X, y = problem(rng)
    usual = array(fitted(candidate, X, y).standard_errors(), shape=(3,), name="standard_errors()")
    assert np.all(usual > 0), "standard errors should be positive"
    penalised = fitted(candidate, X, y, alpha=1.0)
    with pytest.raises(ValueError):
        penalised.standard_errors()
    saturated = fitted(candidate, X[:4], y[:4])
    with pytest.raises(ValueError):
        saturated.standard_errors()
    with pytest.raises(ValueError):
        saturated.confidence_intervals()


@pytest.mark.criterion("standard_errors")
def test_dependent_columns_have_no_standard_errors(candidate, rng):
    """What a duplicate column contributes cannot be told apart: ValueError instead of a made-up precision."""
    X, y = problem(rng)
    usual = array(fitted(candidate, X, y).standard_errors(), shape=(3,), name="standard_errors()")
    assert np.all(usual > 0), "standard errors should be positive"
    twice = fitted(candidate, np.column_stack([X, X[:, 0]]), y)
    with pytest.raises(ValueError):
        twice.standard_errors()


@pytest.mark.criterion("diagnostics")
def test_durbin_watson_sees_residuals_that_follow_each_other(candidate, rng):
    """Σ(eₜ - eₜ₋₁)² / Σeₜ²: near 2 for independent errors, near 0 for a random walk."""
    X = rng.normal(size=(60, 2))
    for errors in (rng.normal(size=60), np.cumsum(rng.normal(size=60))):
        y = X @ rng.uniform(1, 3, size=2) + 5.0 + errors
        residual = textbook(with_ones(X), y)[1]
        expected = np.sum(np.diff(residual) ** 2) / np.sum(residual**2)
        found = mapping(candidate.linear_regression.residual_diagnostics(X, y), keys=["durbin_watson"])
        assert_close(number(found["durbin_watson"], name="durbin_watson"), expected, rtol=1e-7, name="durbin_watson")


@pytest.mark.criterion("diagnostics")
def test_breusch_pagan_sees_a_spread_that_grows(candidate, rng):
    """n·R² of the squared residuals regressed on X: small for even noise, large where the noise follows X."""
    X = rng.uniform(0, 3, size=(80, 2))
    for spread in (np.ones(80), 0.1 + X[:, 0]):
        y = X @ rng.uniform(1, 3, size=2) + 5.0 + spread * rng.normal(size=80)
        squared = textbook(with_ones(X), y)[1] ** 2
        rest = textbook(with_ones(X), squared)[1]
        expected = 80 * (1 - np.sum(rest**2) / np.sum((squared - squared.mean()) ** 2))
        found = mapping(candidate.linear_regression.residual_diagnostics(X, y), keys=["breusch_pagan"])
        value = number(found["breusch_pagan"], name="breusch_pagan")
        assert_close(value, expected, rtol=1e-6, atol=1e-7, name="breusch_pagan")


@pytest.mark.criterion("diagnostics")
def test_the_condition_number_is_that_of_the_design_matrix(candidate, rng):
    """Largest over smallest singular value of [1, X], not of XᵀX, which would square it."""
    X = rng.normal(size=(40, 3)) + rng.uniform(2, 5, size=3)
    y = X.sum(axis=1) + rng.normal(size=40)
    found = mapping(candidate.linear_regression.residual_diagnostics(X, y), keys=["condition_number"])
    singular = np.linalg.svd(with_ones(X), compute_uv=False)
    value = number(found["condition_number"], name="condition_number")
    assert_close(value, singular[0] / singular[-1], rtol=1e-6, name="condition_number")


@pytest.mark.criterion("diagnostics")
def test_the_largest_leverage_points_at_the_remote_row(candidate, rng):
    """The largest hᵢᵢ of H = A(AᵀA)⁻¹Aᵀ with A = [1, X]: near 1 for a row that the line follows, in any unit."""
    X = rng.normal(size=(40, 3))
    X[rng.integers(40)] += rng.uniform(3, 6)
    y = X.sum(axis=1) + rng.normal(size=40)
    orthogonal, _ = np.linalg.qr(with_ones(X))
    expected = np.max(np.sum(orthogonal**2, axis=1))
    for unit in (1.0, 1e-3):
        found = mapping(candidate.linear_regression.residual_diagnostics(X * unit, y), keys=["max_leverage"])
        assert_close(number(found["max_leverage"], name="max_leverage"), expected, rtol=1e-7, name="max_leverage")
