"""Speed, as CPU time relative to the reference and as growth with the number of rows."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_at_most, assert_close, cpu_growth, cpu_ratio, mapping, number


def new_model(subject):
    """Return a model that has not seen anything."""
    model = subject.linear_regression.LinearRegression()
    assert hasattr(model, "fit"), "LinearRegression() should make a model with a method fit"
    return model


def check_line(coef, X, y, weights):
    """Check the weighted normal equations, so that a fast answer is a right one too."""
    found = array(coef, shape=(X.shape[1],), name="coef_")
    centred = X - weights @ X / weights.sum()
    residual = y - weights @ y / weights.sum() - centred @ found
    assert_close((weights * residual) @ centred / len(y), np.zeros(X.shape[1]), atol=1e-7, name="Xᵀr / n")


@pytest.mark.criterion("speed")
def test_many_rows_are_fitted_without_a_loop(candidate, reference, rng):
    """A fit to 120,000 rows costs a small multiple of a direct method in whole-array operations."""
    X = rng.normal(size=(120_000, 3))
    y = X @ rng.uniform(1, 3, size=3) + rng.normal(size=120_000)
    coefs = []

    def work(subject, turn):
        model = new_model(subject)
        model.fit(X, y)
        coefs.append(model.coef_)

    ratio = cpu_ratio(work, candidate, reference, limit=6, rounds=4)
    check_line(coefs[-1], X, y, np.ones(len(y)))
    assert_at_most(ratio, 6, name="CPU time of a fit over that of the reference")


@pytest.mark.criterion("speed")
def test_many_rows_are_predicted_without_a_loop(candidate, reference, rng):
    """Predictions are one product of a matrix and a vector, whatever the number of rows."""
    X = rng.normal(size=(200_000, 2))
    planted = rng.uniform(1, 3, size=2)
    models = []
    for subject in (candidate, reference):
        model = new_model(subject)
        model.fit(X[:50], X[:50] @ planted)
        models.append(model)
    answers = []

    def work(subject, turn):
        answers.append(models[0 if subject is candidate else 1].predict(X))

    ratio = cpu_ratio(work, candidate, reference, limit=40, rounds=4)
    predicted = array(answers[-1], shape=(200_000,), name="predict(X)")
    assert_close(predicted, X @ planted, atol=0.1, name="predict(X)")
    assert_at_most(ratio, 40, name="CPU time of predict over that of the reference")


@pytest.mark.criterion("speed")
def test_weights_cost_no_more_than_linear_time(candidate, reference, rng):
    """Weights scale rows; an n × n diagonal matrix of them would grow with the square of n."""
    X = rng.normal(size=(12_000, 4))
    y = X @ rng.uniform(1, 3, size=4)
    weights = rng.uniform(0.5, 2, size=12_000)
    coefs = []

    def work(subject, size):
        model = new_model(subject)
        model.fit(X[:size], y[:size], sample_weight=weights[:size])
        coef = model.coef_
        if subject is candidate:
            coefs.append(coef)

    sizes = [3000, 6000, 12_000]  # the last matrix would not even fit into the memory limit
    slope = cpu_growth(work, candidate, reference, sizes)
    check_line(coefs[-1], X, y, weights)
    assert_at_most(slope, 1.6, name="the exponent with which the time of a weighted fit grows")


@pytest.mark.criterion("speed")
def test_leverage_needs_no_square_matrix(candidate, reference, rng):
    """The diagonal of the hat matrix is a sum over p columns: the n × n matrix itself is never needed."""
    X = rng.normal(size=(12_000, 4))  # so many that the n × n matrix does not even fit into the memory limit
    y = X @ rng.uniform(1, 3, size=4) + rng.normal(size=12_000)
    found = []

    def work(subject, turn):
        found.append(subject.linear_regression.residual_diagnostics(X, y))

    ratio = cpu_ratio(work, candidate, reference, limit=6, rounds=3)
    orthogonal, _ = np.linalg.qr(np.column_stack([np.ones(12_000), X]))
    value = number(mapping(found[-1], keys=["max_leverage"])["max_leverage"], name="max_leverage")
    assert_close(value, np.max(np.sum(orthogonal**2, axis=1)), rtol=0.2, name="max_leverage")
    assert_at_most(ratio, 6, name="CPU time of the diagnostics over that of the reference")
