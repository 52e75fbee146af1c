"""The silhouette of points, and of points that are alone in their cluster."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number


def blobs(rng, sizes, p=3, distance=2.0):
    """Draw normal clusters of these sizes that overlap a little, in mixed order."""
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = rng.uniform(-distance, distance, size=(len(sizes), p))
    return centres[labels] + rng.normal(size=(len(labels), p)), labels


def samples(candidate, X, labels, finite=True):
    """Return the submission's silhouettes as an array."""
    found = candidate.clustering_evaluation.silhouette_samples(X, labels)
    return array(found, shape=(len(X),), name="silhouette_samples(X, labels)", finite=finite)


def score(candidate, X, labels):
    """Return the submission's silhouette score as a number."""
    return number(candidate.clustering_evaluation.silhouette_score(X, labels), name="silhouette_score(X, labels)")


def by_definition(X, labels):
    """Return the silhouettes, point by point; no cluster may be of one point."""
    members = {name: labels == name for name in np.unique(labels).tolist()}
    result = []
    for i, own in enumerate(labels.tolist()):
        gaps = np.sqrt(((X - X[i]) ** 2).sum(axis=1))
        a = gaps[members[own]].sum() / (members[own].sum() - 1)  # the gap to itself is 0
        b = min(gaps[mask].mean() for name, mask in members.items() if name != own)
        result.append((b - a) / max(a, b))
    return np.array(result)


@pytest.mark.criterion("silhouette")
def test_samples_follow_the_definition(candidate, rng):
    """Each point compares its mean distance to its own cluster with that to the nearest other one."""
    sizes = rng.integers(4, 12, size=5)
    X, labels = blobs(rng, sizes)
    assert_close(samples(candidate, X, labels), by_definition(X, labels), atol=1e-6, name="the silhouettes")


@pytest.mark.criterion("silhouette")
def test_hundreds_of_points_follow_the_definition_too(candidate, rng):
    """Whoever works in blocks of rows leaves none out, and none twice."""
    X, labels = blobs(rng, rng.integers(100, 200, size=4), p=2)
    assert_close(samples(candidate, X, labels), by_definition(X, labels), atol=1e-6, name="the silhouettes")


@pytest.mark.criterion("silhouette")
def test_two_clusters_in_two_columns(candidate, rng):
    """With two clusters the other one is the neighbour of every point."""
    X, labels = blobs(rng, rng.integers(6, 14, size=2), p=2)
    assert_close(samples(candidate, X, labels), by_definition(X, labels), atol=1e-6, name="the silhouettes")


@pytest.mark.criterion("silhouette")
def test_a_point_does_not_count_itself(candidate, rng):
    """In a cluster of two, a is the distance to the other point, not half of it."""
    X, labels = blobs(rng, [2, 2, 2, 2], p=4)
    assert_close(samples(candidate, X, labels), by_definition(X, labels), atol=1e-6, name="the silhouettes of pairs")


@pytest.mark.criterion("silhouette")
def test_the_score_is_the_mean_over_points(candidate, rng):
    """Every point counts alike, so a large cluster counts for more than a small one."""
    large, small = rng.normal(size=(30, 2)), rng.normal(size=(5, 2)) * 3 + [9.0, 0.0]
    order = rng.permutation(35)
    X, labels = np.vstack([large, small])[order], np.repeat([0, 1], [30, 5])[order]
    expected = by_definition(X, labels).mean()
    assert_close(score(candidate, X, labels), expected, atol=1e-6, name="silhouette_score(X, labels)")


@pytest.mark.criterion("silhouette")
def test_a_misplaced_point_is_below_zero(candidate, rng):
    """A point in the middle of another cluster has a > b: the silhouette divides by the larger of the two."""
    X = np.vstack([rng.normal(size=(10, 3)), rng.normal(size=(10, 3)) + 8.0])
    labels = np.repeat([0, 1], 10)
    misplaced = int(rng.integers(10))
    labels[misplaced] = 1
    found = samples(candidate, X, labels)
    assert_close(found, by_definition(X, labels), atol=1e-6, name="the silhouettes")
    assert found[misplaced] < -0.3, "a point among those of another cluster should have a silhouette far below 0"


@pytest.mark.criterion("silhouette")
def test_the_neighbour_is_nearest_by_mean_distance(candidate, rng):
    """A long cluster has a point close by and a centroid close by, but the mean distance to its points is large."""
    own = rng.normal(size=(6, 2)) * 0.2
    angles = rng.uniform(0, 2 * np.pi) + np.arange(12) * np.pi / 6
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * 9.0
    compact = rng.normal(size=(6, 2)) * 0.2 + [4.0, 3.0]
    X, labels = np.vstack([own, ring, compact]), np.repeat([0, 1, 2], [6, 12, 6])
    assert_close(samples(candidate, X, labels), by_definition(X, labels), atol=1e-6, name="the silhouettes")


