"""One easy example of each criterion. The hidden tests ask for all that the brief says."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, cpu_ratio, number, pair

X = np.array([[0.0], [2.0], [10.0], [12.0]])
LABELS = np.array([0, 0, 1, 1])


@pytest.mark.criterion("silhouette")
def test_silhouettes_of_two_pairs(candidate):
    """The outer points are 2 from their partner and 11 from the others on average, the inner ones 2 and 9."""
    module = candidate.clustering_evaluation
    expected = np.array([9 / 11, 7 / 9, 7 / 9, 9 / 11])
    found = array(module.silhouette_samples(X, LABELS), shape=(4,), name="silhouette_samples(X, labels)")
    assert_close(found, expected, rtol=1e-6, name="silhouette_samples(X, labels)")
    found = number(module.silhouette_score(X, LABELS), name="silhouette_score(X, labels)")
    assert_close(found, expected.mean(), rtol=1e-6, name="silhouette_score(X, labels)")


@pytest.mark.criterion("singletons")
def test_a_point_alone_has_silhouette_0(candidate):
    """The third point has no partner: 0. The pair is 2 apart, and 10 and 8 from it."""
    found = candidate.clustering_evaluation.silhouette_samples(X[:3], LABELS[:3])
    found = array(found, shape=(3,), name="silhouette_samples(X, labels)")
    assert_close(found, [0.8, 0.75, 0.0], rtol=1e-6, atol=1e-9, name="silhouette_samples(X, labels)")


@pytest.mark.criterion("davies_bouldin")
def test_davies_bouldin_of_two_pairs(candidate):
    """Both pairs have their points 1 from their centroids, which are 10 apart."""
    found = number(candidate.clustering_evaluation.davies_bouldin_score(X, LABELS), name="davies_bouldin_score")
    assert_close(found, (1 + 1) / 10, rtol=1e-6, name="davies_bouldin_score(X, labels)")


@pytest.mark.criterion("calinski_harabasz")
def test_calinski_harabasz_of_two_pairs(candidate):
    """Between: four points 5 from the middle, one degree of freedom. Within: four points 1 off, two degrees."""
    found = number(candidate.clustering_evaluation.calinski_harabasz_score(X, LABELS), name="calinski_harabasz_score")
    assert_close(found, (4 * 25 / 1) / (4 * 1 / 2), rtol=1e-6, name="calinski_harabasz_score(X, labels)")


@pytest.mark.criterion("inertia")
def test_inertia_of_two_pairs(candidate):
    """Four points, each 1 from its centroid and so 1 squared."""
    found = number(candidate.clustering_evaluation.inertia(3 * X, LABELS), name="inertia(X, labels)")
    assert_close(found, 4 * 3**2, rtol=1e-6, name="inertia of the points three times as far apart")


@pytest.mark.criterion("adjusted_rand")
def test_rand_index_of_labelings_that_cross(candidate):
    """No pair is together in both; chance alone would give 2 · 2 / 6 of them, so the index is below 0."""
    rand = candidate.clustering_evaluation.adjusted_rand_index
    assert_close(number(rand(LABELS, [0, 1, 0, 1]), name="the index"), -0.5, rtol=1e-6, name="the index")
    assert_close(number(rand(LABELS, [1, 1, 0, 0]), name="the index"), 1.0, rtol=1e-6, name="the index of equal ones")


@pytest.mark.criterion("normalized_mutual_information")
def test_information_of_a_split(candidate):
    """Two clusters and four: 1 bit is shared, the entropies are 1 and 2 bits, their arithmetic mean is 1.5."""
    found = candidate.clustering_evaluation.normalized_mutual_information(LABELS, [0, 1, 2, 3])
    found = number(found, name="normalized_mutual_information(a, b)")
    assert_close(found, 1 / 1.5, rtol=1e-6, name="normalized_mutual_information(a, b)")


@pytest.mark.criterion("homogeneity_completeness")
def test_a_split_is_pure_but_not_complete(candidate):
    """Every predicted cluster is pure; of 2 predicted bits 1 is left when the class is known."""
    homogeneity, completeness = pair(
        candidate.clustering_evaluation.homogeneity_completeness(LABELS, [0, 1, 2, 3]), name="the result"
    )
    found = [number(homogeneity, name="homogeneity"), number(completeness, name="completeness")]
    assert_close(found, [1.0, 0.5], rtol=1e-6, name="homogeneity and completeness")


@pytest.mark.criterion("degenerate_partitions")
def test_one_cluster_twice_and_one_cluster_alone(candidate):
    """Two labelings with a single cluster are equal; a silhouette with a single cluster is not defined."""
    module, one = candidate.clustering_evaluation, [0, 0, 0, 0]
    assert_close(number(module.adjusted_rand_index(one, one), name="the index"), 1.0, rtol=1e-6, name="the index")
    number(module.silhouette_score(X, LABELS), name="silhouette_score(X, labels)")
    with pytest.raises(ValueError):
        module.silhouette_score(X, one)


@pytest.mark.criterion("label_types")
def test_labels_may_be_words(candidate):
    """Words name the same clusters as numbers do, in an array or in a list."""
    words = ["north", "north", "south", "south"]
    for labels in (words, np.array(words)):
        found = number(candidate.clustering_evaluation.inertia(X, labels), name="inertia(X, labels)")
        assert_close(found, 4.0, rtol=1e-6, name="inertia(X, labels)")


@pytest.mark.criterion("offsets")
def test_inertia_a_million_away(candidate):
    """Adding a million to every coordinate leaves every distance as it was."""
    found = number(candidate.clustering_evaluation.inertia(X + 1e6, LABELS), name="inertia(X, labels)")
    assert_close(found, 4.0, rtol=1e-6, name="inertia far from the origin")


@pytest.mark.criterion("bad_input")
def test_missing_numbers_and_lengths_that_differ_are_refused(candidate):
    """NaN among the coordinates, and three labels for four points: ValueError."""
    inertia = candidate.clustering_evaluation.inertia
    number(inertia(X, LABELS), name="inertia(X, labels)")
    with pytest.raises(ValueError):
        inertia(np.array([[0.0], [np.nan], [10.0], [12.0]]), LABELS)
    with pytest.raises(ValueError):
        inertia(X, LABELS[:3])


@pytest.mark.criterion("choosing_k")
def test_two_pairs_are_two_clusters(candidate):
    """Two clusters have the higher silhouette; of three runs two agree and the third has index -0.5 with both."""
    module = candidate.clustering_evaluation
    best, scores = pair(module.choose_n_clusters(X, {3: np.array([0, 0, 1, 2]), 2: LABELS}), name="the result")
    assert number(best, name="the best k") == 2, "two pairs should be two clusters"
    assert isinstance(scores, dict), "the scores should be a dict"
    assert set(scores) == {2, 3}, "the scores should have the keys of the labelings"
    found = number(module.stability([LABELS, 1 - LABELS, np.array([0, 1, 0, 1])]), name="stability(labelings)")
    assert_close(found, (1 - 0.5 - 0.5) / 3, atol=1e-6, name="stability(labelings)")


@pytest.mark.criterion("speed")
def test_silhouettes_of_many_points_are_quick(candidate, reference, rng):
    """1,500 points cost a small multiple of whole-array operations."""
    labels = rng.permutation(np.arange(1500) % 3)
    points = rng.normal(size=(1500, 4)) + 10 * labels[:, None]
    found = []

    def work(subject, turn):
        found.append(subject.clustering_evaluation.silhouette_samples(points, labels))

    ratio = cpu_ratio(work, candidate, reference, rounds=3)
    assert array(found[-1], shape=(1500,), name="silhouette_samples(X, labels)").mean() > 0.5
    assert ratio < 15, f"silhouettes should cost at most 15 times the reference, but cost {ratio:.1f} times"
