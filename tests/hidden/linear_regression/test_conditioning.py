"""Designs that are hard on the arithmetic: linearly dependent columns, offsets, scales, powers."""

from fractions import Fraction

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number


def fitted(candidate, X, y, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.linear_regression.LinearRegression(**settings)
    assert hasattr(model, "fit"), "LinearRegression() should make a model with a method fit"
    model.fit(X, y)
    return model


def exact_least_squares(X, y):
    """Return intercept and coefficients by the normal equations in rational arithmetic, free of rounding."""
    rows = [
        [Fraction(1), *map(Fraction, row), Fraction(goal)] for row, goal in zip(X.tolist(), y.tolist(), strict=True)
    ]
    size = X.shape[1] + 1
    system = [[sum(row[i] * row[j] for row in rows) for j in range(size + 1)] for i in range(size)]
    for i in range(size):
        system[i] = [value / system[i][i] for value in system[i]]
        for k in range(size):
            if k != i:
                factor = system[k][i]
                system[k] = [a - factor * b for a, b in zip(system[k], system[i], strict=True)]
    return float(system[0][-1]), np.array([float(line[-1]) for line in system[1:]])


@pytest.mark.criterion("rank_deficient")
def test_a_duplicate_column_shares_its_coefficient_evenly(candidate, rng):
    """Of all splits between two equal columns, the even one has the least norm; the sum is that of one column."""
    X = rng.normal(size=(40, 3))
    y = X @ rng.uniform(2, 4, size=3) + rng.normal(size=40)
    centred = X - X.mean(axis=0)
    single = np.linalg.lstsq(centred, y - y.mean(), rcond=None)[0]
    coef = array(fitted(candidate, np.column_stack([X, X[:, 0]]), y).coef_, shape=(4,), name="coef_")
    expected = [single[0] / 2, single[1], single[2], single[0] / 2]
    assert_close(coef, expected, rtol=1e-5, atol=1e-6, name="coef_")


@pytest.mark.criterion("rank_deficient")
def test_more_columns_than_rows_gives_the_minimum_norm_solution(candidate, rng):
    """With p > n every row is met exactly, by the one solution in the row space: Xᵀ(XXᵀ)⁻¹y."""
    X, y = rng.normal(size=(8, 20)), rng.normal(size=8)
    coef = array(fitted(candidate, X, y, fit_intercept=False).coef_, shape=(20,), name="coef_")
    assert_close(coef, X.T @ np.linalg.solve(X @ X.T, y), rtol=1e-5, atol=1e-6, name="coef_")


@pytest.mark.criterion("rank_deficient")
def test_the_norm_is_that_of_the_coefficients_alone(candidate, rng):
    """With p > n and an intercept, the intercept is free: the centred data's minimum-norm solution."""
    X, y = rng.normal(size=(8, 20)) + 2.0, rng.normal(size=8) + 5.0
    model = fitted(candidate, X, y)
    coef = array(model.coef_, shape=(20,), name="coef_")
    means, centred = X.mean(axis=0), (X - X.mean(axis=0))[:-1]
    expected = centred.T @ np.linalg.solve(centred @ centred.T, (y - y.mean())[:-1])
    assert_close(coef, expected, rtol=1e-5, atol=1e-6, name="coef_")
    level = number(model.intercept_, name="intercept_")
    assert_close(level, y.mean() - means @ expected, rtol=1e-5, atol=1e-6, name="intercept_")


@pytest.mark.criterion("rank_deficient")
def test_a_constant_column_gets_the_coefficient_zero(candidate, rng):
    """Next to an intercept a constant column explains nothing: least norm leaves it at zero, and no NaN."""
    X = rng.normal(size=(30, 2))
    planted, constant = rng.uniform(1, 3, size=2), rng.uniform(0.1, 0.9)
    model = fitted(candidate, np.column_stack([X, np.full(30, constant)]), X @ planted + 3.0)
    coef = array(model.coef_, shape=(3,), name="coef_")
    assert_close(coef, [*planted, 0.0], rtol=1e-5, atol=1e-6, name="coef_")
    assert_close(number(model.intercept_, name="intercept_"), 3.0, rtol=1e-5, name="intercept_")


@pytest.mark.criterion("rank_deficient")
def test_a_sum_of_other_columns_changes_no_prediction(candidate, rng):
    """A column that is the sum of two others adds nothing that could be predicted, and shares their effect."""
    whole = rng.integers(-9, 10, size=(40, 3)).astype(float)
    y = whole @ rng.uniform(2, 4, size=3) + rng.normal(size=40)
    X = np.column_stack([whole, whole[:, 0] + whole[:, 1]])
    coef = array(fitted(candidate, X, y, fit_intercept=False).coef_, shape=(4,), name="coef_")
    plain = np.linalg.lstsq(whole, y, rcond=None)[0]
    assert_close(X @ coef, whole @ plain, rtol=1e-5, atol=1e-5, name="the fitted values")
    assert_close(coef @ [1.0, 1.0, 0.0, -1.0], 0.0, atol=1e-5, name="the part of coef_ along the dependency")


@pytest.mark.criterion("conditioning")
def test_an_offset_of_a_million_costs_no_coefficient(candidate, rng):
    """Columns of spread 1 about 1e6 (years, readings, prices) keep their coefficients to six digits."""
    X = rng.normal(size=(40, 3)) + 1e6
    y = (X - 1e6) @ rng.uniform(1, 2, size=3) + 0.1 * rng.normal(size=40)
    _, expected = exact_least_squares(X, y)
    coef = array(fitted(candidate, X, y).coef_, shape=(3,), name="coef_")
    assert_close(coef, expected, rtol=1e-6, name="coef_")


@pytest.mark.criterion("conditioning")
def test_an_offset_of_a_million_costs_no_prediction(candidate, rng):
    """The intercept must fit the coefficients: at 1e6, predictions stay right to 1e-6 of the spread of y."""
    X = rng.normal(size=(40, 3)) + 1e6
    y = (X - 1e6) @ rng.uniform(1, 2, size=3) + 0.1 * rng.normal(size=40)
    predicted = array(fitted(candidate, X, y).predict(X), shape=(40,), name="predict(X)")
    shifted = X - 1e6
    intercept, coef = exact_least_squares(shifted, y)
    assert_close(predicted, intercept + shifted @ coef, atol=1e-6 * y.std(), name="predict(X)")


@pytest.mark.criterion("conditioning")
def test_scales_from_a_millionth_to_a_million_do_not_matter(candidate, rng):
    """Measuring a column in another unit rescales its coefficient and changes nothing else.

    A singular value decomposition without scaling keeps three digits here, which is enough; a rank decided too
    early, a penalty or gradient descent loses a column altogether.
    """
    X = rng.normal(size=(40, 3))
    y = X @ rng.uniform(1, 2, size=3) + 0.1 * rng.normal(size=40)
    units = rng.permutation([1e6, 1.0, 1e-6])
    _, expected = exact_least_squares(X, y)
    coef = array(fitted(candidate, X * units, y).coef_, shape=(3,), name="coef_")
    assert_close(coef * units, expected, rtol=1e-2, name="coef_ in the unit of y")


@pytest.mark.criterion("conditioning")
def test_a_polynomial_of_degree_nine_is_fitted(candidate, rng):
    """The powers of x in [1, 3] are nearly dependent, and the least-squares curve is still well defined."""
    x = np.linspace(1, 3, 60) + rng.uniform(-0.01, 0.01, size=60)
    X = x[:, None] ** np.arange(1, 10)
    y = np.sin(2 * x) + 0.1 * rng.normal(size=60)
    predicted = array(fitted(candidate, X, y).predict(X), shape=(60,), name="predict(X)")
    basis = np.polynomial.chebyshev.chebvander(x - 2, 9)
    curve = basis @ np.linalg.lstsq(basis, y, rcond=None)[0]
    assert_close(predicted, curve, atol=1e-5 * y.std(), name="the fitted curve")


@pytest.mark.criterion("conditioning")
def test_nearly_equal_columns_keep_their_difference(candidate, rng):
    """Two columns that differ by one part in ten million are not the same column: their effects can be told apart."""
    X = rng.normal(size=(40, 2))
    near = np.column_stack([X[:, 0], X[:, 0] + 1e-7 * X[:, 1]])
    first, second = rng.uniform(1, 2, size=2)
    coef = array(fitted(candidate, near, near @ [first, second]).coef_, shape=(2,), name="coef_")
    assert_close(coef, [first, second], rtol=1e-5, name="coef_")
