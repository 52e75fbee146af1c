"""Trivial labelings, and numbers of clusters for which a measure is not defined."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number, pair


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


def two_that_differ(rng, n):
    """Return two labelings with three clusters each that have something in common, but not all.

    In the first all clusters are of one size if n is a multiple of 3, so that it has the largest entropy there is,
    however it is weighted.
    """
    a = np.arange(n) % 3
    b = np.where(np.arange(n) < 3, (a + 1) % 3, a)  # one point of each cluster moves to the next
    order = rng.permutation(n)
    return a[order], b[order]


@pytest.mark.criterion("degenerate_partitions")
def test_equal_trivial_labelings_have_rand_index_1(candidate, rng):
    """All points in one cluster twice, or each in its own twice: 0 / 0 in the formula, full agreement in truth."""
    n = 3 * int(rng.integers(4, 10))
    one = np.zeros(n, dtype=int)
    for a, b in ((one, one), (np.arange(n), rng.permutation(n))):
        assert_close(rand(candidate, a, b), 1.0, atol=1e-6, name="adjusted_rand_index of equal trivial labelings")
    assert rand(candidate, *two_that_differ(rng, n)) < 0.999, "labelings that differ should not have the index 1"


@pytest.mark.criterion("degenerate_partitions")
def test_equal_trivial_labelings_have_information_1(candidate, rng):
    """Two labelings without entropy are equal, whatever 0 / 0 may be; so are two in which every point is alone."""
    n = 3 * int(rng.integers(4, 10))
    one = np.zeros(n, dtype=int)
    for a, b in ((one, one), (np.arange(n), rng.permutation(n))):
        found = information(candidate, a, b)
        assert_close(found, 1.0, atol=1e-6, name="normalized_mutual_information of equal trivial labelings")
    assert information(candidate, *two_that_differ(rng, n)) < 0.999, "labelings that differ should not have 1"


@pytest.mark.criterion("degenerate_partitions")
def test_one_cluster_says_nothing_about_several(candidate, rng):
    """One labelling without entropy and one with some: the information is 0, in either order, and not 1 or NaN."""
    n = 3 * int(rng.integers(4, 10))
    one, (a, b) = np.zeros(n, dtype=int), two_that_differ(rng, n)
    for first, second in ((one, a), (a, one), (one, np.arange(n))):
        found = information(candidate, first, second)
        assert_close(found, 0.0, atol=1e-6, name="normalized_mutual_information of one cluster and several")
    assert information(candidate, a, b) > 0.01, "labelings that have much in common should not have 0"


@pytest.mark.criterion("degenerate_partitions")
def test_purity_without_entropy_is_1(candidate, rng):
    """Where there is one class only every cluster is pure, where there is one cluster only every class is whole."""
    n = 3 * int(rng.integers(4, 10))
    one, (a, b) = np.zeros(n, dtype=int), two_that_differ(rng, n)
    assert_close(purity(candidate, one, one), [1.0, 1.0], atol=1e-6, name="homogeneity and completeness, all in one")
    # Which of the two comes first is not asked here: that is the criterion homogeneity_completeness.
    for first, second in ((one, a), (a, one)):
        found = np.sort(purity(candidate, first, second))
        assert_close(
            found, [0.0, 1.0], atol=1e-6, name="homogeneity and completeness, sorted, one cluster on one side"
        )
    assert np.all(purity(candidate, a, b) < 0.999), "labelings that differ both ways should not have 1 for either"


@pytest.mark.criterion("degenerate_partitions")
def test_a_single_point_agrees_with_itself(candidate, rng):
    """One point makes no pair and has no entropy; the two labelings are equal all the same."""
    first, second = rng.integers(0, 9, size=(2, 1))
    assert_close(rand(candidate, first, second), 1.0, atol=1e-6, name="adjusted_rand_index of a single point")
    found = information(candidate, first, second)
    assert_close(found, 1.0, atol=1e-6, name="normalized_mutual_information of a single point")
    a, b = two_that_differ(rng, 20)
    assert rand(candidate, a, b) < 0.999, "labelings that differ should not have the index 1"
    assert information(candidate, a, b) < 0.999, "labelings that differ should not have the information 1"


@pytest.mark.criterion("degenerate_partitions")
def test_the_silhouette_needs_another_cluster_and_a_pair(candidate, rng):
    """One cluster has no neighbour, n clusters have no inside: ValueError, for the samples and for the score."""
    n = int(rng.integers(8, 20))
    X, labels = rng.normal(size=(n, 2)), rng.permutation(np.arange(n) % 2)
    module = candidate.clustering_evaluation
    array(module.silhouette_samples(X, labels), shape=(n,), name="silhouette_samples(X, labels)")
    number(module.silhouette_score(X, labels), name="silhouette_score(X, labels)")
    for wrong in (np.zeros(n, dtype=int), np.arange(n)):
        with pytest.raises(ValueError):
            module.silhouette_samples(X, wrong)
        with pytest.raises(ValueError):
            module.silhouette_score(X, wrong)


@pytest.mark.criterion("degenerate_partitions")
@pytest.mark.parametrize("measure", ["davies_bouldin_score", "calinski_harabasz_score"])
def test_ratios_need_several_clusters_and_a_pair(candidate, rng, measure):
    """With one cluster nothing is between, with n nothing is within: ValueError, and neither 0 nor infinity."""
    n = int(rng.integers(8, 20))
    X, labels = rng.normal(size=(n, 2)), rng.permutation(np.arange(n) % 2)
    function = getattr(candidate.clustering_evaluation, measure)
    number(function(X, labels), name=f"{measure}(X, labels)")
    for wrong in (np.zeros(n, dtype=int), rng.permutation(n)):
        with pytest.raises(ValueError):
            function(X, wrong)
