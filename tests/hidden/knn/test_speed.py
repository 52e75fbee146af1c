"""Speed, as CPU time relative to the reference and as growth with the number of rows; memory."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_at_most, assert_close, assert_same, cpu_growth, cpu_ratio, pair


def fitted(subject, X, y, *args, **settings):
    """Return a model of a subject that was fitted to X and y."""
    model = subject.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "fit"), "KNNClassifier() should make a model with a method fit"
    model.fit(X, y)
    return model


def check_some(result, X, Q, k, rows):
    """Check some rows of a result of kneighbors, so that a fast answer is a right one too."""
    distances, indices = pair(result, name="kneighbors(X)")
    distances = array(distances, shape=(len(Q), k), name="the distances")[rows]
    indices = array(indices, shape=(len(Q), k), kind="int", name="the indices")[rows]
    table = np.sqrt(((Q[rows][:, None, :] - X) ** 2).sum(axis=2))
    order = np.argsort(table, axis=1)[:, :k]
    assert_same(indices, order, name="the indices")
    expected = np.take_along_axis(table, order, axis=1)
    assert_close(distances, expected, rtol=1e-4, atol=1e-6, name="the distances")


@pytest.mark.criterion("speed")
def test_neighbours_are_found_without_a_loop_over_pairs(candidate, reference, rng):
    """200 queries against 4,000 rows cost a small multiple of whole-array operations."""
    X, Q = rng.normal(size=(4000, 8)), rng.normal(size=(200, 8))
    models = [fitted(subject, X, np.arange(4000) % 3, 10) for subject in (candidate, reference)]
    found = []

    def work(subject, turn):
        found.append(models[0 if subject is candidate else 1].kneighbors(Q))

    ratio = cpu_ratio(work, candidate, reference, limit=20, rounds=3)
    check_some(found[-1], X, Q, 10, np.arange(0, 200, 20))
    assert_at_most(ratio, 20, name="CPU time of kneighbors over that of the reference")


@pytest.mark.criterion("speed")
def test_votes_are_counted_without_a_slow_loop(candidate, reference, rng):
    """1,500 queries against 400 rows: counting votes costs no more than finding the neighbours."""
    X, Q = rng.normal(size=(400, 3)), rng.normal(size=(1500, 3))
    y = (X[:, 0] > 0).astype(int)
    settings = {"weights": "distance"}
    models = [fitted(subject, X, y, 15, **settings) for subject in (candidate, reference)]
    found = []

    def work(subject, turn):
        found.append(models[0 if subject is candidate else 1].predict(Q))

    ratio = cpu_ratio(work, candidate, reference, limit=20, rounds=3)
    predicted = array(found[-1], shape=(1500,), kind="int", name="predict(X)")
    agreement = np.mean(predicted == (Q[:, 0] > 0))
    assert agreement > 0.85, f"predict(X) should be right on most of an easy problem, but is on {agreement:.0%}"
    assert_at_most(ratio, 20, name="CPU time of predict over that of the reference")


@pytest.mark.criterion("speed")
def test_time_grows_with_the_number_of_rows(candidate, reference, rng):
    """To fit n rows and to answer 60 queries takes time like n: no table of n × n distances."""
    X, Q = rng.normal(size=(12_000, 4)), rng.normal(size=(60, 4))
    found = []

    def work(subject, size):
        result = fitted(subject, X[:size], np.arange(size) % 2, 5).kneighbors(Q)
        if subject is candidate:
            found.append(result)

    slope = cpu_growth(work, candidate, reference, [3000, 6000, 12_000])
    check_some(found[-1], X, Q, 5, np.arange(0, 60, 6))
    assert_at_most(slope, 1.7, name="the exponent with which the time to fit and to answer grows")


@pytest.mark.criterion("speed")
@pytest.mark.limits(call_seconds=30)  # memory is what is asked for here: room for slow loops over queries
def test_many_queries_against_many_rows_fit_in_memory(candidate, rng):
    """800 queries against 20,000 rows are answered within the memory limit: no table of all their differences."""
    X, Q = rng.normal(size=(20_000, 10)), rng.normal(size=(800, 10))
    result = fitted(candidate, X, np.arange(20_000) % 2, 5).kneighbors(Q)
    check_some(result, X, Q, 5, np.arange(0, 800, 80))
