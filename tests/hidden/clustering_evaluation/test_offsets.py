"""Data far from the origin, and so many points that pairs of pairs do not fit 64 bits.

Answers are compared with the submission's own on data of ordinary size, so that a wrong formula is not counted again.
"""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number


def answer(candidate, name, X, labels):
    """Return what a function of the submission gives, as an array."""
    found = getattr(candidate.clustering_evaluation, name)(X, labels)
    if name == "silhouette_samples":
        return array(found, shape=(len(X),), name=name)
    return np.array(number(found, name=name))


@pytest.mark.criterion("offsets")
@pytest.mark.parametrize("measure", ["silhouette_samples", "davies_bouldin_score"])
def test_distances_far_from_the_origin_keep_their_digits(candidate, rng, measure):
    """Where the origin lies is a convention; squares of large coordinates lose what their differences keep."""
    check_moved(candidate, rng, measure)


@pytest.mark.criterion("offsets")
@pytest.mark.parametrize("measure", ["calinski_harabasz_score", "inertia"])
def test_sums_of_squares_far_from_the_origin_keep_their_digits(candidate, rng, measure):
    """A sum of squares about the mean, taken as a difference of two sums of squares, is lost in rounding."""
    check_moved(candidate, rng, measure)


def check_moved(candidate, rng, measure):
    """Check that a measure stays the same when a million is added to every coordinate."""
    for _ in range(4):
        labels = rng.permutation(np.repeat(np.arange(3), [9, 14, 11]))
        centres = rng.permutation([[0.0, 0.0, 0.0], [3.0, 0.0, 1.0], [0.0, 3.0, -1.0]])
        # Multiples of 1/1024 can be moved by a million without any rounding.
        X = np.round((centres[labels] + rng.normal(size=(34, 3))) * 1024) / 1024
        expected = answer(candidate, measure, X, labels)
        other = answer(candidate, measure, X, np.roll(labels, 1))
        assert not np.allclose(other, expected, rtol=1e-3, atol=1e-3), f"{measure} should depend on the labels"
        atol = 1e-6 if measure == "silhouette_samples" else 0.0
        found = answer(candidate, measure, X + 1e6, labels)
        assert_close(found, expected, rtol=1e-6, atol=atol, name=f"{measure} of data far from the origin")


@pytest.mark.criterion("offsets")
@pytest.mark.parametrize("n_clusters", [2, 3])
def test_pairs_among_many_points_do_not_overflow(candidate, rng, n_clusters):
    """200,000 points make 10¹⁰ pairs in two clusters, and products of such counts leave 64 bits: the index stays."""
    rand = candidate.clustering_evaluation.adjusted_rand_index
    for _ in range(2):
        a = rng.permutation(np.arange(2000) % n_clusters)
        b = np.where(np.arange(2000) < rng.integers(200, 600), (a + 1) % n_clusters, a)
        few = number(rand(a, b), name="adjusted_rand_index of 2,000 points")
        many = number(rand(np.tile(a, 100), np.tile(b, 100)), name="adjusted_rand_index of 200,000 points")
        assert_close(many, few, atol=0.01, name="adjusted_rand_index of 200,000 points")
    unrelated = number(rand(a, rng.permutation(a)), name="adjusted_rand_index of random labels")
    assert abs(unrelated - few) > 0.05, "adjusted_rand_index should depend on the labels"
