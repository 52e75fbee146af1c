"""Measures that compare points with the centroids of their clusters."""

import numpy as np
import pytest

from grader.examiner.oracle import assert_close, number


def blobs(rng, sizes, p=3, distance=4.0):
    """Draw normal clusters of these sizes, each of another spread, in mixed order."""
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = rng.uniform(-distance, distance, size=(len(sizes), p))
    spreads = rng.permutation(np.linspace(0.3, 2.0, len(sizes)))
    return centres[labels] + spreads[labels, None] * rng.normal(size=(len(labels), p)), labels


def measured(candidate, name, X, labels):
    """Return one of the submission's measures as a number."""
    return number(getattr(candidate.clustering_evaluation, name)(X, labels), name=f"{name}(X, labels)")


def groups(X, labels):
    """Return the points of each cluster."""
    return [X[labels == label] for label in sorted(set(labels.tolist()))]


def davies_bouldin(X, labels):
    """Return the Davies-Bouldin score, cluster by cluster."""
    centroids = [members.mean(axis=0) for members in groups(X, labels)]
    scatters = [np.linalg.norm(m - c, axis=1).mean() for m, c in zip(groups(X, labels), centroids, strict=True)]
    worst = []
    for i, here in enumerate(centroids):
        ratios = [
            (scatters[i] + scatters[j]) / np.linalg.norm(here - there) for j, there in enumerate(centroids) if j != i
        ]
        worst.append(max(ratios))
    return sum(worst) / len(worst)


def within(X, labels):
    """Return the sum of squared distances to the centroids, cluster by cluster."""
    return sum(float(np.sum((members - members.mean(axis=0)) ** 2)) for members in groups(X, labels))


def calinski_harabasz(X, labels):
    """Return the Calinski-Harabasz score, cluster by cluster."""
    middle, k = X.mean(axis=0), len(groups(X, labels))
    between = sum(len(members) * float(np.sum((members.mean(axis=0) - middle) ** 2)) for members in groups(X, labels))
    return (between / (k - 1)) / (within(X, labels) / (len(X) - k))


@pytest.mark.criterion("davies_bouldin")
def test_davies_bouldin_follows_the_definition(candidate, rng):
    """The mean over clusters of the worst ratio of scatter to separation."""
    X, labels = blobs(rng, rng.integers(4, 12, size=5))
    found = measured(candidate, "davies_bouldin_score", X, labels)
    assert_close(found, davies_bouldin(X, labels), rtol=1e-6, name="davies_bouldin_score(X, labels)")


@pytest.mark.criterion("davies_bouldin")
def test_scatter_is_the_mean_distance_to_the_centroid(candidate, rng):
    """One cluster of two points a known way apart and one with an outlier: not the root of a mean of squares."""
    half, reach, gap = rng.uniform(1, 2), rng.uniform(3, 6), rng.uniform(15, 30)
    first = np.array([-half, half])
    second = gap + reach * np.array([-1.0, -1.0, -1.0, 3.0])
    X, labels = np.concatenate([first, second])[:, None], np.repeat([0, 1], [2, 4])
    expected = (half + 1.5 * reach) / gap
    found = measured(candidate, "davies_bouldin_score", X, labels)
    assert_close(found, expected, rtol=1e-6, name="davies_bouldin_score(X, labels)")


@pytest.mark.criterion("davies_bouldin")
def test_the_worst_partner_need_not_be_the_nearest(candidate, rng):
    """A wide cluster further off is confused with more easily than a tight one nearby: the largest ratio counts."""
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [-8.0, 0.0], [0.0, 30.0]])
    labels = rng.permutation(np.repeat(np.arange(4), 12))
    X = centres[labels] + np.array([0.2, 0.2, 4.0, 1.0])[labels, None] * rng.normal(size=(48, 2))
    found = measured(candidate, "davies_bouldin_score", X, labels)
    assert_close(found, davies_bouldin(X, labels), rtol=1e-6, name="davies_bouldin_score(X, labels)")


@pytest.mark.criterion("davies_bouldin")
def test_every_cluster_counts_alike(candidate, rng):
    """The mean is over clusters, however few points one has; a cluster of one point has scatter 0."""
    X, labels = blobs(rng, [40, 9, 3, 1])
    found = measured(candidate, "davies_bouldin_score", X, labels)
    assert_close(found, davies_bouldin(X, labels), rtol=1e-6, name="davies_bouldin_score(X, labels)")


@pytest.mark.criterion("davies_bouldin")
def test_davies_bouldin_does_not_depend_on_scale_or_rotation(candidate, rng):
    """A ratio of Euclidean lengths: the unit and the axes of the data do not matter, nor do the names of clusters."""
    X, labels = blobs(rng, [8, 6, 10])
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    expected = davies_bouldin(X, labels)
    names, order = rng.permutation(3), rng.permutation(len(X))
    for factor in (1e-3, 1.0, 1e3):
        found = measured(candidate, "davies_bouldin_score", factor * X[order] @ turn, names[labels[order]])
        assert_close(found, expected, rtol=1e-6, name="davies_bouldin_score of turned and scaled data")


