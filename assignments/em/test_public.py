"""One easy example of each criterion. The hidden tests ask for all that the brief says."""

import math

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, cpu_ratio, number, pair

GROUPS = np.arange(60) % 2
X = np.random.default_rng(0).normal(size=(60, 2)) + np.outer(GROUPS, [20.0, 0.0])
TWO = ([0.25, 0.75], [[0.0], [2.0]], [[[1.0]], [[1.0]]])


def fitted(candidate, table, *args, **settings):
    """Return a model of the submission that was fitted to a table."""
    model = candidate.em.GaussianMixture(*args, **settings)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    model.fit(table)
    return model


@pytest.mark.criterion("e_step")
def test_a_row_in_the_middle_is_shared_by_the_weights(candidate):
    """Halfway between two components of equal spread only the weights count."""
    logs, mean = pair(candidate.em.e_step([[1.0]], *TWO), name="e_step(…)")
    logs = array(logs, shape=(1, 2), name="the log responsibilities")
    assert_close(np.exp(logs), [[0.25, 0.75]], rtol=1e-6, name="the responsibilities")
    density = math.exp(-0.5) / math.sqrt(2 * math.pi)
    assert_close(
        number(mean, name="the mean log-likelihood"), math.log(density), rtol=1e-6, name="its log-likelihood"
    )


@pytest.mark.criterion("m_step")
def test_two_groups_of_two_rows(candidate):
    """The first component has the rows 0 and 2, the second the rows 10 and 14."""
    shares = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    result = candidate.em.m_step([[0.0], [2.0], [10.0], [14.0]], shares, reg_covar=0.0)
    assert isinstance(result, (tuple, list)), "m_step should return weights, means and covariances"
    assert_close(array(result[0], shape=(2,), name="weights"), [0.5, 0.5], rtol=1e-6, name="weights")
    assert_close(array(result[1], shape=(2, 1), name="means"), [[1.0], [12.0]], rtol=1e-6, name="means")
    covariances = array(result[2], shape=(2, 1, 1), name="covariances")
    assert_close(covariances, [[[1.0]], [[4.0]]], rtol=1e-6, name="covariances")


@pytest.mark.criterion("density")
def test_the_bic_of_one_component(candidate):
    """One component in two columns has five free parameters."""
    model = fitted(candidate, X, 1, random_state=0)
    score = number(model.score(X), name="score(X)")
    assert_close(number(model.bic(X), name="bic(X)"), -120 * score + 5 * math.log(60), rtol=1e-6, name="bic(X)")


@pytest.mark.criterion("monotone_likelihood")
def test_the_history_climbs_to_the_score(candidate):
    """No entry is below the one before, and the last is the score of the model."""
    model = fitted(candidate, X, 2, tol=1e-6, n_init=5, random_state=0)
    history = array(model.log_likelihoods_, shape=(None,), name="log_likelihoods_")
    assert np.all(np.diff(history) > -1e-6), "log_likelihoods_ should never fall"
    assert_close(history[-1], number(model.score(X), name="score(X)"), atol=1e-4, name="the last entry")


@pytest.mark.criterion("recovery")
def test_two_clusters_are_found(candidate):
    """Two clusters, twenty standard deviations apart, are two components of weight one half."""
    model = fitted(candidate, X, 2, n_init=20, random_state=0)
    predicted = array(model.predict(X), shape=(60,), kind="int", name="predict(X)")
    assert len(set(zip(GROUPS.tolist(), predicted.tolist(), strict=True))) == 2, "clusters should be components"
    assert_close(array(model.weights_, shape=(2,), name="weights_"), [0.5, 0.5], atol=1e-3, name="weights_")


@pytest.mark.criterion("stopping")
def test_one_iteration_is_not_enough(candidate):
    """A run that is cut off by max_iter has not converged."""
    model = fitted(candidate, X, 2, max_iter=1, random_state=0)
    assert number(model.n_iter_, name="n_iter_") == 1, "n_iter_ should be 1"
    assert not model.converged_, "converged_ should be False"


