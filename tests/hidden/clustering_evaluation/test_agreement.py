"""Measures that compare two labelings of the same points."""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from grader.examiner.oracle import assert_close, number, pair


def rand(candidate, a, b):
    """Return the submission's adjusted Rand index as a number."""
    return number(candidate.clustering_evaluation.adjusted_rand_index(a, b), name="adjusted_rand_index(a, b)")


def information(candidate, a, b):
    """Return the submission's normalised mutual information as a number."""
    found = candidate.clustering_evaluation.normalized_mutual_information(a, b)
    return number(found, name="normalized_mutual_information(a, b)")


def purity(candidate, true, predicted):
    """Return the submission's homogeneity and completeness as two numbers."""
    found = candidate.clustering_evaluation.homogeneity_completeness(true, predicted)
    homogeneity, completeness = pair(found, name="homogeneity_completeness(true, pred)")
    return np.array([number(homogeneity, name="homogeneity"), number(completeness, name="completeness")])


def labelling(rng, sizes):
    """Return labels with clusters of these sizes, in random order."""
    return rng.permutation(np.repeat(np.arange(len(sizes)), sizes))


def noisy(rng, labels, share=0.3):
    """Return a copy in which a share of the labels is drawn anew from those that there are."""
    copy = labels.copy()
    moved = rng.permutation(len(labels))[: int(share * len(labels))]
    copy[moved] = rng.choice(labels, size=len(moved))
    return np.unique(copy, return_inverse=True)[1]


def pair_by_pair(a, b):
    """Return the adjusted Rand index from the fate of each pair of points."""
    both = in_a = in_b = total = 0
    for (a_i, b_i), (a_j, b_j) in combinations(zip(a.tolist(), b.tolist(), strict=True), 2):
        both += a_i == a_j and b_i == b_j
        in_a += a_i == a_j
        in_b += b_i == b_j
        total += 1
    chance = in_a * in_b / total
    return (both - chance) / ((in_a + in_b) / 2 - chance)


def entropy(labels):
    """Return the entropy of a labelling, in nats; labels may be any sequence."""
    return -sum(count / len(labels) * math.log(count / len(labels)) for count in Counter(labels).values())


def entropies(a, b):
    """Return H(a), H(b) and H(a, b)."""
    first, second = a.tolist(), b.tolist()
    return entropy(first), entropy(second), entropy(list(zip(first, second, strict=True)))


def shared_information(a, b):
    """Return the mutual information over the arithmetic mean of the entropies."""
    h_a, h_b, h_ab = entropies(a, b)
    return (h_a + h_b - h_ab) / ((h_a + h_b) / 2)


def purity_by_definition(true, predicted):
    """Return homogeneity and completeness."""
    h_true, h_predicted, joint = entropies(true, predicted)
    return np.array([1 - (joint - h_predicted) / h_true, 1 - (joint - h_true) / h_predicted])


@pytest.mark.criterion("adjusted_rand")
def test_the_adjusted_rand_index_counts_pairs(candidate, rng):
    """The formula over the contingency table is what counting all pairs of points one by one gives."""
    a = labelling(rng, rng.integers(4, 12, size=4))
    b = noisy(rng, a)
    assert_close(rand(candidate, a, b), pair_by_pair(a, b), atol=1e-6, name="adjusted_rand_index(a, b)")


@pytest.mark.criterion("adjusted_rand")
def test_labelings_may_have_different_numbers_of_clusters(candidate, rng):
    """Two clusters against seven: chance is computed from the sizes in both, and the order does not matter."""
    a = labelling(rng, [25, 17])
    b = np.where(rng.random(42) < 0.7, 3 * a, 0) + rng.integers(0, 3, size=42)
    b = np.unique(np.where(np.arange(42) % 10 == 0, 6, b), return_inverse=True)[1]
    expected = pair_by_pair(a, b)
    assert_close(rand(candidate, a, b), expected, atol=1e-6, name="adjusted_rand_index(a, b)")
    assert_close(rand(candidate, b, a), expected, atol=1e-6, name="adjusted_rand_index(b, a)")


@pytest.mark.criterion("adjusted_rand")
def test_names_of_clusters_do_not_matter(candidate, rng):
    """The same partition under other names agrees fully; a few points moved agree less."""
    a = labelling(rng, [9, 7, 8, 6])
    renamed = np.array([2, 3, 1, 0])[a]
    assert_close(rand(candidate, a, renamed), 1.0, atol=1e-6, name="adjusted_rand_index of one partition")
    b = noisy(rng, a)
    expected = pair_by_pair(a, b)
    for names in (np.arange(b.max() + 1), rng.permutation(b.max() + 1)):
        assert_close(rand(candidate, a, names[b]), expected, atol=1e-6, name="adjusted_rand_index(a, renamed b)")


