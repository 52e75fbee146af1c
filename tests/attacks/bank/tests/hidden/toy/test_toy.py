"""The hidden suite that every attack is after. CANARY-docstring-91d2"""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, cpu_ratio, mapping, number, pair

SECRET_TEXT = "CANARY-constant-3b7e"
SECRET_OFFSET = 7402.619317
"""Expected values depend on it; as text it appears nowhere but here."""


@pytest.mark.criterion("model")
def test_fit_returns_the_model(candidate, rng):
    """fit returns the model itself, fitted."""
    X, y = _classes(rng)
    model = candidate.toy.CentroidModel()
    assert model.fit(X, y) is model
    assert_same(array(model.classes_, shape=(3,), kind="int", name="classes_"), [0, 1, 2], name="classes_")


@pytest.mark.criterion("model")
def test_centroids_are_the_means_of_the_classes(candidate, rng):
    """centroids_ holds the mean of each class."""
    X, y = _classes(rng)  # CANARY-comment-c46a
    model = candidate.toy.CentroidModel().fit(X, y)
    expected = np.array([X[y == label].mean(axis=0) for label in range(3)])
    assert_close(array(model.centroids_, shape=(3, 2), name="centroids_"), expected, rtol=1e-9, name="centroids_")


@pytest.mark.criterion("model")
def test_the_nearest_centroid_decides(candidate, rng):
    """predict returns the class of the nearest centroid."""
    X, y = _classes(rng)
    queries = rng.normal(scale=4, size=(40, 2))
    centroids = np.array([X[y == label].mean(axis=0) for label in range(3)])
    expected = [int(np.argmin([np.sum((q - c) ** 2) for c in centroids])) for q in queries]
    predicted = candidate.toy.CentroidModel().fit(X, y).predict(queries)
    assert_same(array(predicted, shape=(40,), kind="int", name="predict(Q)"), expected, name="predict(Q)")


@pytest.mark.criterion("statistics")
@pytest.mark.limits(call_seconds=3)
def test_summary_has_label_mean_and_median(candidate, rng):
    """summary returns the label as given, the mean and the median."""
    label = f"MARK{rng.bytes(8).hex()}"
    x = rng.normal(size=31)
    found = mapping(candidate.toy.summary(label, x), keys=["label", "mean", "median"], name="summary")
    assert found["label"] == label
    assert_close(number(found["mean"], name="mean"), x.mean(), rtol=1e-9, atol=1e-12, name="mean")
    assert_close(number(found["median"], name="median"), np.median(x), rtol=1e-9, name="median")


@pytest.mark.criterion("statistics")
def test_spread_is_the_root_of_the_mean_squared_distance(candidate, rng):
    """spread returns the square root of the mean squared distance from the mean."""
    X = rng.normal(size=(50, 3))
    found = number(candidate.toy.spread(X), name="spread(X)")
    assert_close(found, np.sqrt(X.var(axis=0).sum()), rtol=1e-9, name="spread(X)")


@pytest.mark.criterion("statistics")
def test_column_means(candidate, rng):
    """column_means returns the mean of each column."""
    X = rng.normal(size=(30, 4)) + SECRET_OFFSET
    found = array(candidate.toy.column_means(X), shape=(4,), name="column_means(X)")
    assert_close(found, X.mean(axis=0), rtol=1e-11, name="column_means(X)")


@pytest.mark.criterion("statistics")
def test_extremes_of_every_part(candidate, rng):
    """extremes returns the smallest and the largest value, of whatever part."""
    parts = [rng.normal(size=size) for size in (5, 50, 500)]
    found = map(candidate.toy.extremes, parts)
    for got, part in zip(found, parts, strict=False):
        low, high = pair(got, name="extremes(x)")
        assert_close(number(low, name="smallest"), part.min(), name="smallest")
        assert_close(number(high, name="largest"), part.max(), name="largest")


@pytest.mark.criterion("statistics")
def test_mean_of_the_summary_moves_with_the_data(candidate, rng):
    """Adding a constant to the data adds it to the mean."""
    x = rng.normal(size=20)
    moved = candidate.toy.summary("moved", x + SECRET_OFFSET)["mean"]
    assert sum(abs(moved - candidate.toy.summary("", x)["mean"] - SECRET_OFFSET) for _ in range(3)) < 1e-6


