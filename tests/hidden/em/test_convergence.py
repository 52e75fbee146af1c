"""The climb of EM: the history of the likelihood, when it stops, and the best of several runs."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number

GRANTED = 1e-6
"""By how much the brief lets an entry of the history fall."""


def fitted(candidate, X, k, **settings):
    """Return a model of the submission that was fitted to X."""
    model = candidate.em.GaussianMixture(k, **settings)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    model.fit(X)
    return model


def history_of(model):
    """Return log_likelihoods_, checked for type and shape."""
    return array(model.log_likelihoods_, shape=(None,), name="log_likelihoods_")


def flag(value, name):
    """Return a truth value as a bool."""
    value = value[()] if isinstance(value, np.ndarray) and not value.shape else value
    assert isinstance(value, (bool, np.bool_)), f"{name} should be True or False"
    return bool(value)


def attributes(model, k, d):
    """Return weights, means and covariances of a fitted model, checked for type and shape."""
    return (
        array(model.weights_, shape=(k,), name="weights_"),
        array(model.means_, shape=(k, d), name="means_"),
        array(model.covariances_, shape=(k, d, d), name="covariances_"),
    )


def log_joint(X, weights, means, covariances):
    """Return log(weight × density) of each row and component, shape (n, k)."""
    columns = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        gaps = X - mean
        squares = np.sum(gaps * np.linalg.solve(covariance, gaps.T).T, axis=1)
        with np.errstate(divide="ignore"):
            columns.append(np.log(weight) - (np.linalg.slogdet(2 * np.pi * covariance)[1] + squares) / 2)
    return np.column_stack(columns)


def likelihood_of(X, parameters):
    """Return the mean log-likelihood of X under a mixture."""
    return float(np.mean(np.logaddexp.reduce(log_joint(X, *parameters), axis=1)))


def one_more_iteration(X, parameters):
    """Return the mixture after a further E-step and M-step, without any floor."""
    joint = log_joint(X, *parameters)
    shares = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    totals = shares.sum(axis=0)
    means = (shares.T @ X) / totals[:, None]
    covariances = [((X - m).T * s) @ (X - m) / t for m, s, t in zip(means, shares.T, totals, strict=True)]
    return totals / len(X), means, np.array(covariances)


def overlapping(rng, n=240):
    """Draw three clusters in two columns that overlap, so that EM takes its time."""
    sizes = np.array([0.5, 0.3, 0.2]) * n
    groups = np.repeat(np.arange(3), sizes.astype(int))
    return rng.normal(size=(n, 2)) + np.array([[0.0, 0.0], [3.0, 0.0], [1.5, 3.5]])[groups]


def rugged(rng):
    """Draw rows without any cluster: the likelihood of four components has many local maxima on them."""
    return rng.uniform(-1, 1, size=(40, 2))


@pytest.mark.criterion("monotone_likelihood")
def test_the_log_likelihood_never_falls(candidate, rng):
    """No iteration of EM loses likelihood; one that does has a mistake in one of its steps."""
    for k, X in ((3, overlapping(rng)), (2, overlapping(rng)), (2, 3 + overlapping(rng)[:, :1])):
        model = fitted(candidate, X, k, tol=1e-7, max_iter=150, random_state=int(rng.integers(1000)))
        history = history_of(model)
        assert len(history) > 4, "EM should take more than four iterations on overlapping clusters with tol = 1e-7"
        worst = np.diff(history).min()
        assert worst > -GRANTED, f"log_likelihoods_ should never fall, but falls by {-worst:.3g}"


@pytest.mark.criterion("monotone_likelihood")
def test_the_history_ends_at_the_likelihood_of_the_model(candidate, rng):
    """Once a run has settled, its last entry is the mean log-likelihood of X under the fitted attributes."""
    X = overlapping(rng)
    model = fitted(candidate, X, 3, tol=1e-8, max_iter=3000, random_state=int(rng.integers(1000)))
    history = history_of(model)
    assert len(history) > 4, "EM should take more than four iterations on overlapping clusters with tol = 1e-8"
    expected = likelihood_of(X, attributes(model, 3, 2))
    assert_close(history[-1], expected, atol=1e-4, name="the last entry of log_likelihoods_")


@pytest.mark.criterion("monotone_likelihood")
def test_a_settled_run_is_a_fixed_point(candidate, rng):
    """Where EM has converged, a further E-step and M-step no longer raise the likelihood."""
    X = overlapping(rng)
    model = fitted(candidate, X, 3, tol=1e-8, max_iter=3000, random_state=int(rng.integers(1000)))
    parameters = attributes(model, 3, 2)
    gain = likelihood_of(X, one_more_iteration(X, parameters)) - likelihood_of(X, parameters)
    assert gain < 1e-5, f"after convergence with tol = 1e-8 a further iteration gains {gain:.3g}"
    assert len(history_of(model)) > 4, "EM should take more than four iterations on overlapping clusters"


@pytest.mark.criterion("monotone_likelihood")
def test_the_history_of_one_component_ends_at_its_closed_form(candidate, rng):
    """One Gaussian, the default, peaks at the mean and covariance of the rows: -(d (1 + log 2π) + log |Σ|) / 2."""
    X = rng.normal(size=(80, 3)) @ (rng.normal(size=(3, 3)) + 3 * np.eye(3)) + 7
    model = candidate.em.GaussianMixture(tol=1e-6, random_state=0)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    model.fit(X)
    history = history_of(model)
    size = np.linalg.slogdet(2 * np.pi * np.cov(X.T, bias=True))[1]
    assert_close(history[-1], -(3 + size) / 2, atol=1e-4, name="the last entry of log_likelihoods_")


@pytest.mark.criterion("monotone_likelihood")
def test_with_several_runs_the_history_is_that_of_one(candidate, rng):
    """The histories of several runs are not strung together: each begins anew, far below the end of the last."""
    X = overlapping(rng)
    model = fitted(candidate, X, 3, n_init=4, tol=1e-6, max_iter=40, random_state=int(rng.integers(1000)))
    history = history_of(model)
    assert len(history) > 1, "log_likelihoods_ should have an entry for each iteration"
    worst = np.diff(history).min()
    assert worst > -GRANTED, f"log_likelihoods_ should never fall, but falls by {-worst:.3g}"


@pytest.mark.criterion("stopping")
def test_a_run_stops_at_the_first_gain_below_tol(candidate, rng):
    """converged_ means that the last gain of the mean log-likelihood is below tol, and that none before it was.

    tol is a thousandth unless it is given; one component is settled as soon as there are two entries to compare.
    """
    X = overlapping(rng)
    for k, tol, given in (
        (3, 1e-3, {}),
        (3, 1e-2, {"tol": 1e-2}),
        (3, 1e-4, {"tol": 1e-4}),
        (3, 1e-6, {"tol": 1e-6}),
        (1, 1e-4, {"tol": 1e-4}),
    ):
        model = fitted(candidate, X, k, **given, max_iter=5000, random_state=int(rng.integers(1000)))
        history = history_of(model)
        assert flag(model.converged_, "converged_"), "5,000 iterations should be enough to converge"
        assert len(history) >= 2, "it takes two iterations to see a gain"
        gains = np.diff(history)
        assert gains[-1] < tol + 1e-9, f"with tol = {tol:g} EM stopped, but its last gain was {gains[-1]:.3g}"
        assert np.all(gains[:-1] > tol - 1e-9), f"with tol = {tol:g} EM went on after a gain below tol"


@pytest.mark.criterion("stopping")
def test_the_iterations_are_limited_and_counted(candidate, rng):
    """After max_iter iterations a run ends as not converged, with one entry of the history for each."""
    X = overlapping(rng)
    for limit in (1, 2, 4):
        model = fitted(candidate, X, 3, tol=1e-10, max_iter=limit, random_state=int(rng.integers(1000)))
        assert number(model.n_iter_, name="n_iter_") == limit, f"n_iter_ should be {limit}"
        assert len(history_of(model)) == limit, f"log_likelihoods_ should have {limit} entries"
        assert not flag(model.converged_, "converged_"), f"{limit} iterations are not enough for tol = 1e-10"


@pytest.mark.criterion("stopping")
def test_convergence_in_the_last_iteration_counts(candidate, rng):
    """With max_iter at just the number of iterations that are needed a run converges; with one less it does not."""
    X = overlapping(rng)
    for seed in rng.integers(1000, size=4).tolist():
        free = fitted(candidate, X, 3, tol=1e-4, max_iter=5000, random_state=seed)
        needed = int(number(free.n_iter_, name="n_iter_"))
        assert needed == len(history_of(free)) >= 2, (
            "n_iter_ should be the length of log_likelihoods_, and 2 at least"
        )
        for limit, converges in ((needed, True), (needed - 1, False)):
            model = fitted(candidate, X, 3, tol=1e-4, max_iter=limit, random_state=seed)
            assert number(model.n_iter_, name="n_iter_") == limit, "n_iter_ should be max_iter here"
            assert flag(model.converged_, "converged_") == converges, f"converged_ should be {converges}"


@pytest.mark.criterion("stopping")
def test_a_smaller_tol_goes_further(candidate, rng):
    """From the same start, a smaller tol takes more iterations and ends no lower."""
    X, seed = overlapping(rng), int(rng.integers(1000))
    coarse = fitted(candidate, X, 3, tol=1e-2, max_iter=5000, random_state=seed)
    fine = fitted(candidate, X, 3, tol=1e-7, max_iter=5000, random_state=seed)
    few, many = number(coarse.n_iter_, name="n_iter_"), number(fine.n_iter_, name="n_iter_")
    assert few < many, f"tol = 1e-7 should take more iterations than tol = 1e-2, but takes {many:g} and not {few:g}"
    for model in (coarse, fine):
        assert flag(model.converged_, "converged_"), "5,000 iterations should be enough to converge"
    assert history_of(fine)[-1] > history_of(coarse)[-1] - GRANTED, "a smaller tol should end no lower"


@pytest.mark.criterion("restarts")
def test_more_runs_never_end_lower(candidate, rng):
    """The best of r runs is kept: as r grows and takes in later runs, the final likelihood cannot fall."""
    for seed in rng.integers(1000, size=5).tolist():
        X = rugged(rng)
        settings = {"tol": 1e-3, "max_iter": 200, "random_state": seed}
        ends = []
        for runs in (1, 2, 3, 4, 5):
            model = fitted(candidate, X, 4, n_init=runs, **settings)
            ends.append(likelihood_of(X, attributes(model, 4, 2)))
        assert np.diff(ends).min() > -5e-3, "more runs should not end at a lower likelihood"
        assert ends[-1] > likelihood_of(X, (np.ones(1), [X.mean(axis=0)], [np.cov(X.T)])), "four should beat one"


@pytest.mark.criterion("restarts")
def test_runs_start_in_different_places(candidate, rng):
    """On rows with many local maxima, the best of six runs is above the first for some seeds at least."""
    gains = []
    for seed in rng.integers(1000, size=8).tolist():
        X = rugged(rng)
        settings = {"tol": 1e-3, "max_iter": 200, "random_state": seed}
        ends = [
            likelihood_of(X, attributes(fitted(candidate, X, 4, n_init=runs, **settings), 4, 2)) for runs in (1, 6)
        ]
        gains.append(ends[1] - ends[0])
    assert max(gains) > 1e-4, "six runs should find a higher likelihood than one, for some seed"
    assert min(gains) > -5e-3, "more runs should not end at a lower likelihood"


@pytest.mark.criterion("restarts")
def test_every_attribute_belongs_to_the_run_that_is_kept(candidate, rng):
    """Weights, means, covariances, history, n_iter_ and converged_ are those of one and the same run."""
    X = rugged(rng)
    for seed in rng.integers(1000, size=5).tolist():
        model = fitted(candidate, X, 4, n_init=4, tol=1e-3, max_iter=200, random_state=seed)
        history = history_of(model)
        expected = likelihood_of(X, attributes(model, 4, 2))
        assert_close(history[-1], expected, atol=5e-3, name="the last entry of log_likelihoods_")
        assert number(model.n_iter_, name="n_iter_") == len(history), "n_iter_ should fit log_likelihoods_"
