"""select_n_neighbors: honest cross-validation of k."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number, pair


def chosen(candidate, X, y, candidates, **settings):
    """Return the k that the submission chose and its mean validation accuracies."""
    result = candidate.knn.select_n_neighbors(X, y, candidates, **settings)
    best, accuracies = pair(result, name="select_n_neighbors(…)")
    shape = (len(candidates),)
    return number(best, name="the best k"), array(accuracies, shape=shape, name="the validation accuracies")


def two_clusters(rng, n):
    """Draw two clusters far apart, and which of the two each row belongs to."""
    y = rng.permutation(np.arange(n) % 2)
    return rng.normal(size=(n, 2)) + 60.0 * y[:, None], y


@pytest.mark.criterion("choosing_k")
def test_leaving_one_out_gives_the_one_possible_answer(candidate, rng):
    """With a fold for each row no shuffle matters: each row is predicted from all the others."""
    n, ks = 41, [7, 1, 3]
    X = rng.normal(size=(n, 2)) * [1.0, 8.0]
    y = (X[:, 0] + 0.8 * rng.normal(size=n) > 0).astype(int)
    table = ((X[:, None, :] - X) ** 2).sum(axis=2)
    np.fill_diagonal(table, np.inf)
    order = np.argsort(table, axis=1)
    expected = [np.mean((y[order[:, :k]].mean(axis=1) > 0.5) == y) for k in ks]
    best, accuracies = chosen(candidate, X, y, ks, n_folds=n, random_state=int(rng.integers(1000)))
    assert_close(accuracies, expected, rtol=1e-9, name="the validation accuracies")
    winners = [k for k, value in zip(ks, expected, strict=True) if value > max(expected) - 1e-9]
    # Which of several winners is taken is another test's question.
    assert best in winners, f"the best k should be {winners[0]}, but is {best:g}"


@pytest.mark.criterion("choosing_k")
def test_there_are_five_folds_unless_told_otherwise(candidate, rng):
    """With five rows the default leaves one out at a time, so that the accuracies are those of n_folds=5."""
    X, y = np.array([[0.0], [1.0], [10.0], [11.0], [5.0]]), np.array([0, 0, 1, 1, 0])
    X = X + rng.uniform(-0.2, 0.2, size=(5, 1))
    for settings in ({"n_folds": 5}, {}):
        best, accuracies = chosen(candidate, X, y, [1, 3], random_state=int(rng.integers(1000)), **settings)
        assert_close(accuracies, [1.0, 0.6], rtol=1e-9, name="the validation accuracies")
        assert best == 1, f"the best k should be 1, but is {best:g}"


@pytest.mark.criterion("choosing_k")
def test_a_planted_best_k_is_found(candidate, rng):
    """With a quarter of the labels flipped, one neighbour follows the noise, and nearly all rows see no cluster."""
    X, side = two_clusters(rng, 800)
    flipped = rng.permutation(800) < 200
    y = np.where(flipped, 1 - side, side)
    best, accuracies = chosen(candidate, X, y, [639, 1, 21], random_state=int(rng.integers(1000)))
    assert best == 21, f"the best k should be 21, but is {best:g}"
    assert_close(accuracies[2], 0.75, atol=0.03, name="the accuracy with k = 21")
    assert accuracies[1] < 0.74, "the accuracy with k = 1 should show that many of its answers follow noise"
    assert accuracies[0] < 0.7, "the accuracy with k near n should show that it sees no cluster"


@pytest.mark.criterion("choosing_k")
def test_noise_gives_an_honest_accuracy(candidate, rng):
    """Labels that do not depend on X are guessed right half of the time: no row votes for itself."""
    X, y = rng.normal(size=(600, 2)), rng.permutation(np.arange(600) % 2)
    _, accuracies = chosen(candidate, X, y, [1, 5], random_state=int(rng.integers(1000)))
    assert_close(accuracies, [0.5, 0.5], atol=0.16, name="the accuracies on labels that are noise")
    _, easy = chosen(candidate, *two_clusters(rng, 60), [1], random_state=1)
    assert_close(easy, [1.0], atol=1e-9, name="the accuracy on clusters far apart")


@pytest.mark.criterion("choosing_k")
def test_rows_in_the_order_of_their_classes_are_shuffled(candidate, rng):
    """Rows often come sorted by class; folds of neighbouring rows would hold out what was never learnt."""
    X, y = two_clusters(rng, 60)
    order = np.argsort(y, kind="stable")
    _, accuracies = chosen(candidate, X[order], y[order], [3], n_folds=2, random_state=int(rng.integers(1000)))
    assert_close(accuracies, [1.0], atol=1e-9, name="the accuracy on sorted rows")


@pytest.mark.criterion("choosing_k")
def test_the_seed_decides_the_folds(candidate, rng):
    """The same random_state gives the same result, others other folds; no global generator is touched."""
    X, y = rng.normal(size=(70, 2)), rng.integers(0, 2, size=70)
    before = candidate.generator_state()
    runs = [chosen(candidate, X, y, [1, 3, 9], random_state=seed)[1] for seed in (1, 1, 2, 3, 4)]
    chosen(candidate, X, y, [1, 3, 9])
    assert candidate.generator_state() == before, "the global random generators should be left alone"
    assert_close(runs[1], runs[0], rtol=0, name="the accuracies with the same random_state")
    assert any((run != runs[0]).any() for run in runs[2:]), "another random_state should give other folds"


@pytest.mark.criterion("choosing_k")
def test_the_smaller_k_wins_a_tie(candidate, rng):
    """Of candidates that do equally well the smaller k is taken, wherever it stands in the list."""
    X, y = two_clusters(rng, 80)
    for ks, wanted in (([9, 3, 5], 3), ([5, 7, 11], 5), ([63, 11, 7], 7)):
        best, accuracies = chosen(candidate, X, y, ks, n_folds=5, random_state=int(rng.integers(1000)))
        assert best == wanted, f"the best k of {ks} should be {wanted}, but is {best:g}"
        assert_close(accuracies[1:], [1.0, 1.0], atol=1e-9, name="the accuracies on clusters far apart")


@pytest.mark.criterion("choosing_k")
def test_impossible_choices_are_refused(candidate, rng):
    """No candidates, fewer than two folds, more folds than rows, or a k that no fold can have: ValueError."""
    X, y = two_clusters(rng, 20)
    best, _ = chosen(candidate, X, y, [3, 5], n_folds=4, random_state=0)
    assert best == 3, f"the best k should be 3, but is {best:g}"
    select = candidate.knn.select_n_neighbors
    for n_folds in (0, 1, 21):
        with pytest.raises(ValueError):
            select(X, y, [1, 3], n_folds=n_folds, random_state=0)
    for ks in ([], [0, 3], [3, 16]):
        with pytest.raises(ValueError):
            select(X, y, ks, n_folds=4, random_state=0)
