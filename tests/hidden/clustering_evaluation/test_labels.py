"""Kinds of labels and of numbers.

What is compared are answers of the submission to the same question put in two ways, so that a wrong formula is not
counted again here.
"""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number, pair

ONE_LABELLING = ["silhouette_samples", "davies_bouldin_score", "calinski_harabasz_score", "inertia"]
TWO_LABELINGS = ["adjusted_rand_index", "normalized_mutual_information", "homogeneity_completeness"]


def answer(candidate, name, *args):
    """Return what a function of the submission gives, as an array."""
    found = getattr(candidate.clustering_evaluation, name)(*args)
    if name == "silhouette_samples":
        return array(found, shape=(len(args[0]),), name=name)
    if name == "homogeneity_completeness":
        return np.array([number(value, name=name) for value in pair(found, name=name)])
    return np.array(number(found, name=name))


def check_same(found, expected, name):
    """Check that two answers are equal up to rounding."""
    assert_close(found, expected, rtol=1e-6, atol=1e-6, name=name)


def check_sees_labels(candidate, name, first, labels, moved):
    """Check that the answer depends on the labels at all, and return it."""
    expected = answer(candidate, name, first, labels)
    other = answer(candidate, name, first, moved)
    assert not np.allclose(other, expected, rtol=1e-3, atol=1e-3), f"{name} should depend on the labels"
    return expected


def points(rng):
    """Draw three clusters of 8 points, and other labels with two points of each cluster moved to the next."""
    labels = rng.permutation(np.repeat(np.arange(3), 8))
    X = rng.normal(size=(24, 2)) + 5 * np.array([[0, 0], [1, 0], [0, 1]])[labels]
    moved = labels.copy()
    for label in range(3):
        moved[np.flatnonzero(labels == label)[:2]] = (label + 1) % 3
    return X, labels, moved


def words(rng):
    """Return three texts that differ in length and begin alike, in random order."""
    return rng.permutation(["cat", "cat and dog", "cats"])


def numbers(rng):
    """Return triples of labels that are numbers, in random order: negative, far apart, of 64 bits, fractions."""
    large = 2**60 + 2 * int(rng.integers(0, 10**6))
    yield "negative", rng.permutation([-7, -1, 3])
    yield "far apart", rng.permutation([-(10**9), 12, int(rng.integers(10**6, 10**9))])
    yield "large", rng.permutation(np.array([large, large + 1, large + 2]))
    yield "fractional", rng.permutation([-0.25, 0.25, 0.75])


@pytest.mark.criterion("label_types")
@pytest.mark.parametrize("measure", ONE_LABELLING)
def test_labels_of_points_may_be_any_numbers(candidate, rng, measure):
    """Labels are names, not positions: negative, far apart, of 64 bits or with fractions, they mean the same."""
    X, labels, moved = points(rng)
    expected = check_sees_labels(candidate, measure, X, labels, moved)
    for kind, names in numbers(rng):
        check_same(answer(candidate, measure, X, names[labels]), expected, f"{measure} with {kind} labels")


@pytest.mark.criterion("label_types")
@pytest.mark.parametrize("measure", ONE_LABELLING)
def test_labels_of_points_may_be_words_or_truth_values(candidate, rng, measure):
    """Texts, booleans and lists of them are labels as good as numbers."""
    X, labels, moved = points(rng)
    expected = check_sees_labels(candidate, measure, X, labels, moved)
    named = words(rng)[labels]
    check_same(answer(candidate, measure, X, named), expected, f"{measure} with an array of texts")
    check_same(answer(candidate, measure, X, named.tolist()), expected, f"{measure} with a list of texts")
    check_same(answer(candidate, measure, X, labels.tolist()), expected, f"{measure} with a list of numbers")
    expected = answer(candidate, measure, X, np.minimum(labels, 1))
    check_same(answer(candidate, measure, X, labels > 0), expected, f"{measure} with truth values")
    check_same(
        answer(candidate, measure, X, (labels == 0).tolist()), expected, f"{measure} with a list of truth values"
    )


@pytest.mark.criterion("label_types")
@pytest.mark.parametrize("measure", TWO_LABELINGS)
def test_two_labelings_may_be_any_numbers(candidate, rng, measure):
    """Only which points share a label counts, in either labelling."""
    _, labels, moved = points(rng)
    expected = check_sees_labels(candidate, measure, labels, moved, labels)
    for kind, names in numbers(rng):
        other = rng.permutation(3)
        check_same(
            answer(candidate, measure, names[labels], other[moved]), expected, f"{measure}, {kind} labels first"
        )
        check_same(
            answer(candidate, measure, other[labels], names[moved]), expected, f"{measure}, {kind} labels second"
        )


@pytest.mark.criterion("label_types")
@pytest.mark.parametrize("measure", TWO_LABELINGS)
def test_two_labelings_may_be_of_different_kinds(candidate, rng, measure):
    """Classes with names and clusters with numbers are compared as they are, as arrays or as lists."""
    _, labels, moved = points(rng)
    expected = check_sees_labels(candidate, measure, labels, moved, labels)
    named = words(rng)[moved]
    check_same(answer(candidate, measure, labels, named), expected, f"{measure} of numbers and texts")
    check_same(answer(candidate, measure, labels.tolist(), named.tolist()), expected, f"{measure} of two lists")
    expected = answer(candidate, measure, np.minimum(labels, 1), moved)
    check_same(answer(candidate, measure, labels > 0, named), expected, f"{measure} of truth values and texts")
    check_same(
        answer(candidate, measure, (labels > 0).tolist(), moved), expected, f"{measure} of truth values in a list"
    )


@pytest.mark.criterion("label_types")
@pytest.mark.parametrize("measure", ONE_LABELLING)
def test_coordinates_may_be_any_numbers(candidate, rng, measure):
    """One byte wraps around at 256 and single precision has seven digits: both count as the same floats."""
    labels, noise = rng.permutation(np.repeat(np.arange(3), 8)), rng.permutation(144).reshape(24, 6) < 20
    moved = (labels + (np.arange(24) % 4 == 0)) % 3
    pixels = (rng.integers(0, 100, size=(24, 3)) + 150 * (labels[:, None] == np.arange(3))).astype(np.uint8)
    single = (rng.normal(size=(24, 3)) + 5000 + 4 * labels[:, None]).astype(np.float32)
    flags = (labels[:, None] == np.arange(6) % 3) ^ noise
    for table in (pixels, single, flags, pixels.astype(int) - 120):
        floats = table.astype(np.float64)
        expected = check_sees_labels(candidate, measure, floats, labels, moved)
        check_same(answer(candidate, measure, table, labels), expected, f"{measure} of {table.dtype} coordinates")
        rows = table.tolist()
        check_same(answer(candidate, measure, rows, labels), expected, f"{measure} of nested lists")
