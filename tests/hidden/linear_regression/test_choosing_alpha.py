"""select_alpha: honest cross-validation of the penalty."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, number, pair


def chosen(candidate, X, y, alphas, **settings):
    """Return the alpha that the submission chose and its mean validation errors."""
    result = candidate.linear_regression.select_alpha(X, y, alphas, **settings)
    best, errors = pair(result, name="select_alpha(…)")
    return number(best, name="the best alpha"), array(errors, shape=(len(alphas),), name="the validation errors")


@pytest.mark.criterion("choosing_alpha")
def test_leaving_one_out_gives_the_one_possible_answer(candidate, rng):
    """With a fold for each row no shuffle matters: every error is that of a fit to the other rows alone.

    The fits to compare with are the submission's own, so that a wrong penalty costs ``ridge`` alone.
    """
    n, alphas = 8, [30.0, 0.5]
    X = rng.normal(size=(n, 2)) * [1.0, 3.0]
    y = X @ rng.uniform(1, 2, size=2) + 3.0 + rng.normal(size=n)
    expected = np.zeros(2)
    for i, alpha in enumerate(alphas):
        for row in range(n):
            rest = np.arange(n) != row
            model = candidate.linear_regression.LinearRegression(alpha=alpha)
            assert hasattr(model, "fit"), "LinearRegression() should make a model with a method fit"
            model.fit(X[rest], y[rest])
            predicted = array(model.predict(X[~rest]), shape=(1,), name="predict(X)")
            expected[i] += (y[row] - predicted[0]) ** 2 / n
    best, errors = chosen(candidate, X, y, alphas, n_folds=n, random_state=int(rng.integers(1000)))
    assert_close(errors, expected, rtol=1e-6, name="the validation errors")
    assert_close(best, alphas[int(np.argmin(expected))], rtol=1e-12, name="the best alpha")


@pytest.mark.criterion("choosing_alpha")
def test_there_are_five_folds_unless_told_otherwise(candidate, rng):
    """With five rows the default leaves one out at a time, so that it agrees with n_folds=5."""
    X = rng.normal(size=(5, 1)) * 3.0
    y = 2.0 * X[:, 0] + rng.normal(size=5)
    alphas = [0.5, 30.0]
    _, expected = chosen(candidate, X, y, alphas, n_folds=5, random_state=1)
    assert np.min(expected) > 0, "held-out errors of noisy rows should be above 0"
    _, errors = chosen(candidate, X, y, alphas, random_state=2)
    assert_close(errors, expected, rtol=1e-6, name="the validation errors with the default number of folds")


@pytest.mark.criterion("choosing_alpha")
def test_of_equal_errors_the_larger_alpha_wins(candidate, rng):
    """A target that is 0 everywhere is predicted without error under any penalty: take the simplest model."""
    X = rng.normal(size=(20, 2))
    alphas = [2.0, 0.5, 50.0, 8.0]
    best, errors = chosen(candidate, X, np.zeros(20), alphas, random_state=int(rng.integers(1000)))
    assert_close(errors, np.zeros(4), atol=1e-20, name="the validation errors")
    assert best == 50.0, f"of equally good penalties the largest should be chosen, but it is {best:g}"


@pytest.mark.criterion("choosing_alpha")
def test_noise_is_not_mistaken_for_signal(candidate, rng):
    """On pure noise with nearly as many columns as rows, held-out errors ask for the largest penalty."""
    X, y = rng.normal(size=(40, 28)), rng.normal(size=40)
    best, errors = chosen(candidate, X, y, [1e-6, 1e5], random_state=3)
    assert best == 1e5, f"on noise the best alpha should be 1e5, but is {best:g}"
    assert errors[0] > 1.5 * errors[1], (
        "the held-out error of an overfitted model should be far above that of the mean"
    )
    assert errors[1] > 0.7 * y.var(), "nothing predicts noise better than its mean does"


@pytest.mark.criterion("choosing_alpha")
def test_a_clear_signal_is_not_shrunk_away(candidate, rng):
    """Where the columns explain y, the smallest penalty wins, wherever it stands among the candidates."""
    X = rng.normal(size=(60, 3))
    y = X @ rng.uniform(2, 4, size=3) + 0.1 * rng.normal(size=60)
    alphas = [1e3, 1e-3, 1e6]
    best, errors = chosen(candidate, X, y, alphas, random_state=5)
    assert best == 1e-3, f"the best alpha should be 0.001, but is {best:g}"
    assert errors[1] < errors[0] < errors[2], "the errors should stand in the order of the candidates"


@pytest.mark.criterion("choosing_alpha")
def test_rows_are_shuffled_before_they_are_split(candidate, rng):
    """In data sorted by group, folds cut in order would hold out groups that training never saw."""
    groups = np.repeat(np.arange(5), 20)
    X = np.eye(5)[groups]
    y = np.array([0.0, 40.0, 10.0, 30.0, 20.0])[groups] + rng.normal(size=100)
    best, errors = chosen(candidate, X, y, [1e-3, 1e6], random_state=int(rng.integers(1000)))
    assert best == 1e-3, f"the best alpha should be 0.001, but is {best:g}"
    assert errors[0] < 5.0, f"the error within known groups should be near 1, but is {errors[0]:g}"


@pytest.mark.criterion("choosing_alpha")
def test_the_seed_decides_the_folds(candidate, rng):
    """The same random_state gives the same errors, another one other folds; no global generator is touched."""
    X = rng.normal(size=(30, 3))
    y = X.sum(axis=1) + rng.normal(size=30)
    alphas = [0.1, 10.0]
    before = candidate.generator_state()
    runs = [chosen(candidate, X, y, alphas, random_state=seed)[1] for seed in (1, 1, 2, 3)]
    chosen(candidate, X, y, alphas)
    assert candidate.generator_state() == before, "select_alpha should leave the global generators alone"
    assert_same(runs[1], runs[0], name="the errors of a second run with the same seed")
    assert not all(np.allclose(run, runs[0], rtol=1e-9) for run in runs[2:]), "another seed should give other folds"


@pytest.mark.criterion("choosing_alpha")
def test_impossible_folds_are_refused(candidate, rng):
    """One fold holds out everything, more folds than rows leaves some empty, no candidates no choice: ValueError."""
    X = rng.normal(size=(20, 2))
    y = X @ rng.uniform(2, 4, size=2) + 0.1 * rng.normal(size=20)
    for n_folds in (2, 4):
        best, _ = chosen(candidate, X, y, [1e-3, 1e6], n_folds=n_folds, random_state=0)
        assert best == 1e-3, f"the best alpha should be 0.001, but is {best:g}"
    select = candidate.linear_regression.select_alpha
    for n_folds in (1, 21):
        with pytest.raises(ValueError):
            select(X, y, [1e-3, 1e6], n_folds=n_folds, random_state=0)
    with pytest.raises(ValueError):
        select(X, y, [], random_state=0)
