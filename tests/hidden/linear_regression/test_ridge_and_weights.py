"""The ridge penalty and sample weights: the objective Σ wᵢrᵢ² + alpha‖coef‖²."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number


def fitted(candidate, X, y, sample_weight=None, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.linear_regression.LinearRegression(**settings)
    assert hasattr(model, "fit"), "LinearRegression() should make a model with a method fit"
    if sample_weight is None:
        model.fit(X, y)
    else:
        model.fit(X, y, sample_weight=sample_weight)
    return model


def problem(rng, n=50, p=4):
    """Draw a well-conditioned problem whose columns and target are far from zero."""
    X = rng.normal(size=(n, p)) + rng.uniform(1, 3, size=p)
    return X, X @ rng.uniform(1, 3, size=p) + 9.0 + rng.normal(size=n)


@pytest.mark.criterion("ridge")
def test_the_gradient_of_the_objective_is_zero(candidate, rng):
    """At the minimum Xᵀr = alpha · coef, for the centred data: alpha is neither multiplied nor divided by n."""
    X, y = problem(rng)
    alpha = rng.uniform(5, 20)
    coef = array(fitted(candidate, X, y, alpha=alpha).coef_, shape=(4,), name="coef_")
    centred = X - X.mean(axis=0)
    gradient = centred.T @ (y - y.mean() - centred @ coef)
    assert_close(gradient, alpha * coef, rtol=1e-7, atol=1e-7, name="Xᵀr")


@pytest.mark.criterion("ridge")
def test_the_intercept_is_not_penalised(candidate, rng):
    """Under a huge penalty the coefficients vanish and the intercept becomes the mean of y."""
    X, y = problem(rng)
    model = fitted(candidate, X, y, alpha=1e10)
    coef = array(model.coef_, shape=(4,), name="coef_")
    assert_close(coef, np.zeros(4), atol=1e-6, name="coef_ under a huge penalty")
    assert_close(number(model.intercept_, name="intercept_"), y.mean(), rtol=1e-6, name="intercept_")


@pytest.mark.criterion("ridge")
def test_a_shift_of_y_leaves_the_shrunken_coefficients_alone(candidate, rng):
    """Since the intercept is free, the level of y cannot change what the penalty does to the slopes."""
    X, y = problem(rng)
    alpha = rng.uniform(5, 20)
    before, after = fitted(candidate, X, y, alpha=alpha), fitted(candidate, X, y + 100.0, alpha=alpha)
    shrunken = array(before.coef_, shape=(4,), name="coef_")
    plain = np.linalg.lstsq(X - X.mean(axis=0), y - y.mean(), rcond=None)[0]
    assert np.linalg.norm(shrunken) < 0.999 * np.linalg.norm(plain), "alpha > 0 should shrink coef_"
    assert_close(
        array(after.coef_, shape=(4,), name="coef_"), shrunken, rtol=1e-7, atol=1e-8, name="coef_ after the shift"
    )


@pytest.mark.criterion("ridge")
def test_without_an_intercept_the_penalty_acts_on_the_data_as_they_are(candidate, rng):
    """fit_intercept=False solves (XᵀX + alpha I) coef = Xᵀy, with nothing centred."""
    X = rng.normal(size=(50, 4))
    y = X @ rng.uniform(1, 3, size=4) + rng.normal(size=50)
    alpha = rng.uniform(5, 20)
    coef = array(fitted(candidate, X, y, alpha=alpha, fit_intercept=False).coef_, shape=(4,), name="coef_")
    expected = np.linalg.solve(X.T @ X + alpha * np.eye(4), X.T @ y)
    assert_close(coef, expected, rtol=1e-7, atol=1e-8, name="coef_")


@pytest.mark.criterion("ridge")
def test_the_penalty_decides_where_there_are_more_columns_than_rows(candidate, rng):
    """With p > n the ridge solution is unique: Xᵀ(XXᵀ + alpha I)⁻¹y of the centred data."""
    X, y = problem(rng, n=12, p=30)
    alpha = rng.uniform(1, 3)
    coef = array(fitted(candidate, X, y, alpha=alpha).coef_, shape=(30,), name="coef_")
    centred = X - X.mean(axis=0)
    expected = centred.T @ np.linalg.solve(centred @ centred.T + alpha * np.eye(12), y - y.mean())
    assert_close(coef, expected, rtol=1e-7, atol=1e-8, name="coef_")


@pytest.mark.criterion("sample_weights")
def test_a_whole_weight_repeats_its_row(candidate, rng):
    """Weight 3 is the same as the row three times over; weights count, they do not rescale residuals."""
    X, y = problem(rng)
    weights = rng.integers(1, 5, size=len(y))
    weighted = fitted(candidate, X, y, weights.astype(float))
    repeated, target = np.repeat(X, weights, axis=0), np.repeat(y, weights)
    means = repeated.mean(axis=0)
    expected = np.linalg.lstsq(repeated - means, target - target.mean(), rcond=None)[0]
    coef = array(weighted.coef_, shape=(4,), name="coef_")
    assert_close(coef, expected, rtol=1e-8, atol=1e-9, name="coef_")
    level = number(weighted.intercept_, name="intercept_")
    assert_close(level, target.mean() - means @ expected, rtol=1e-7, name="intercept_")


@pytest.mark.criterion("sample_weights")
def test_a_row_of_weight_zero_does_not_count(candidate, rng):
    """Weight 0 removes a row from the sums and from the means, however far off it lies."""
    X, y = problem(rng)
    weights = rng.uniform(0.5, 2, size=len(y))
    weights[:5] = 0.0
    spoilt, target = X.copy(), y.copy()
    spoilt[:5] += 50.0
    target[:5] -= 1000.0
    coef = array(fitted(candidate, spoilt, target, weights).coef_, shape=(4,), name="coef_")
    kept, root = X[5:] - np.average(X[5:], axis=0, weights=weights[5:]), np.sqrt(weights[5:])
    goal = y[5:] - np.average(y[5:], weights=weights[5:])
    expected = np.linalg.lstsq(kept * root[:, None], goal * root, rcond=None)[0]
    assert_close(coef, expected, rtol=1e-7, atol=1e-8, name="coef_")


@pytest.mark.criterion("sample_weights")
def test_weights_are_not_rescaled_under_a_penalty(candidate, rng):
    """Σ wᵢrᵢ² + alpha‖coef‖² takes weights as they are: twice the weights equal half the penalty."""
    X, y = problem(rng)
    weights = rng.uniform(0.5, 2, size=len(y))
    twice = fitted(candidate, X, y, 2 * weights, alpha=30.0, fit_intercept=False)
    once = fitted(candidate, X, y, weights, alpha=15.0, fit_intercept=False)
    plain = fitted(candidate, X, y, alpha=15.0, fit_intercept=False)
    coef = array(twice.coef_, shape=(4,), name="coef_")
    unweighted = array(plain.coef_, shape=(4,), name="coef_")
    assert np.max(np.abs(coef - unweighted)) > 1e-6, "the weights should change coef_"
    assert_close(coef, array(once.coef_, shape=(4,), name="coef_"), rtol=1e-7, atol=1e-8, name="coef_")


@pytest.mark.criterion("sample_weights")
def test_impossible_weights_are_refused(candidate, rng):
    """A negative weight, or one weight too few, has no meaning: ValueError."""
    X, y = problem(rng)
    weights = rng.uniform(0.5, 2, size=len(y))
    model = fitted(candidate, X, y, weights)
    array(model.coef_, shape=(4,), name="coef_")
    negative = weights.copy()
    negative[rng.integers(len(y))] = -0.5
    with pytest.raises(ValueError):
        model.fit(X, y, sample_weight=negative)
    with pytest.raises(ValueError):
        model.fit(X, y, sample_weight=weights[:-1])
    with pytest.raises(ValueError):
        model.fit(X, y, sample_weight=weights[:1])