@pytest.mark.criterion("calinski_harabasz")
def test_calinski_harabasz_follows_the_definition(candidate, rng):
    """Dispersion between over dispersion within, each divided by its degrees of freedom."""
    X, labels = blobs(rng, rng.integers(4, 12, size=5))
    found = measured(candidate, "calinski_harabasz_score", X, labels)
    assert_close(found, calinski_harabasz(X, labels), rtol=1e-6, name="calinski_harabasz_score(X, labels)")


@pytest.mark.criterion("calinski_harabasz")
def test_in_one_column_it_is_the_f_statistic_of_two_groups(candidate, rng):
    """For two groups of one measurement it is the square of Student's t with pooled variance."""
    n, m = (int(size) for size in rng.integers(5, 15, size=2))
    first, second = rng.normal(size=n), rng.normal(size=m) * 2 + 3
    pooled = ((n - 1) * first.var(ddof=1) + (m - 1) * second.var(ddof=1)) / (n + m - 2)
    expected = (first.mean() - second.mean()) ** 2 / (pooled * (1 / n + 1 / m))
    X, labels = np.concatenate([first, second])[:, None], np.repeat([0, 1], [n, m])
    found = measured(candidate, "calinski_harabasz_score", X, labels)
    # A difference of means near 0 makes the digits of the square few.
    assert_close(found, expected, rtol=1e-6, atol=1e-9, name="calinski_harabasz_score(X, labels)")


@pytest.mark.criterion("calinski_harabasz")
def test_large_clusters_weigh_more(candidate, rng):
    """Centroids are compared with the mean of all points, each with the number of points behind it."""
    X, labels = blobs(rng, [40, 10, 3, 1])
    found = measured(candidate, "calinski_harabasz_score", X, labels)
    assert_close(found, calinski_harabasz(X, labels), rtol=1e-6, name="calinski_harabasz_score(X, labels)")


@pytest.mark.criterion("calinski_harabasz")
def test_the_same_points_twice_count_as_twice_the_points(candidate, rng):
    """Both dispersions double, so that the score grows by (2n - k) / (n - k) alone."""
    X, labels = blobs(rng, [7, 5, 8])
    once, twice = calinski_harabasz(X, labels), calinski_harabasz(X, labels) * (2 * 20 - 3) / (20 - 3)
    found = measured(candidate, "calinski_harabasz_score", X, labels)
    assert_close(found, once, rtol=1e-6, name="calinski_harabasz_score(X, labels)")
    found = measured(candidate, "calinski_harabasz_score", np.vstack([X, X]), np.concatenate([labels, labels]))
    assert_close(found, twice, rtol=1e-6, name="calinski_harabasz_score of all points twice")


@pytest.mark.criterion("calinski_harabasz")
def test_calinski_harabasz_does_not_depend_on_scale_or_rotation(candidate, rng):
    """A ratio of squared lengths: the unit, the axes and the order of the data do not matter."""
    X, labels = blobs(rng, [8, 6, 10])
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    expected = calinski_harabasz(X, labels)
    names, order = rng.permutation(3), rng.permutation(len(X))
    for factor in (1e-3, 1.0, 1e3):
        found = measured(candidate, "calinski_harabasz_score", factor * X[order] @ turn, names[labels[order]])
        assert_close(found, expected, rtol=1e-6, name="calinski_harabasz_score of turned and scaled data")


@pytest.mark.criterion("inertia")
def test_inertia_is_the_sum_of_squared_distances(candidate, rng):
    """Squares are summed over all points and columns: what k-means makes small."""
    X, labels = blobs(rng, rng.integers(2, 12, size=4))
    assert_close(measured(candidate, "inertia", X, labels), within(X, labels), rtol=1e-6, name="inertia(X, labels)")


@pytest.mark.criterion("inertia")
def test_inertia_of_one_cluster_is_the_total(candidate, rng):
    """One cluster is a clustering too: the sum of squares about the mean of all points."""
    X = rng.normal(size=(25, 3)) + 2.0
    total = float(np.sum((X - X.mean(axis=0)) ** 2))
    found = measured(candidate, "inertia", X, np.zeros(25, dtype=int))
    assert_close(found, total, rtol=1e-6, name="inertia of one cluster")


@pytest.mark.criterion("inertia")
def test_inertia_of_single_points_is_nothing(candidate, rng):
    """A point that is alone is its own centroid; two points add half of their squared distance."""
    X = rng.normal(size=(9, 4))
    found = measured(candidate, "inertia", X, rng.permutation(9))
    assert_close(found, 0.0, atol=1e-9, name="inertia of n clusters")
    found = measured(candidate, "inertia", X, np.append(0, np.arange(8)))
    assert_close(found, np.sum((X[0] - X[1]) ** 2) / 2, rtol=1e-6, name="inertia of one pair among single points")


@pytest.mark.criterion("inertia")
def test_inertia_grows_with_the_square_of_the_scale(candidate, rng):
    """In a unit a hundredth as long the same distances have squares ten thousand times as large."""
    X, labels = blobs(rng, [8, 6, 10])
    names, expected = rng.permutation(3), within(X, labels)
    for factor in (1e-2, 1.0, 1e2):
        found = measured(candidate, "inertia", factor * X, names[labels])
        assert_close(found, factor**2 * expected, rtol=1e-6, name="inertia of scaled data")
