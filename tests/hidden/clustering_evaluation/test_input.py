"""What the functions refuse."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_same, number, pair

ONE_LABELLING = ["silhouette_samples", "davies_bouldin_score", "calinski_harabasz_score", "inertia"]
TWO_LABELINGS = ["adjusted_rand_index", "normalized_mutual_information", "homogeneity_completeness"]


def points(rng):
    """Draw three clusters that overlap a little."""
    labels = rng.permutation(np.repeat(np.arange(3), 6))
    return rng.normal(size=(18, 3)) + 2 * labels[:, None], labels


def checked(candidate, name, *args):
    """Return a function of the submission that gives a sensible answer to good input."""
    function = getattr(candidate.clustering_evaluation, name)
    found = function(*args)
    if name == "silhouette_samples":
        values = array(found, shape=(len(args[0]),), name=name)
    elif name == "homogeneity_completeness":
        values = [number(value, name=name) for value in pair(found, name=name)]
    else:
        values = [number(found, name=name)]
    assert np.any(np.abs(values) > 1e-6), f"{name} should not be 0 for labels that say something"
    return function


@pytest.mark.criterion("bad_input")
@pytest.mark.parametrize("measure", ONE_LABELLING)
def test_missing_coordinates_are_refused(candidate, rng, measure):
    """A single NaN or infinity would spoil its cluster, or all of them: ValueError."""
    X, labels = points(rng)
    function = checked(candidate, measure, X, labels)
    for hole in (np.nan, np.inf, -np.inf):
        table = X.copy()
        table[rng.integers(18), rng.integers(3)] = hole
        with pytest.raises(ValueError):
            function(table, labels)


@pytest.mark.criterion("bad_input")
@pytest.mark.parametrize("measure", ONE_LABELLING)
def test_points_and_labels_that_do_not_fit_are_refused(candidate, rng, measure):
    """Lengths that differ, a flat table or a deep one, labels with two axes and no points at all: ValueError."""
    X, labels = points(rng)
    function = checked(candidate, measure, X, labels)
    for table, names in (
        (X, labels[:-1]),
        (X[:-1], labels),
        (X, labels[:1]),
        (X[:, 0], labels),
        (X[None], labels),
        (X[:, :, None], labels),
        (X, labels[:, None]),
        (X[:0], labels[:0]),
    ):
        with pytest.raises(ValueError):
            function(table, names)


@pytest.mark.criterion("bad_input")
@pytest.mark.parametrize("measure", TWO_LABELINGS)
def test_labelings_that_do_not_fit_are_refused(candidate, rng, measure):
    """Labelings of different length, with two axes or without points are not two labelings of the same points."""
    _, a = points(rng)
    b = np.where(np.arange(18) % 4 == 0, 0, a)
    function = checked(candidate, measure, a, b)
    for first, second in (
        (a, b[:-1]),
        (a[:-1], b),
        (a, b[:1]),
        (a[:, None], b),
        (a, b[:, None]),
        (a[:, None], b[:, None]),
        (a[:0], b[:0]),
    ):
        with pytest.raises(ValueError):
            function(first, second)


@pytest.mark.criterion("bad_input")
@pytest.mark.parametrize("measure", ONE_LABELLING)
def test_missing_labels_of_points_are_refused(candidate, rng, measure):
    """NaN is not the name of a cluster, nor n names of n clusters: ValueError, for an array and for a list."""
    X, labels = points(rng)
    function = checked(candidate, measure, X, labels)
    names = labels.astype(float)
    names[rng.permutation(18)[:3]] = np.nan
    for wrong in (names, names.tolist()):
        with pytest.raises(ValueError):
            function(X, wrong)


@pytest.mark.criterion("bad_input")
@pytest.mark.parametrize("measure", TWO_LABELINGS)
def test_missing_labels_in_a_comparison_are_refused(candidate, rng, measure):
    """NaN in either labelling gives ValueError."""
    _, a = points(rng)
    b = np.where(np.arange(18) % 4 == 0, 0, a)
    function = checked(candidate, measure, a, b)
    names = a.astype(float)
    names[rng.permutation(18)[:3]] = np.nan
    for first, second in ((names, b), (b, names), (names.tolist(), b)):
        with pytest.raises(ValueError):
            function(first, second)


@pytest.mark.criterion("bad_input")
@pytest.mark.parametrize("measure", ONE_LABELLING)
def test_the_callers_points_are_left_alone(candidate, rng, measure):
    """Centring and sorting work on copies: X and the labels are the same after the call."""
    X, labels = points(rng)
    function = checked(candidate, measure, X, labels)
    for after, before in zip(candidate.call(function, X, labels).arguments, (X, labels), strict=True):
        assert_same(array(after, shape=before.shape, name="an argument"), before, name=f"an argument of {measure}")


@pytest.mark.criterion("bad_input")
@pytest.mark.parametrize("measure", TWO_LABELINGS)
def test_the_callers_labelings_are_left_alone(candidate, rng, measure):
    """Sorting and renumbering work on copies: both labelings are the same after the call."""
    _, a = points(rng)
    b = np.where(np.arange(18) % 4 == 0, 0, a)
    function = checked(candidate, measure, a, b)
    for after in candidate.call(function, a, b).arguments, candidate.call(function, b, a).arguments[::-1]:
        for found, before in zip(after, (a, b), strict=True):
            assert_same(array(found, shape=(18,), name="an argument"), before, name=f"an argument of {measure}")