@pytest.mark.criterion("silhouette")
def test_samples_stand_in_the_order_of_the_rows(candidate, rng):
    """With the rows in another order each point keeps its own silhouette."""
    X, labels = blobs(rng, [5, 9, 7])
    order = rng.permutation(len(X))
    expected = by_definition(X, labels)
    assert_close(samples(candidate, X, labels), expected, atol=1e-6, name="the silhouettes")
    moved = samples(candidate, X[order], labels[order])
    assert_close(moved, expected[order], atol=1e-6, name="the silhouettes of rows in another order")


@pytest.mark.criterion("silhouette")
def test_scale_rotation_and_names_do_not_matter(candidate, rng):
    """The silhouette is a ratio of Euclidean distances; which cluster is called 0 says nothing."""
    X, labels = blobs(rng, [6, 8, 7, 5])
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    names = rng.permutation(4)
    expected = by_definition(X, labels)
    for factor in (1e-3, 1.0, 1e3):
        found = samples(candidate, factor * X @ turn, names[labels])
        assert_close(found, expected, atol=1e-6, name="the silhouettes of turned and scaled data")


@pytest.mark.criterion("silhouette")
def test_points_that_coincide_have_silhouette_0(candidate, rng):
    """Where a and b are both 0 neither cluster is nearer: 0, and not the NaN of 0 / 0."""
    spots = np.array([[0, 0], [30, 40], [-60, 80]]) + rng.integers(-9, 10, size=2)
    X = spots[[0, 0, 0, 0, 1, 1, 1, 2, 2]].astype(float)
    labels = np.array([0, 1, 0, 1, 2, 2, 2, 3, 3])
    order = rng.permutation(9)
    expected = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1])[order]
    found = samples(candidate, X[order], labels[order])
    assert_close(found, expected, atol=1e-6, name="the silhouettes of points that coincide")


def with_singletons(rng, n_singletons):
    """Draw two tight clusters of five points and points of their own clusters between and around them."""
    pair = np.vstack([rng.normal(size=(5, 2)) * 0.1, rng.normal(size=(5, 2)) * 0.1 + [10.0, 0.0]])
    heights = rng.choice([-1.0, 1.0], size=n_singletons) * rng.uniform(4, 6, size=n_singletons)
    alone = np.column_stack([np.linspace(2, 8, n_singletons), heights])
    labels = np.concatenate([np.repeat([0, 1], 5), 2 + np.arange(n_singletons)])
    order = rng.permutation(10 + n_singletons)
    return np.vstack([pair, alone])[order], labels[order]


@pytest.mark.criterion("singletons")
def test_a_point_alone_in_its_cluster_has_silhouette_0(candidate, rng):
    """There is no other point to be near to, so a is not defined: 0, not the 1 that a = 0 would give."""
    X, labels = with_singletons(rng, 3)
    found = samples(candidate, X, labels)
    assert_close(found[labels >= 2], np.zeros(3), atol=1e-9, name="the silhouettes of points that are alone")
    assert np.all(np.abs(found[labels < 2]) > 0.2), "points of tight clusters should not have a silhouette near 0"


@pytest.mark.criterion("singletons")
def test_one_pair_among_single_points(candidate, rng):
    """With n - 1 clusters all but two points are alone."""
    n = int(rng.integers(5, 12))
    X = np.column_stack([10.0 * np.arange(n), rng.normal(size=n)])
    X[1] = X[0] + rng.uniform(0.5, 1, size=2)
    labels = np.concatenate([[0], np.arange(n - 1)])
    order = rng.permutation(n)
    found = samples(candidate, X[order], labels[order])
    in_pair = labels[order] == 0
    assert_close(found[~in_pair], np.zeros(n - 2), atol=1e-9, name="the silhouettes of points that are alone")
    assert np.all(np.abs(found[in_pair]) > 0.2), "the pair should not have a silhouette near 0"


@pytest.mark.criterion("singletons")
def test_a_single_point_is_a_neighbour_like_any_other(candidate, rng):
    """A cluster of one point is as near as one of two points in the same place, and nearer than one far off."""
    near = np.array([[3.0, 0.0]]) + 0.1 * rng.normal(size=(1, 2))
    own, far = rng.normal(size=(5, 2)), rng.normal(size=(5, 2)) + np.array([20.0, 0.0])
    labels = np.repeat([0, 1], 5)
    without = samples(candidate, np.vstack([own, far]), labels, finite=False)[:5]
    once = samples(candidate, np.vstack([own, far, near]), np.append(labels, 2), finite=False)[:5]
    twice = samples(candidate, np.vstack([own, far, near, near]), np.append(labels, [2, 2]), finite=False)[:5]
    assert np.all(np.isfinite(once)), "points with a single point for a neighbour should have a silhouette"
    assert_close(once, twice, atol=1e-6, name="the silhouettes with a single point for the nearest cluster")
    assert np.all(np.abs(once - without) > 0.01), "a single point nearby should change the silhouettes of the others"


@pytest.mark.criterion("singletons")
def test_single_points_count_in_the_mean(candidate, rng):
    """Half of the points are alone and count as 0, so two tight clusters cannot bring the mean above a half."""
    X, labels = with_singletons(rng, 10)
    found = abs(score(candidate, X, labels))
    assert found < 0.55, "points that are alone should count as 0 in the mean"
    assert found > 0.02, "the points of two tight clusters should count in the mean"