@pytest.mark.criterion("adjusted_rand")
def test_random_labels_score_0_on_average(candidate, rng):
    """Two labelings that know nothing of each other agree on many pairs by chance, and that is subtracted."""
    found = []
    for _ in range(60):
        a, b = labelling(rng, [30, 20, 15, 15]), labelling(rng, [40, 25, 15])
        found.append(rand(candidate, a, b))
    same = rand(candidate, a, a)
    assert abs(np.mean(found)) < 0.03, "the mean over random labelings should be near 0"
    assert_close(same, 1.0, atol=1e-6, name="adjusted_rand_index(a, a)")


@pytest.mark.criterion("adjusted_rand")
def test_many_small_random_clusters_score_0_on_average(candidate, rng):
    """With few points in each cluster, measures that are not adjusted for chance come out high."""
    found = []
    for _ in range(60):
        a, b = labelling(rng, [3] * 12), labelling(rng, [4] * 9)
        found.append(rand(candidate, a, b))
    assert abs(np.mean(found)) < 0.06, "the mean over random labelings should be near 0"
    b = noisy(rng, a)
    assert_close(rand(candidate, a, b), pair_by_pair(a, b), atol=1e-6, name="adjusted_rand_index(a, b)")


@pytest.mark.criterion("adjusted_rand")
def test_agreement_below_chance_is_negative(candidate, rng):
    """Labelings like rows and columns of a grid never agree on a pair: less than by chance, and it shows."""
    height, width = (int(size) for size in rng.integers(2, 7, size=2))
    order = rng.permutation(height * width)
    a, b = np.divmod(order, width)
    expected = pair_by_pair(a, b)
    assert expected < 0
    assert_close(rand(candidate, a, b), expected, atol=1e-6, name="adjusted_rand_index of rows and columns")


@pytest.mark.criterion("adjusted_rand")
def test_one_large_cluster_earns_no_credit(candidate, rng):
    """Where nearly all points are in one cluster, most pairs agree whatever the labels are."""
    a, b = labelling(rng, [54, 4, 2]), labelling(rng, [56, 4])
    assert_close(rand(candidate, a, b), pair_by_pair(a, b), atol=1e-6, name="adjusted_rand_index(a, b)")
    all_in_one = np.zeros(60, dtype=int)
    assert_close(rand(candidate, a, all_in_one), 0.0, atol=1e-6, name="adjusted_rand_index of a and one cluster")


@pytest.mark.criterion("adjusted_rand")
def test_splits_and_merges_cost_what_the_pairs_say(candidate, rng):
    """A cluster cut in two, or two clusters in one: labelings that contain each other do not agree fully."""
    a = labelling(rng, [12, 10, 9, 8])
    split = np.where((a == 0) & (rng.permutation(39) % 2 == 0), 4, a)
    split = np.unique(split, return_inverse=True)[1]
    merged = np.minimum(a, 2)
    for b in (split, merged):
        assert_close(rand(candidate, a, b), pair_by_pair(a, b), atol=1e-6, name="adjusted_rand_index(a, b)")


@pytest.mark.criterion("normalized_mutual_information")
def test_mutual_information_follows_the_definition(candidate, rng):
    """What one labelling says about the other, as a share of what they say at all."""
    a = labelling(rng, rng.integers(4, 12, size=5))
    b = noisy(rng, a)
    found = information(candidate, a, b)
    assert_close(found, shared_information(a, b), atol=1e-6, name="normalized_mutual_information(a, b)")


@pytest.mark.criterion("normalized_mutual_information")
def test_the_mean_of_the_entropies_is_arithmetic(candidate, rng):
    """Two clusters against ten: the arithmetic mean differs from the geometric one, the smaller and the larger."""
    a = labelling(rng, [30, 10])
    b = 5 * a + rng.integers(0, 5, size=40)
    b = np.unique(np.where(rng.permutation(40) < 6, rng.permutation(b), b), return_inverse=True)[1]
    expected = shared_information(a, b)
    for first, second in ((a, b), (b, a)):
        found = information(candidate, first, second)
        assert_close(found, expected, atol=1e-6, name="normalized_mutual_information(a, b)")


@pytest.mark.criterion("normalized_mutual_information")
def test_unbalanced_clusters_count_by_their_sizes(candidate, rng):
    """A cluster of 80 points and one of 2 do not say the same: entropies are over points, not over clusters."""
    a = labelling(rng, [80, 12, 5, 3])
    b = noisy(rng, a, share=0.2)
    found = information(candidate, a, b)
    assert_close(found, shared_information(a, b), atol=1e-6, name="normalized_mutual_information(a, b)")
    renamed = np.array([3, 0, 2, 1])[a]
    found = information(candidate, a, renamed)
    assert_close(found, 1.0, atol=1e-6, name="normalized_mutual_information of one partition")


@pytest.mark.criterion("normalized_mutual_information")
def test_independent_labelings_share_nothing(candidate, rng):
    """Where every cluster of one is divided in the same shares by the other, the mutual information is 0."""
    heights, widths = rng.integers(1, 6, size=3), rng.integers(1, 6, size=4)
    cells = np.outer(heights, widths).ravel()
    order = rng.permutation(cells.sum())
    a, b = (np.repeat(index.ravel(), cells)[order] for index in np.indices((3, 4)))
    found = information(candidate, a, b)
    assert_close(found, 0.0, atol=1e-6, name="normalized_mutual_information of independent labelings")
    b = noisy(rng, a, share=0.2)
    found = information(candidate, a, b)
    assert_close(found, shared_information(a, b), atol=1e-6, name="normalized_mutual_information(a, b)")