@pytest.mark.criterion("restarts")
def test_more_runs_do_not_end_lower(candidate):
    """The best of ten runs is no worse than the first of them."""
    table = np.random.default_rng(1).uniform(size=(40, 2))
    scores = [number(fitted(candidate, table, 4, n_init=n, random_state=0).score(table)) for n in (1, 10)]
    assert scores[1] > scores[0] - 5e-3, "ten runs should end no lower than one"


@pytest.mark.criterion("reproducible")
def test_the_same_seed_gives_the_same_means(candidate):
    """random_state decides where the runs start."""
    table = np.random.default_rng(1).uniform(size=(40, 2))
    means = [array(fitted(candidate, table, 4, random_state=3).means_, shape=(4, 2), name="means_") for _ in range(2)]
    assert_close(means[1], means[0], rtol=1e-7, name="means_ of a second fit")


@pytest.mark.criterion("underflow")
def test_a_row_far_away_has_a_component(candidate):
    """The densities of a row at 1000 are both 0 in floating point; the nearer component still takes it."""
    logs, _ = pair(candidate.em.e_step([[1000.0]], *TWO), name="e_step(…)")
    logs = array(logs, shape=(1, 2), name="the log responsibilities")
    assert_close(np.exp(logs), [[0.0, 1.0]], atol=1e-6, name="the responsibilities")


@pytest.mark.criterion("singular")
def test_a_constant_column_is_accepted(candidate):
    """A column that does not vary gets the floor for its variance."""
    table = np.column_stack([X, np.ones(60)])
    covariances = array(fitted(candidate, table, 1).covariances_, shape=(1, 3, 3), name="covariances_")
    assert_close(covariances[0, 2, 2], 1e-6 * table.var(axis=0).mean(), rtol=1e-3, name="the variance of that column")


@pytest.mark.criterion("missing_values")
def test_a_missing_value_is_completed(candidate):
    """Far from the other cluster, the hole is filled by the regression within its own."""
    model = fitted(candidate, X, 1, random_state=0)
    filled = array(model.impute([[3.0, np.nan]]), shape=(1, 2), name="impute(X)")
    slope, level = np.polyfit(X[:, 0], X[:, 1], 1)
    assert_close(filled, [[3.0, level + slope * 3.0]], atol=1e-4, name="impute(X)")


@pytest.mark.criterion("bad_input")
def test_more_components_than_rows(candidate):
    """Two rows cannot hold three components."""
    fitted(candidate, X, 1, random_state=0)
    with pytest.raises(ValueError):
        fitted(candidate, X[:2], 3, random_state=0)


@pytest.mark.criterion("choosing_components")
def test_two_clusters_need_two_components(candidate):
    """The lowest BIC is that of two components."""
    best, bics = pair(candidate.em.select_n_components(X, [1, 2], random_state=0), name="select_n_components(…)")
    assert number(best, name="the best k") == 2, "the best k should be 2"
    bics = array(bics, shape=(2,), name="the BICs")
    assert bics[1] < bics[0], "two components should have the lower BIC"


@pytest.mark.criterion("speed")
def test_the_m_step_has_no_slow_loop(candidate, reference):
    """20,000 rows take about as long as with the reference, or, in plain pytest, as long as they take."""
    table, shares, found = np.tile(X, (334, 1)), np.full((20_040, 2), 0.5), []

    def work(subject, turn):
        found.append(subject.em.m_step(table, shares))

    ratio = cpu_ratio(work, candidate, reference, rounds=3)
    assert isinstance(found[-1], (tuple, list)), "m_step should return weights, means and covariances"
    assert_close(array(found[-1][1], shape=(2, 2), name="means")[0], X.mean(axis=0), rtol=1e-6, name="means")
    assert ratio < 20, f"m_step should cost at most 20 times the reference, but costs {ratio:.1f} times"
