"""Missing values: marginal densities, exact EM, conditional means."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number, pair


def fitted(candidate, X, k, **settings):
    """Return a model of the submission that was fitted to a copy of X."""
    model = candidate.em.GaussianMixture(k, **settings)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    model.fit(X.copy())
    return model


def attributes(model, k, d):
    """Return weights, means and covariances of a fitted model, checked for type and shape."""
    return (
        array(model.weights_, shape=(k,), name="weights_"),
        array(model.means_, shape=(k, d), name="means_"),
        array(model.covariances_, shape=(k, d, d), name="covariances_"),
    )


def log_joint(X, weights, means, covariances):
    """Return log(weight × marginal density) of each row and component, over observed coordinates, in loops."""
    table = np.zeros((len(X), len(weights)))
    for i, row in enumerate(X):
        o = np.flatnonzero(~np.isnan(row))
        for j in range(len(weights)):
            gap, own = row[o] - means[j][o], covariances[j][np.ix_(o, o)]
            size = np.linalg.slogdet(2 * np.pi * own)[1]
            table[i, j] = np.log(weights[j]) - (size + gap @ np.linalg.solve(own, gap)) / 2
    return table


def conditional_means(X, weights, means, covariances):
    """Return X with each NaN replaced by its mean given the observed coordinates of its row, in loops."""
    joint = log_joint(X, weights, means, covariances)
    shares = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    filled = X.copy()
    for i, row in enumerate(X):
        o, m = np.flatnonzero(~np.isnan(row)), np.flatnonzero(np.isnan(row))
        for j in range(len(weights)):
            slopes = np.linalg.solve(covariances[j][np.ix_(o, o)], covariances[j][np.ix_(o, m)])
            part = shares[i, j] * (means[j][m] + (row[o] - means[j][o]) @ slopes)
            filled[i, m] = part if j == 0 else filled[i, m] + part
    return filled


def with_holes(rng, X, part=0.25):
    """Return a copy of X in which values are missing at random, but none of the first five rows or all of a row."""
    holes = rng.random(X.shape) < part
    holes[:5] = False
    holes[np.arange(len(X)), rng.integers(X.shape[1], size=len(X))] = False
    holes[5, 0], holes[5, 1] = True, False
    return np.where(holes, np.nan, X)


def problem(rng, n=90):
    """Draw two correlated, overlapping clusters in three columns."""
    root = np.array([[1.0, 0.0, 0.0], [0.8, 0.7, 0.0], [-0.5, 0.4, 0.8]])
    groups = np.arange(n) % 2
    return rng.normal(size=(n, 3)) @ root.T + np.outer(groups, [4.0, 0.0, 3.0])


@pytest.mark.criterion("missing_values")
def test_a_density_is_that_of_the_observed_coordinates(candidate, rng):
    """e_step drops the missing coordinates from mean and covariance: no filling in, no row left out."""
    X = with_holes(rng, problem(rng, 30))
    weights, means = np.array([0.3, 0.7]), rng.normal(size=(2, 3)) + 1.5
    roots = rng.normal(size=(2, 3, 3)) + 2 * np.eye(3)
    covariances = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(3)
    logs, mean = pair(candidate.em.e_step(X, weights, means, covariances), name="e_step(…)")
    joint = log_joint(X, weights, means, covariances)
    total = np.logaddexp.reduce(joint, axis=1)
    logs = array(logs, shape=(30, 2), name="the log responsibilities")
    assert_close(logs, joint - total[:, None], rtol=1e-6, atol=1e-6, name="the log responsibilities")
    mean = number(mean, name="the mean log-likelihood")
    assert_close(mean, total.mean(), rtol=1e-6, atol=1e-6, name="the mean log-likelihood")


@pytest.mark.criterion("missing_values")
def test_a_fitted_model_answers_rows_with_holes(candidate, rng):
    """score_samples, predict_proba and predict of a row with NaN use what was observed of it."""
    X = problem(rng)
    Q = with_holes(rng, problem(rng, 25))
    model = fitted(candidate, X, 2, random_state=1)
    joint = log_joint(Q, *attributes(model, 2, 3))
    total = np.logaddexp.reduce(joint, axis=1)
    found = array(model.score_samples(Q), shape=(25,), name="score_samples(X)")
    assert_close(found, total, rtol=1e-5, atol=1e-5, name="score_samples(X)")
    shares = array(model.predict_proba(Q), shape=(25, 2), name="predict_proba(X)")
    assert_close(shares, np.exp(joint - total[:, None]), atol=1e-5, name="predict_proba(X)")
    predicted = array(model.predict(Q), shape=(25,), kind="int", name="predict(X)")
    clear = np.abs(joint[:, 0] - joint[:, 1]) > 1e-3
    assert np.all(predicted[clear] == joint.argmax(axis=1)[clear]), "predict should take the likeliest component"


@pytest.mark.criterion("missing_values")
def test_holes_are_filled_with_conditional_means(candidate, rng):
    """impute regresses on what the row shows, in each component, and weighs by responsibility: no column mean."""
    Q = with_holes(rng, problem(rng, 25))
    model = fitted(candidate, problem(rng), 2, random_state=1)
    filled = array(model.impute(Q), shape=(25, 3), name="impute(X)")
    expected = conditional_means(Q, *attributes(model, 2, 3))
    assert_close(filled, expected, rtol=1e-5, atol=1e-5, name="impute(X)")
    seen = ~np.isnan(Q)
    assert_close(filled[seen], Q[seen], rtol=1e-6, name="the observed values in impute(X)")


@pytest.mark.criterion("missing_values")
def test_one_gaussian_with_a_column_cut_short_has_a_closed_form(candidate, rng):
    """With x always and y sometimes observed, the maximum is that of x times the regression of y on x.

    Leaving rows out loses what x tells; filling in means without their conditional covariance shrinks the variance.
    """
    n, complete = 60, 36
    x = rng.normal(size=n) + 0.6 * (np.arange(n) >= complete)
    y = 1 + rng.uniform(1, 2) * x + rng.normal(size=n)
    X = np.column_stack([x, np.where(np.arange(n) < complete, y, np.nan)])
    model = fitted(candidate, X, 1, tol=1e-11, max_iter=2000, reg_covar=1e-9, random_state=0)
    slope, level = np.polyfit(x[:complete], y[:complete], 1)
    rest = np.mean((y[:complete] - level - slope * x[:complete]) ** 2)
    v = x.var()
    _, means, covariances = attributes(model, 1, 2)
    assert_close(means[0], [x.mean(), level + slope * x.mean()], atol=2e-3, name="means_")
    expected = [[v, slope * v], [slope * v, rest + slope**2 * v]]
    assert_close(covariances[0], expected, rtol=2e-3, atol=2e-3, name="covariances_")


@pytest.mark.criterion("missing_values")
def test_the_likelihood_of_incomplete_rows_climbs_to_a_maximum(candidate, rng):
    """With holes too the history never falls, ends at score(X), and no variance could be larger or smaller."""
    X = with_holes(rng, problem(rng))
    model = fitted(candidate, X, 2, tol=1e-9, max_iter=3000, random_state=int(rng.integers(1000)))
    history = array(model.log_likelihoods_, shape=(None,), name="log_likelihoods_")
    assert np.diff(history).min() > -1e-6, "log_likelihoods_ should never fall"
    parameters = attributes(model, 2, 3)
    top = np.logaddexp.reduce(log_joint(X, *parameters), axis=1).mean()
    assert_close(history[-1], top, atol=1e-5, name="the last entry of log_likelihoods_")
    for j in range(2):
        for factor in (0.95, 1.05):
            changed = parameters[2].copy()
            changed[j] *= factor
            other = np.logaddexp.reduce(log_joint(X, *parameters[:2], changed), axis=1).mean()
            assert other < top, f"{factor} times the covariance of a component should have a lower likelihood"


@pytest.mark.criterion("missing_values")
def test_clusters_are_found_through_holes(candidate, rng):
    """A fifth of all values missing hides no cluster that lies far from the other in every column."""
    groups = rng.permutation(np.repeat([0, 1], [60, 40]))
    X = with_holes(rng, rng.normal(size=(100, 3)) + 15.0 * groups[:, None], 0.2)
    model = fitted(candidate, X, 2, n_init=20, random_state=int(rng.integers(1000)))
    predicted = array(model.predict(X), shape=(100,), kind="int", name="predict(X)")
    assert len(set(zip(groups.tolist(), predicted.tolist(), strict=True))) == 2, "clusters should be components"
    assert len(set(predicted.tolist())) == 2, "there should be two components"
    means = array(model.means_, shape=(2, 3), name="means_")[[predicted[groups == g][0] for g in (0, 1)]]
    expected = [np.nanmean(X[groups == g], axis=0) for g in (0, 1)]
    assert_close(means, expected, atol=0.3, name="means_")


@pytest.mark.criterion("missing_values")
def test_rows_without_any_value_are_refused(candidate, rng):
    """A row of NaN only tells nothing, and has neither a density nor a conditional mean: ValueError everywhere."""
    X = with_holes(rng, problem(rng, 40))
    empty = X.copy()
    empty[3] = np.nan
    model = fitted(candidate, X, 2, random_state=1)
    weights, means, covariances = attributes(model, 2, 3)
    array(model.impute(X), shape=(40, 3), name="impute(X)")
    array(model.score_samples(X), shape=(40,), name="score_samples(X)")
    for ask in (model.score_samples, model.score, model.predict_proba, model.predict, model.bic, model.impute):
        with pytest.raises(ValueError):
            ask(empty)
    with pytest.raises(ValueError):
        candidate.em.e_step(empty, weights, means, covariances)
    with pytest.raises(ValueError):
        model.fit(empty)
    with pytest.raises(ValueError):
        fitted(candidate, np.column_stack([X, np.full(40, np.nan)]), 2, random_state=1)


@pytest.mark.criterion("missing_values")
def test_m_step_refuses_missing_values(candidate, rng):
    """m_step has no parameters from which to complete a row: NaN in X is refused, not passed on."""
    X, shares = rng.normal(size=(12, 2)), np.full((12, 2), 0.5)
    result = candidate.em.m_step(X, shares)
    assert isinstance(result, (tuple, list)), "m_step should return weights, means and covariances"
    means = array(result[1], shape=(2, 2), name="means")
    assert_close(means[0], X.mean(axis=0), atol=1e-6, name="means")
    X[4, 1] = np.nan
    with pytest.raises(ValueError):
        candidate.em.m_step(X, shares)


@pytest.mark.criterion("missing_values")
def test_incomplete_rows_are_left_as_they_were(candidate, rng):
    """fit and impute work on copies: the holes that they fill are the caller's to keep."""
    X = with_holes(rng, problem(rng, 40))
    model = candidate.em.GaussianMixture(2, random_state=0)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    for method in (model.fit, model.impute):
        call = candidate.call(method, X)
        left = array(call.arguments[0], shape=X.shape, finite=False, name="X")
        assert_close(left, X, rtol=0, name="X afterwards")
    filled = array(call.result, shape=X.shape, name="impute(X)")
    seen = ~np.isnan(X)
    assert_close(filled[seen], X[seen], rtol=1e-6, name="the observed values in impute(X)")


@pytest.mark.criterion("missing_values")
def test_impute_refuses_what_no_other_method_takes(candidate, rng):
    """Other columns, infinite values and a model that is not fitted are a ValueError in impute as well."""
    X = with_holes(rng, problem(rng, 40))
    model = fitted(candidate, X, 2, random_state=1)
    array(model.impute(X), shape=(40, 3), name="impute(X)")
    spoilt = X.copy()
    spoilt[2, 1] = np.inf
    for wrong in (X[:, :2], spoilt):
        with pytest.raises(ValueError):
            model.impute(wrong)
    with pytest.raises(ValueError):
        candidate.em.GaussianMixture(2).impute(X)
