"""Choosing the number of clusters, and the stability of a clustering.

Scores are compared with those of the submission's own silhouette_score and adjusted_rand_index, so that a wrong
formula is not counted again here.
"""

from itertools import combinations

import numpy as np
import pytest

from grader.examiner.oracle import assert_close, mapping, number, pair


def chosen(candidate, X, labelings):
    """Return the k that the submission chose and the scores, as a number and a plain dict."""
    result = candidate.clustering_evaluation.choose_n_clusters(X, labelings)
    best, scores = pair(result, name="choose_n_clusters(X, labelings)")
    assert isinstance(scores, dict), "the scores should be a dict"
    assert len(scores) == len(labelings), "the scores should have a key for each labelling"
    scores = mapping(scores, keys=list(labelings), name="the scores")
    return number(best, name="the best k"), {k: number(value, name="a score") for k, value in scores.items()}


def own_score(candidate, X, labels):
    """Return the submission's silhouette score."""
    return number(candidate.clustering_evaluation.silhouette_score(X, labels), name="silhouette_score(X, labels)")


def refuses_to_score(candidate, X, labels):
    """Whether the submission's silhouette_score raises ValueError; if it does not, that is counted elsewhere."""
    try:
        own_score(candidate, X, labels)
    except ValueError:
        return True
    return False


def four_groups(rng):
    """Draw four tight groups at the corners of a rectangle, and labelings with 2 to 6 clusters."""
    labels = rng.permutation(np.repeat(np.arange(4), 10))
    X = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 14.0], [10.0, 14.0]])[labels] + 0.7 * rng.normal(size=(40, 2))
    halves = np.arange(40) % 2
    labelings = {
        2: np.array([0, 0, 1, 1])[labels],
        3: np.array([0, 1, 2, 2])[labels],
        4: labels,
        5: np.where((labels == 0) & (halves == 0), 4, labels),
        6: np.where((labels < 2) & (halves == 0), 4 + labels, labels),
    }
    return X, {k: np.unique(names, return_inverse=True)[1] for k, names in labelings.items()}


def same_points(rng, n_labelings):
    """Return labelings of 30 points, each with other points moved: the further back, the more of them."""
    base, result = rng.permutation(np.arange(30) % 3), []
    for place in range(n_labelings):
        copy = base.copy()
        moved = rng.permutation(30)[: 2 + 2 * place]
        copy[moved] = (copy[moved] + 1) % 3
        result.append(copy)
    return result


def own_index(candidate, a, b):
    """Return the submission's adjusted Rand index."""
    return number(candidate.clustering_evaluation.adjusted_rand_index(a, b), name="adjusted_rand_index(a, b)")


def stability(candidate, labelings):
    """Return the submission's stability as a number."""
    return number(candidate.clustering_evaluation.stability(labelings), name="stability(labelings)")


@pytest.mark.criterion("choosing_k")
def test_the_planted_number_of_clusters_is_chosen(candidate, rng):
    """Groups thrown together or cut apart have a lower silhouette: the planted k wins, wherever it stands."""
    X, labelings = four_groups(rng)
    for keys in (rng.permutation(list(labelings)), [6, 5, 4, 3, 2]):
        best, _ = chosen(candidate, X, {int(k): labelings[int(k)] for k in keys})
        assert best == 4, "the best k should be that of the planted groups"


@pytest.mark.criterion("choosing_k")
def test_every_labelling_has_its_score(candidate, rng):
    """The scores stand under the keys of the labelings, so that the choice can be looked at."""
    X, labelings = four_groups(rng)
    _, scores = chosen(candidate, X, labelings)
    expected = [own_score(candidate, X, labels) for labels in labelings.values()]
    assert_close([scores[k] for k in labelings], expected, atol=1e-6, name="the scores")
    assert np.ptp(expected) > 0.1, "labelings that differ much should differ in their scores"


@pytest.mark.criterion("choosing_k")
def test_of_equal_scores_the_smaller_k_wins(candidate, rng):
    """Clusters stayed empty and two runs gave the same labels: the simpler answer, wherever it stands."""
    X, labelings = four_groups(rng)
    worse, good = labelings[3], labelings[4]
    for keys in ([4, 9, 2, 7], [9, 7, 4, 2], [2, 7, 4, 9]):
        tied = {k: worse if k == 2 else good for k in keys}
        best, scores = chosen(candidate, X, tied)
        assert best == 4, "the best k should be the smaller one of those with equal scores"
        assert scores[9] == scores[4] != scores[2], "scores of the same labels should be equal"


@pytest.mark.criterion("choosing_k")
def test_no_labelings_leave_no_choice(candidate, rng):
    """An empty dict has no best key: ValueError; a single one is the best of one."""
    X, labelings = four_groups(rng)
    best, _ = chosen(candidate, X, {3: labelings[3]})
    assert best == 3, "the best of a single labelling should be that one"
    with pytest.raises(ValueError):
        candidate.clustering_evaluation.choose_n_clusters(X, {})


@pytest.mark.criterion("choosing_k")
def test_a_labelling_without_a_silhouette_is_refused(candidate, rng):
    """A single cluster has no silhouette: ValueError as from silhouette_score, rather than a choice of the others."""
    X, labelings = four_groups(rng)
    best, _ = chosen(candidate, X, labelings)
    assert best == 4, "the best k should be that of the planted groups"
    one = np.zeros(len(X), dtype=int)
    if refuses_to_score(candidate, X, one):
        with pytest.raises(ValueError):
            candidate.clustering_evaluation.choose_n_clusters(X, labelings | {1: one})


@pytest.mark.criterion("choosing_k")
def test_stability_is_the_mean_over_all_pairs(candidate, rng):
    """Not only neighbours in the list or the first against the rest: each pair counts once."""
    labelings = same_points(rng, 5)
    indices = [own_index(candidate, a, b) for a, b in combinations(labelings, 2)]
    assert_close(stability(candidate, labelings), np.mean(indices), atol=1e-6, name="stability(labelings)")
    assert np.ptp(indices) > 1e-3, "adjusted_rand_index should differ for pairs that differ"


@pytest.mark.criterion("choosing_k")
def test_stability_of_two_runs_is_their_index(candidate, rng):
    """Two labelings make one pair, and a labelling is not compared with itself."""
    a, _, b = same_points(rng, 3)
    found = stability(candidate, [a, b])
    assert_close(found, own_index(candidate, a, b), atol=1e-6, name="stability of two labelings")
    assert stability(candidate, [a, a]) > found + 0.01, (
        "two equal labelings should be more stable than two that differ"
    )


@pytest.mark.criterion("choosing_k")
def test_stability_needs_two_runs(candidate, rng):
    """One run, or none, says nothing about others: ValueError."""
    labelings = same_points(rng, 3)
    assert stability(candidate, labelings) != stability(candidate, labelings[:2]), (
        "stability should see all labelings"
    )
    for too_few in (labelings[:1], []):
        with pytest.raises(ValueError):
            candidate.clustering_evaluation.stability(too_few)
