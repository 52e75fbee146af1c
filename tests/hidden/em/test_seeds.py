"""Randomness: decided by random_state, and by nothing else."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number, pair


def new_model(candidate, k, **settings):
    """Return a model of the submission that has not seen anything."""
    model = candidate.em.GaussianMixture(k, **settings)
    assert hasattr(model, "fit"), "GaussianMixture() should make a model with a method fit"
    return model


def rugged(rng):
    """Draw rows without any cluster: where EM ends depends on where it starts."""
    return rng.uniform(-1, 1, size=(40, 2))


def means_of(model, k=5):
    """Return the means of a fitted model, checked for type and shape."""
    return array(model.means_, shape=(k, 2), name="means_")


def check_spread(means, X):
    """Check that the means are not all the same, so that a model that learns nothing earns nothing."""
    assert np.ptp(means, axis=0).max() > 0.1 * np.ptp(X, axis=0).max(), "the components should differ"


@pytest.mark.criterion("reproducible")
def test_the_same_seed_gives_the_same_model(candidate, rng):
    """Two models with one random_state agree, even where many maxima compete and others were fitted in between."""
    X = rugged(rng)
    for seed in rng.integers(1000, size=3).tolist():
        models = [new_model(candidate, 5, random_state=seed) for _ in range(2)]
        models[0].fit(X)
        first = means_of(models[0])
        check_spread(first, X)
        new_model(candidate, 3).fit(X)
        new_model(candidate, 2, random_state=seed + 1).fit(X)
        models[1].fit(X)
        assert_close(
            means_of(models[1]),
            first,
            rtol=1e-7,
            atol=1e-9,
            name="means_ of a second model with the same random_state",
        )


@pytest.mark.criterion("reproducible")
def test_fitting_again_gives_the_same_model(candidate, rng):
    """fit begins with its seed each time, and with nothing of the fit before."""
    X, other = rugged(rng), rng.normal(size=(40, 2))
    for seed in rng.integers(1000, size=3).tolist():
        model = new_model(candidate, 5, random_state=seed)
        model.fit(X)
        first = means_of(model)
        check_spread(first, X)
        model.fit(X)
        assert_close(means_of(model), first, rtol=1e-7, atol=1e-9, name="means_ after a second fit to the same rows")
        model.fit(other)
        model.fit(X)
        assert_close(means_of(model), first, rtol=1e-7, atol=1e-9, name="means_ after a fit to other rows between")


@pytest.mark.criterion("reproducible")
def test_other_seeds_give_other_starts(candidate, rng):
    """With one run each, different seeds end in different maxima where there are many."""
    X = rugged(rng)
    ends = []
    for seed in range(8):
        model = new_model(candidate, 5, random_state=seed)
        model.fit(X)
        check_spread(means_of(model), X)
        ends.append(np.sort(means_of(model)[:, 0]))
    assert max(np.abs(end - ends[0]).max() for end in ends) > 1e-2, "other seeds should give other starts"


@pytest.mark.criterion("reproducible")
def test_the_global_generators_are_left_alone(candidate, rng):
    """fit neither seeds nor draws from the generators of numpy and random, which belong to the caller."""
    X = rugged(rng)
    for seed in (int(rng.integers(1000)), None):
        before = candidate.generator_state()
        model = new_model(candidate, 5, n_init=2, random_state=seed)
        model.fit(X)
        check_spread(means_of(model), X)
        assert candidate.generator_state() == before, "fit should leave the global generators alone"


@pytest.mark.criterion("reproducible")
def test_choosing_is_reproducible_too(candidate, rng):
    """select_n_components follows the same rules: one seed, one result, and no global generator."""
    X = rugged(rng)
    before = candidate.generator_state()
    runs = []
    for seed in (3, 3, None):
        _, bics = pair(candidate.em.select_n_components(X, [1, 3], random_state=seed), name="select_n_components")
        runs.append(array(bics, shape=(2,), name="the BICs"))
    assert candidate.generator_state() == before, "select_n_components should leave the global generators alone"
    assert runs[0][0] != runs[0][1], "one and three components should have different BICs"
    assert_close(runs[1], runs[0], rtol=1e-7, name="the BICs of a second run with the same seed")
    only = number(runs[2][0], name="the BIC of one component")
    assert_close(only, runs[0][0], rtol=1e-6, name="the BIC of one component, which no seed can change")