@pytest.mark.criterion("normalized_mutual_information")
def test_information_depends_on_shares_alone(candidate, rng):
    """Every point three times over: the shares are the same, and so is the information."""
    a = labelling(rng, [14, 5, 9, 2])
    b = noisy(rng, a, share=0.4)
    expected = shared_information(a, b)
    for copies in (1, 3):
        found = information(candidate, np.tile(a, copies), np.tile(b, copies))
        assert_close(found, expected, atol=1e-6, name=f"the information with every point {copies} times")


@pytest.mark.criterion("normalized_mutual_information")
def test_information_is_not_adjusted_for_chance(candidate, rng):
    """Few points in many clusters share information by chance; unlike in the Rand index it is left in."""
    a, b = labelling(rng, [3] * 10), labelling(rng, [5] * 6)
    expected = shared_information(a, b)
    assert expected > 0.2
    found = information(candidate, a, b)
    assert_close(found, expected, atol=1e-6, name="normalized_mutual_information of random labels")


@pytest.mark.criterion("homogeneity_completeness")
def test_homogeneity_and_completeness_follow_their_definitions(candidate, rng):
    """One minus the entropy that is left of one labelling when the other is known, as a share of all of it."""
    true = labelling(rng, rng.integers(4, 14, size=4))
    predicted = 2 * noisy(rng, true) + rng.integers(0, 2, size=len(true))
    predicted = np.unique(predicted, return_inverse=True)[1]
    expected = purity_by_definition(true, predicted)
    assert_close(purity(candidate, true, predicted), expected, atol=1e-6, name="homogeneity and completeness")


@pytest.mark.criterion("homogeneity_completeness")
def test_two_classes_in_two_clusters(candidate, rng):
    """The smallest table that can be impure either way."""
    true = labelling(rng, rng.integers(10, 25, size=2))
    predicted = np.where(rng.permutation(len(true)) % 4 == 0, 1 - true, true)
    expected = purity_by_definition(true, predicted)
    assert max(expected) < 0.9, "neither share is 1"
    assert_close(purity(candidate, true, predicted), expected, atol=1e-6, name="homogeneity and completeness")


@pytest.mark.criterion("homogeneity_completeness")
def test_splitting_costs_completeness_alone(candidate, rng):
    """Classes cut into pieces: every piece is pure, no class is whole."""
    true = labelling(rng, [12, 9, 15])
    predicted = 2 * true + np.arange(36) % 2
    found = purity(candidate, true, np.unique(predicted, return_inverse=True)[1])
    assert_close(found[0], 1.0, atol=1e-6, name="homogeneity of pure clusters")
    assert_close(found, purity_by_definition(true, predicted), atol=1e-6, name="homogeneity and completeness")


@pytest.mark.criterion("homogeneity_completeness")
def test_merging_costs_homogeneity_alone(candidate, rng):
    """Classes thrown together: every class is whole, clusters are mixed."""
    true = labelling(rng, rng.integers(5, 12, size=5))
    predicted = np.array([0, 0, 1, 1, 2])[true]
    found = purity(candidate, true, predicted)
    assert_close(found[1], 1.0, atol=1e-6, name="completeness of whole classes")
    assert_close(found, purity_by_definition(true, predicted), atol=1e-6, name="homogeneity and completeness")


@pytest.mark.criterion("homogeneity_completeness")
def test_each_is_the_other_with_the_labelings_exchanged(candidate, rng):
    """What is homogeneity for one order of the labelings is completeness for the other."""
    true = labelling(rng, [20, 10, 5])
    predicted = np.where(rng.random(35) < 0.3, 3, noisy(rng, true, share=0.2))
    predicted = np.unique(predicted, return_inverse=True)[1]
    expected = purity_by_definition(true, predicted)
    assert_close(purity(candidate, true, predicted), expected, atol=1e-6, name="homogeneity and completeness")
    found = purity(candidate, predicted, true)
    assert_close(found, expected[::-1], atol=1e-6, name="homogeneity and completeness, labelings exchanged")


@pytest.mark.criterion("homogeneity_completeness")
def test_their_harmonic_mean_is_the_v_measure(candidate, rng):
    """The V-measure equals the mutual information over the arithmetic mean of the entropies."""
    true = labelling(rng, [25, 8, 12, 5])
    predicted = noisy(rng, true, share=0.4)
    homogeneity, completeness = purity(candidate, true, predicted)
    assert homogeneity + completeness > 0, "labelings that have much in common should not have 0 for both"
    v_measure = 2 * homogeneity * completeness / (homogeneity + completeness)
    assert_close(v_measure, shared_information(true, predicted), atol=1e-6, name="the V-measure")
