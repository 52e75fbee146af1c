"""Speed, as CPU time relative to the reference, and memory."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_at_most, cpu_ratio, number


def blobs(rng, n, p, k):
    """Draw k clusters far apart."""
    labels = rng.permutation(np.arange(n) % k)
    return rng.normal(size=(n, p)) + 12 * labels[:, None], labels


def check_silhouettes(found, n):
    """Check loosely that answers are silhouettes of clear clusters, so that a fast answer is a sensible one too."""
    values = array(found, shape=(n,), name="silhouette_samples(X, labels)")
    assert 0.2 < abs(values.mean()) <= 1, "clear clusters should have silhouettes far from 0"
    assert np.unique(values).size > n // 2, "points at different places should have different silhouettes"


@pytest.mark.criterion("speed")
def test_silhouettes_need_no_loop_over_pairs(candidate, reference, rng):
    """2,500 points cost a small multiple of whole-array operations on blocks of rows."""
    X, labels = blobs(rng, 2500, 4, 4)
    found = []

    def work(subject, turn):
        found.append(subject.clustering_evaluation.silhouette_samples(X, labels))

    ratio = cpu_ratio(work, candidate, reference, limit=15, rounds=3)
    check_silhouettes(found[-1], 2500)
    assert_at_most(ratio, 15, name="CPU time of silhouette_samples over that of the reference")


@pytest.mark.criterion("speed")
@pytest.mark.limits(call_seconds=30)  # memory is what is asked for here: room for slow loops over points
def test_silhouettes_of_many_points_fit_in_memory(candidate, rng):
    """5,000 points in 8 columns: one table of distances fits, one of all coordinate differences does not."""
    X, labels = blobs(rng, 5000, 8, 6)
    check_silhouettes(candidate.clustering_evaluation.silhouette_samples(X, labels), 5000)


@pytest.mark.criterion("speed")
def test_labelings_of_many_points_are_compared_by_counting(candidate, reference, rng):
    """200,000 points in 50 clusters: a table of 50 by 50 counts says all, and no pair of points is looked at."""
    a = rng.integers(0, 50, size=200_000)
    b = np.where(rng.random(200_000) < 0.2, rng.integers(0, 50, size=200_000), a)
    found = []

    def work(subject, turn):
        module = subject.clustering_evaluation
        found.append((module.adjusted_rand_index(a, b), module.normalized_mutual_information(a, b)))

    ratio = cpu_ratio(work, candidate, reference, limit=25, rounds=3)
    for value in found[-1]:
        assert number(value, name="the agreement") > 0.1, "labelings that have much in common should score above 0"
    assert_at_most(ratio, 25, name="CPU time of both comparisons over that of the reference")


@pytest.mark.criterion("speed")
def test_centroid_measures_need_no_loop_over_points(candidate, reference, rng):
    """80,000 points in three measures: sums by cluster are whole-array operations, or one such for each cluster."""
    X, labels = blobs(rng, 80_000, 3, 3)
    labels = labels + 3 * rng.integers(0, 3, size=80_000)
    found = []

    def work(subject, turn):
        module = subject.clustering_evaluation
        measures = (module.davies_bouldin_score, module.calinski_harabasz_score, module.inertia)
        found.append([measure(X, labels) for measure in measures])

    ratio = cpu_ratio(work, candidate, reference, limit=6, rounds=3)
    for value in found[-1]:
        assert number(value, name="a measure") > 0, "measures of clusters with scatter should be above 0"
    assert_at_most(ratio, 6, name="CPU time of the three measures over that of the reference")
