"""What fit, predict and score accept, and what they refuse."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, number


def fitted(candidate, X, y, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.linear_regression.LinearRegression(**settings)
    assert hasattr(model, "fit"), "LinearRegression() should make a model with a method fit"
    model.fit(X, y)
    return model


def problem(rng, n=30, p=3):
    """Draw a well-conditioned problem."""
    X = rng.normal(size=(n, p))
    return X, X @ rng.uniform(1, 3, size=p) + 2.0 + 0.1 * rng.normal(size=n)


def check_works(model, X, y):
    """Check that the model answers sensibly to good input, before it is shown bad input."""
    predicted = array(model.predict(X), shape=(len(X),), name="predict(X)")
    assert np.corrcoef(predicted, y)[0, 1] > 0.9, "predict(X) should follow y on an easy problem"
    assert number(model.score(X, y), name="score") > 0.5, "score should be high on an easy problem"


@pytest.mark.criterion("bad_input")
def test_x_and_y_of_different_length_are_refused(candidate, rng):
    """A row without its target is a mistake of the caller: ValueError, in fit and in score."""
    X, y = problem(rng)
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    for target in (y[:-1], np.append(y, 1.0), y[:1]):
        with pytest.raises(ValueError):
            model.fit(X, target)
    again = fitted(candidate, X, y)
    with pytest.raises(ValueError):
        again.score(X, y[:1])


@pytest.mark.criterion("bad_input")
def test_a_target_with_two_axes_is_refused(candidate, rng):
    """A y of shape (n, 1) would broadcast against (n,) into an n × n table: ValueError instead."""
    X, y = problem(rng)
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    with pytest.raises(ValueError):
        model.score(X, y[:, None])
    with pytest.raises(ValueError):
        model.fit(X, y[:, None])
    with pytest.raises(ValueError):
        model.fit(X, np.column_stack([y, y]))


@pytest.mark.criterion("bad_input")
def test_a_table_with_one_axis_is_refused(candidate, rng):
    """Whether a flat X is one row or one column cannot be known: ValueError, in fit and in predict."""
    X, y = problem(rng)
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    with pytest.raises(ValueError):
        model.predict(X[0])
    with pytest.raises(ValueError):
        model.fit(X[:, 0], y)


@pytest.mark.criterion("bad_input")
def test_another_number_of_columns_is_refused(candidate, rng):
    """Rows to predict have the columns of fit; one column must not be broadcast over all coefficients."""
    X, y = problem(rng)
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    for columns in (X[:, :1], X[:, :2], np.column_stack([X, X[:, 0]])):
        with pytest.raises(ValueError):
            model.predict(columns)
    single = fitted(candidate, X[:, :1], X[:, 0])
    with pytest.raises(ValueError):
        single.predict(X)


@pytest.mark.criterion("bad_input")
def test_no_rows_are_refused(candidate, rng):
    """There is nothing to learn from an empty table: ValueError, not NaN coefficients."""
    X, y = problem(rng)
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    with pytest.raises(ValueError):
        model.fit(X[:0], y[:0])


@pytest.mark.criterion("bad_input")
def test_an_unfitted_model_has_no_answers(candidate, rng):
    """predict and score before fit raise ValueError."""
    X, y = problem(rng)
    check_works(fitted(candidate, X, y), X, y)
    unfitted = candidate.linear_regression.LinearRegression()
    with pytest.raises(ValueError):
        unfitted.predict(X)
    with pytest.raises(ValueError):
        unfitted.score(X, y)


@pytest.mark.criterion("bad_input")
def test_a_negative_penalty_is_refused(candidate, rng):
    """alpha < 0 rewards large coefficients: ValueError, when the model is made or when it is fitted."""
    X, y = problem(rng)
    check_works(fitted(candidate, X, y, alpha=0.5), X, y)
    with pytest.raises(ValueError):
        fitted(candidate, X, y, alpha=-0.5)


@pytest.mark.criterion("bad_input")
def test_the_callers_arrays_are_left_alone(candidate, rng):
    """Centring or scaling works on copies: X, y and the weights are the same after fit, and X after predict."""
    X, y = problem(rng)
    weights = rng.uniform(1, 2, size=len(y))
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    given = candidate.call(model.fit, X, y, weights).arguments
    for name, after, before in zip(("X", "y", "sample_weight"), given, (X, y, weights), strict=True):
        assert_same(array(after, shape=before.shape, name=name), before, name=f"{name} after fit")
    (queries,) = candidate.call(model.predict, X).arguments
    assert_same(array(queries, shape=X.shape, name="X"), X, name="X after predict")


@pytest.mark.criterion("missing_values")
@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_a_hole_in_the_training_data_is_refused(candidate, rng, hole):
    """A single NaN or infinity in X or y would spoil every coefficient: fit raises ValueError."""
    X, y = problem(rng)
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    row = rng.integers(len(y))
    table, target = X.copy(), y.copy()
    table[row, rng.integers(3)] = hole
    target[row] = hole
    with pytest.raises(ValueError):
        model.fit(table, y)
    with pytest.raises(ValueError):
        model.fit(X, target)


@pytest.mark.criterion("missing_values")
def test_a_hole_in_a_query_is_refused(candidate, rng):
    """A missing value in a row to predict gives ValueError, not a NaN that travels on."""
    X, y = problem(rng)
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    queries = X.copy()
    queries[rng.integers(len(y)), rng.integers(3)] = np.nan
    with pytest.raises(ValueError):
        model.predict(queries)


@pytest.mark.criterion("missing_values")
def test_a_hole_in_the_data_to_score_is_refused(candidate, rng):
    """score raises ValueError for NaN in X or in y: R² of what is not known is not known."""
    X, y = problem(rng)
    model = fitted(candidate, X, y)
    check_works(model, X, y)
    table, target = X.copy(), y.copy()
    table[0, 0] = np.nan
    target[0] = np.nan
    with pytest.raises(ValueError):
        model.score(table, y)
    with pytest.raises(ValueError):
        model.score(X, target)


def check_same_as_float64(candidate, X, y, rtol=1e-7):
    """Check that a fit to X and y is that to the same numbers in float64."""
    table, target = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    n, p = table.shape
    means = table.mean(axis=0)
    expected = np.linalg.lstsq(table - means, target - target.mean(), rcond=None)[0]
    model = fitted(candidate, X, y)
    coef = array(model.coef_, shape=(p,), name="coef_")
    assert_close(coef, expected, rtol=rtol, atol=0.1 * rtol * np.abs(expected).max(), name="coef_")
    line = target.mean() + (table - means) @ expected
    spread = np.abs(target).max()
    predicted = array(model.predict(X), shape=(n,), name="predict(X)")
    assert_close(predicted, line, atol=1e-7 * spread, name="predict(X)")
    share = 1 - np.sum((target - line) ** 2) / np.sum((target - target.mean()) ** 2)
    assert_close(number(model.score(X, y), name="score"), share, rtol=1e-6, atol=1e-7, name="score")


@pytest.mark.criterion("dtypes")
def test_pixels_of_one_byte_do_not_overflow(candidate, rng):
    """uint8 wraps around at 256: sums and differences are to be taken in float64."""
    X = rng.integers(0, 256, size=(40, 3), dtype=np.uint8)
    y = (X @ np.array([0.3, 0.2, 0.4]) + rng.integers(0, 20, size=40)).astype(np.uint8)
    check_same_as_float64(candidate, X, y)


@pytest.mark.criterion("dtypes")
def test_whole_numbers_and_truth_values_are_numbers(candidate, rng):
    """Integers and booleans count as the numbers they stand for."""
    flags = rng.permuted(np.tile([True, False], (2, 20)), axis=1).T
    counts = rng.integers(-20, 20, size=40)
    y = flags @ np.array([3, 5]) + rng.integers(-2, 3, size=40)
    check_same_as_float64(candidate, flags, y)
    check_same_as_float64(candidate, counts[:, None], y + counts)
    check_same_as_float64(candidate, counts[:, None], counts > 0)


@pytest.mark.criterion("dtypes")
def test_single_precision_data_are_fitted_in_double_precision(candidate, rng):
    """float32 input says how the data were kept, not how many digits the answer needs."""
    X = rng.normal(size=(40, 3))
    X[:, 2] = X[:, 0] + 0.2 * X[:, 2]
    X = (30 * X).astype(np.float32)  # so large that a little ridge is not seen
    y = (X @ rng.uniform(1, 3, size=3) + rng.normal(size=40)).astype(np.float32)
    # A thousandth of what float32 rounds off: by how much depends on the processor.
    check_same_as_float64(candidate, X, y, rtol=1e-9)


@pytest.mark.criterion("dtypes")
def test_nested_lists_are_welcome(candidate, rng):
    """X as a list of rows and y as a list of numbers are array-likes as good as arrays."""
    X, y = problem(rng)
    check_same_as_float64(candidate, X.tolist(), y.tolist())
