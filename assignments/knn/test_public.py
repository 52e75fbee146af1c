"""One easy example of each criterion. The hidden tests ask for all that the brief says."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, cpu_ratio, number, pair

X = np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0], [10.0, 10.0], [10.0, 12.0], [14.0, 10.0]])
Y = np.array([0, 0, 0, 1, 1, 1])


def fitted(candidate, rows, labels, *args, **settings):
    """Return a model of the submission that was fitted to rows and labels."""
    model = candidate.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "fit"), "KNNClassifier() should make a model with a method fit"
    model.fit(rows, labels)
    return model


def check_neighbours(result, expected_distances, expected_indices, *, finite=True):
    """Check what kneighbors returned."""
    distances, indices = pair(result, name="kneighbors(X)")
    shape = np.shape(expected_indices)
    found = array(indices, shape=shape, kind="int", name="the indices")
    assert_same(found, expected_indices, name="the indices")
    found = array(distances, shape=shape, finite=finite, name="the distances")
    assert_close(found, expected_distances, rtol=1e-6, atol=1e-9, name="the distances")


@pytest.mark.criterion("neighbours")
def test_the_three_nearest_rows(candidate):
    """From (0, 4), rows 1, 0 and 2 are at distances 3, 4 and 5."""
    model = fitted(candidate, X, Y, 3)
    check_neighbours(model.kneighbors([[0.0, 4.0]]), [[3.0, 4.0, 5.0]], [[1, 0, 2]])


@pytest.mark.criterion("majority_vote")
def test_each_query_takes_the_class_around_it(candidate):
    """Three neighbours of one class leave no doubt."""
    found = array(fitted(candidate, X, Y, 3).predict([[1.0, 1.0], [11.0, 11.0]]), shape=(2,), kind="int")
    assert_same(found, [0, 1], name="predict(X)")


@pytest.mark.criterion("probabilities")
def test_shares_of_four_votes(candidate):
    """Three of four neighbours are of class 0, the fourth is of class 1."""
    shares = array(fitted(candidate, X, Y, 4).predict_proba([[1.0, 1.0]]), shape=(1, 2), name="predict_proba(X)")
    assert_close(shares, [[0.75, 0.25]], rtol=1e-9, name="predict_proba(X)")


@pytest.mark.criterion("distance_weights")
def test_a_near_neighbour_has_more_votes(candidate):
    """One neighbour at distance 1 has 1 vote, two at distances 3 and 4 have 1/3 + 1/4 together."""
    model = fitted(candidate, [[0.0], [4.0], [5.0]], [0, 1, 1], 3, weights="distance")
    assert_same(array(model.predict([[1.0]]), shape=(1,), kind="int", name="predict(X)"), [0], name="predict(X)")


@pytest.mark.criterion("metrics")
def test_two_other_distances(candidate):
    """From (3, 4) to (6, 0): Manhattan 3 + 4, cosine 1 - 18 / (5 · 6)."""
    for metric, distance in (("manhattan", 7.0), ("cosine", 0.4)):
        model = fitted(candidate, [[6.0, 0.0]], [1], 1, metric=metric)
        check_neighbours(model.kneighbors([[3.0, 4.0]]), [[distance]], [[0]])


@pytest.mark.criterion("ties")
def test_the_lower_index_comes_first(candidate):
    """Rows at equal distance stand in the order of the training data."""
    model = fitted(candidate, [[2.0], [0.0], [2.0], [0.0]], [0, 1, 0, 1], 3)
    check_neighbours(model.kneighbors([[1.0]]), [[1.0, 1.0, 1.0]], [[0, 1, 2]])


@pytest.mark.criterion("labels_and_dtypes")
def test_labels_may_be_words(candidate):
    """Strings come back as they are; classes_ is sorted."""
    model = fitted(candidate, X, ["pear"] * 3 + ["apple"] * 3, 1)
    found = array(model.predict([[1.0, 0.0], [11.0, 10.0]]), shape=(2,), kind="label", name="predict(X)")
    assert_same(found, ["pear", "apple"], name="predict(X)")
    assert_same(array(model.classes_, shape=(2,), kind="label", name="classes_"), ["apple", "pear"], name="classes_")


@pytest.mark.criterion("missing_values")
def test_a_missing_coordinate(candidate):
    """One of two coordinates is shared: the distance is the root of 2/1 · 3²; nothing is shared: NaN."""
    rows = [[np.nan, 5.0], [3.0, np.nan]]
    model = fitted(candidate, rows, [0, 1], 2, metric="nan_euclidean")
    check_neighbours(model.kneighbors([[0.0, np.nan]]), [[np.sqrt(18.0), np.nan]], [[1, 0]], finite=False)


@pytest.mark.criterion("bad_input")
def test_lengths_that_differ_are_refused(candidate):
    """Six rows and five labels do not belong together: ValueError."""
    model = fitted(candidate, X, Y, 3)
    assert_same(array(model.predict(X), shape=(6,), kind="int", name="predict(X)"), Y, name="predict(X)")
    with pytest.raises(ValueError):
        model.fit(X, Y[:5])


@pytest.mark.criterion("offsets")
def test_a_distance_far_from_the_origin(candidate):
    """At an offset of a million, 0.25 is still 0.25."""
    model = fitted(candidate, [[1e6], [1e6 + 1.0]], [0, 1], 2)
    check_neighbours(model.kneighbors([[1e6 + 0.25]]), [[0.25, 0.75]], [[0, 1]])


@pytest.mark.criterion("partial_fit")
def test_a_second_batch_adds_rows(candidate):
    """After two batches the rows of both are there, in the order of arrival."""
    model = candidate.knn.KNNClassifier(2)
    assert hasattr(model, "partial_fit"), "KNNClassifier() should make a model with a method partial_fit"
    model.partial_fit(X[:3], Y[:3])
    model.partial_fit(X[3:], Y[3:])
    check_neighbours(model.kneighbors([[10.0, 11.5]]), [[0.5, 1.5]], [[4, 3]])


@pytest.mark.criterion("choosing_k")
def test_k_that_is_nearly_all_rows_is_not_chosen(candidate):
    """With each row left out in turn, k = 5 always sees more of the other class; k = 1 and k = 3 are always right."""
    rows = [[0.0], [1.0], [2.0], [50.0], [51.0], [52.0]]
    result = candidate.knn.select_n_neighbors(rows, Y, [5, 3, 1], n_folds=6, random_state=0)
    best, accuracies = pair(result, name="select_n_neighbors(…)")
    accuracies = array(accuracies, shape=(3,), name="the validation accuracies")
    assert_close(accuracies, [0.0, 1.0, 1.0], atol=1e-9, name="the validation accuracies")
    assert number(best, name="the best k") == 1, "the best k should be 1, the smaller of the two that do best"


@pytest.mark.criterion("speed")
def test_many_queries_are_quick(candidate, reference, rng):
    """200 queries against 1,000 rows cost a small multiple of whole-array operations."""
    rows, queries = rng.normal(size=(1000, 4)), rng.normal(size=(200, 4))
    nearest = []

    def work(subject, turn):
        model = fitted(subject, rows, np.arange(1000) % 2, 3)
        nearest.append(model.kneighbors(queries))

    ratio = cpu_ratio(work, candidate, reference, rounds=3)
    _, indices = pair(nearest[-1], name="kneighbors(X)")
    found = array(indices, shape=(200, 3), kind="int", name="the indices")
    expected = ((queries[:5, None, :] - rows) ** 2).sum(axis=2).argmin(axis=1)
    assert_same(found[:5, 0], expected, name="the nearest rows")
    assert ratio < 20, f"kneighbors should cost at most 20 times the reference, but costs {ratio:.1f} times"
