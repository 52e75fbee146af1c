"""One easy example of each criterion. The hidden tests ask for all that the brief says."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, cpu_ratio, mapping, number, pair

X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0], [4.0, 3.0], [5.0, 5.0]])
Y = 3.0 + X @ np.array([2.0, -1.0])


def fitted(candidate, table, target, **settings):
    """Return a model of the submission that was fitted to a table and its target."""
    model = candidate.linear_regression.LinearRegression(**settings)
    assert hasattr(model, "fit"), "LinearRegression() should make a model with a method fit"
    model.fit(table, target)
    return model


@pytest.mark.criterion("least_squares")
def test_coefficients_of_a_plane_are_found(candidate):
    """Points on a plane give back the plane."""
    model = fitted(candidate, X, Y)
    assert_close(array(model.coef_, shape=(2,), name="coef_"), [2.0, -1.0], rtol=1e-9, name="coef_")


@pytest.mark.criterion("intercept")
def test_the_intercept_of_a_plane_is_found(candidate):
    """The intercept is the value at the origin, a float of its own."""
    assert_close(number(fitted(candidate, X, Y).intercept_, name="intercept_"), 3.0, rtol=1e-9, name="intercept_")


@pytest.mark.criterion("r_squared")
def test_a_perfect_fit_scores_one(candidate):
    """R² is 1 where nothing is left unexplained, and falls where the targets are others."""
    model = fitted(candidate, X, Y)
    assert_close(number(model.score(X, Y), name="score"), 1.0, rtol=1e-9, name="score")
    assert number(model.score(X, -Y), name="score") < 0, "R² of a model worse than the mean should be negative"


@pytest.mark.criterion("ridge")
def test_ridge_shrinks_the_slope(candidate):
    """For one centred column the slope is xᵀy / (xᵀx + alpha), here 20 / (10 + 10)."""
    x = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    model = fitted(candidate, x, 7.0 + 2.0 * x[:, 0], alpha=10.0)
    assert_close(array(model.coef_, shape=(1,), name="coef_"), [1.0], rtol=1e-9, name="coef_")
    assert_close(number(model.intercept_, name="intercept_"), 7.0, rtol=1e-9, name="intercept_")


@pytest.mark.criterion("sample_weights")
def test_a_weighted_mean(candidate):
    """Where the column explains nothing, the intercept is the weighted mean of y."""
    model = candidate.linear_regression.LinearRegression()
    model.fit([[-1.0], [1.0], [-1.0], [1.0]], [1.0, 1.0, 5.0, 5.0], sample_weight=[3.0, 3.0, 1.0, 1.0])
    assert_close(number(model.intercept_, name="intercept_"), 2.0, rtol=1e-9, name="intercept_")


@pytest.mark.criterion("rank_deficient")
def test_a_constant_column_explains_nothing(candidate):
    """Next to an intercept a constant column gets the coefficient 0, and the intercept all of the level."""
    model = fitted(candidate, [[1.0], [1.0]], [2.0, 4.0])
    assert_close(array(model.coef_, shape=(1,), name="coef_"), [0.0], atol=1e-9, name="coef_")
    assert_close(number(model.intercept_, name="intercept_"), 3.0, rtol=1e-9, name="intercept_")


@pytest.mark.criterion("conditioning")
def test_a_slope_far_from_the_origin(candidate):
    """A column of whole numbers that starts at a million has the slope of one that starts at zero."""
    steps = np.arange(20.0)
    model = fitted(candidate, 1e6 + steps[:, None], 2.0 * steps)
    assert_close(array(model.coef_, shape=(1,), name="coef_"), [2.0], rtol=1e-6, name="coef_")


@pytest.mark.criterion("bad_input")
def test_lengths_that_differ_are_refused(candidate):
    """Six rows and five targets do not belong together: ValueError."""
    model = fitted(candidate, X, Y)
    array(model.coef_, shape=(2,), name="coef_")
    with pytest.raises(ValueError):
        model.fit(X, Y[:5])


@pytest.mark.criterion("missing_values")
def test_a_missing_number_is_refused(candidate):
    """NaN in X gives ValueError."""
    model = fitted(candidate, X, Y)
    array(model.coef_, shape=(2,), name="coef_")
    with pytest.raises(ValueError):
        model.fit([[0.0], [np.nan], [2.0]], [1.0, 2.0, 3.0])


@pytest.mark.criterion("dtypes")
def test_whole_numbers_are_numbers(candidate):
    """Integers give the same line as floats."""
    model = fitted(candidate, X.astype(int), Y.astype(int))
    assert_close(array(model.coef_, shape=(2,), name="coef_"), [2.0, -1.0], rtol=1e-9, name="coef_")


@pytest.mark.criterion("standard_errors")
def test_the_standard_error_of_a_slope(candidate):
    """x = -1, 0, 1 and y = 1, 0, 2: slope 0.5, SSE 1.5 with one degree of freedom, error √(1.5 / 2)."""
    model = fitted(candidate, [[-1.0], [0.0], [1.0]], [1.0, 0.0, 2.0])
    error = np.sqrt(0.75)
    errors = array(model.standard_errors(), shape=(1,), name="standard_errors()")
    assert_close(errors, [error], rtol=1e-9, name="standard_errors()")
    bounds = array(model.confidence_intervals(2.0), shape=(1, 2), name="confidence_intervals(2)")
    assert_close(bounds, [[0.5 - 2 * error, 0.5 + 2 * error]], rtol=1e-9, name="confidence_intervals(2)")


@pytest.mark.criterion("diagnostics")
def test_diagnostics_of_a_balanced_design(candidate):
    """Four rows at -1 and 1: every leverage is 1/2, [1, X] has condition 1, residuals alternate in pairs."""
    found = mapping(
        candidate.linear_regression.residual_diagnostics([[-1.0], [-1.0], [1.0], [1.0]], [0.0, 2.0, 3.0, 9.0]),
        keys=["durbin_watson", "breusch_pagan", "condition_number", "max_leverage"],
    )
    values = [number(value, name=key) for key, value in found.items()]
    assert_close(values, [(4 + 16 + 36) / 20, 4.0, 1.0, 0.5], rtol=1e-9, name="the four diagnostics")


@pytest.mark.criterion("partial_fit")
def test_two_batches_equal_one_fit(candidate):
    """Two halves give the plane that the whole lies on."""
    model = candidate.linear_regression.LinearRegression()
    model.partial_fit(X[:3], Y[:3])
    model.partial_fit(X[3:], Y[3:])
    assert_close(array(model.coef_, shape=(2,), name="coef_"), [2.0, -1.0], rtol=1e-8, name="coef_")


@pytest.mark.criterion("choosing_alpha")
def test_no_penalty_is_best_for_a_perfect_plane(candidate):
    """Where a plane fits without error, any penalty makes held-out predictions worse."""
    result = candidate.linear_regression.select_alpha(X, Y, [100.0, 0.0, 1.0], n_folds=6, random_state=0)
    best, errors = pair(result, name="select_alpha(…)")
    assert_close(number(best, name="the best alpha"), 0.0, atol=0.0, name="the best alpha")
    first, second, third = array(errors, shape=(3,), name="the validation errors")
    assert second < third < first, "the errors should stand in the order of the candidates"


@pytest.mark.criterion("speed")
def test_a_fit_to_many_rows_is_quick(candidate, reference, rng):
    """30,000 rows cost a small multiple of a direct method in whole-array operations."""
    table = rng.normal(size=(30_000, 4))
    target = table.sum(axis=1)
    coefs = []

    def work(subject, turn):
        coefs.append(fitted(subject, table, target).coef_)

    ratio = cpu_ratio(work, candidate, reference, rounds=3)
    assert_close(array(coefs[-1], shape=(4,), name="coef_"), np.ones(4), rtol=1e-8, name="coef_")
    assert ratio < 10, f"a fit should cost at most 10 times the reference, but costs {ratio:.1f} times"