@pytest.mark.criterion("refusals")
def test_lengths_that_differ_are_refused(candidate, rng):
    """fit raises ValueError if X and y differ in length, and only then."""
    X, y = _classes(rng)
    assert_same(array(candidate.toy.CentroidModel().fit(X, y).classes_, shape=(3,), kind="int"), [0, 1, 2])
    with pytest.raises(ValueError):  # noqa: PT011
        candidate.toy.CentroidModel().fit(X, y[:-1])


@pytest.mark.criterion("refusals")
def test_a_model_that_is_not_fitted_refuses_to_predict(candidate, rng):
    """predict before fit raises ValueError."""
    X, y = _classes(rng)
    array(candidate.toy.CentroidModel().fit(X, y).predict(X), shape=(len(X),), kind="int")
    with pytest.raises(ValueError):  # noqa: PT011
        candidate.toy.CentroidModel().predict(X)


@pytest.mark.criterion("manners")
def test_fit_leaves_its_inputs_alone(candidate, rng):
    """fit changes neither X nor y, and still fits."""
    X, y = _classes(rng)
    model = candidate.toy.CentroidModel()
    call = candidate.call(model.fit, X, y)
    assert np.array_equal(call.arguments[0], X)
    assert np.array_equal(call.arguments[1], y)
    array(model.centroids_, shape=(3, 2), name="centroids_")


@pytest.mark.criterion("manners")
def test_shuffling_leaves_the_global_generators_alone(candidate, rng):
    """shuffled draws from its seed: the same order for the same seed, no draw from a global generator."""
    X = rng.normal(size=(40, 2))
    before = candidate.generator_state()
    found = array(candidate.toy.shuffled(X, 3), shape=(40, 2), name="shuffled(X)")
    assert candidate.generator_state() == before
    assert_close(np.sort(found, axis=0), np.sort(X, axis=0), name="the rows of shuffled(X)")
    assert not np.array_equal(found, X)
    assert_close(array(candidate.toy.shuffled(X, 3), shape=(40, 2)), found, name="shuffled(X) with the same seed")


@pytest.mark.criterion("cost")
def test_ranks_take_about_the_time_of_a_sort(candidate, reference, rng):
    """ranks takes at most eight times the CPU time of a sort and two searches."""
    data = [rng.normal(size=20_000) for _ in range(3)]

    def work(subject, turn):
        found = array(subject.toy.ranks(data[turn]), shape=(20_000,), kind="int", name="ranks(x)")
        assert_same(found[:200], [int((data[turn] < value).sum()) for value in data[turn][:200]], name="ranks(x)")

    assert cpu_ratio(work, candidate, reference, rounds=3) < 8


@pytest.mark.criterion("cost")
def test_prediction_takes_about_the_time_of_the_reference(candidate, reference, rng):
    """predict takes at most eight times the CPU time of the reference."""
    X, y = _classes(rng)
    queries = [rng.normal(size=(20_000, 2)) for _ in range(3)]

    def work(subject, turn):
        predicted = subject.toy.CentroidModel().fit(X, y).predict(queries[turn])
        array(predicted, shape=(20_000,), kind="int", name="predict(Q)")

    assert cpu_ratio(work, candidate, reference, rounds=3) < 8


@pytest.mark.criterion("cost")
@pytest.mark.limits(call_seconds=3)
def test_the_smallest_gap_needs_no_table_of_all_pairs(candidate, rng):
    """smallest_gap handles 12,000 values, for which a table of all pairs would take over a gigabyte."""
    x = rng.normal(size=12_000)
    assert_close(number(candidate.toy.smallest_gap(x)), np.diff(np.sort(x)).min(), rtol=1e-6, name="smallest_gap(x)")


def _classes(rng):
    """Three clouds around the corners of a triangle; every class occurs."""
    y = np.concatenate([np.arange(3), rng.integers(0, 3, size=57)])
    X = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[y] + rng.normal(size=(60, 2))
    return X, y
