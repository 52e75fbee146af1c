"""Training rows at equal distance."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_same, pair


def fitted(candidate, X, y, *args, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "fit"), "KNNClassifier() should make a model with a method fit"
    model.fit(X, y)
    return model


def indices_of(result, m, k):
    """Return the indices of a call of kneighbors as a plain array."""
    _, indices = pair(result, name="kneighbors(X)")
    return array(indices, shape=(m, k), kind="int", name="the indices")


def nearest(table, k):
    """Return the columns of the k smallest numbers of each row, of equal ones the first."""
    return np.argsort(table, axis=1, kind="stable")[:, :k]


@pytest.mark.criterion("ties")
def test_equal_distances_are_ordered_by_index(candidate, rng):
    """On a grid most distances occur many times; the lower index comes first, and stays in at the border."""
    X, Q = rng.integers(0, 4, size=(160, 3)), rng.integers(0, 4, size=(30, 3))
    gaps = Q[:, None, :] - X
    for metric, table in (("euclidean", (gaps**2).sum(axis=2)), ("manhattan", np.abs(gaps).sum(axis=2))):
        model = fitted(candidate, X.astype(float), rng.integers(0, 2, size=160), 12, metric=metric)
        found = indices_of(model.kneighbors(Q.astype(float)), 30, 12)
        assert_same(found, nearest(table, 12), name=f"the indices with metric={metric!r}")


@pytest.mark.criterion("ties")
def test_of_many_equal_rows_the_first_are_taken(candidate, rng):
    """Six hundred copies of two rows: the k nearest are the first k copies of the nearer one."""
    kinds = rng.integers(0, 2, size=600)
    X = np.where(kinds[:, None] == 0, [[1.0, 2.0]], [[4.0, 6.0]])
    model = fitted(candidate, X, kinds, 20)
    found = indices_of(model.kneighbors(np.array([[1.0, 2.0], [5.0, 6.0]])), 2, 20)
    expected = [np.flatnonzero(kinds == 0)[:20], np.flatnonzero(kinds == 1)[:20]]
    assert_same(found, expected, name="the indices")


@pytest.mark.criterion("ties")
def test_predictions_follow_the_order_of_equal_rows(candidate, rng):
    """Where rows at equal distance reach over the border of the k nearest, those with lower indices vote."""
    X = np.repeat(rng.permutation(15) * 5.0, 6)[:, None]
    order = rng.permutation(90)
    X, y = X[order], rng.integers(0, 2, size=90)
    Q = np.arange(15.0)[:, None] * 5
    votes = y[nearest(np.abs(Q - X.T), 3)]
    found = array(fitted(candidate, X, y, 3).predict(Q), shape=(15,), kind="int", name="predict(X)")
    assert_same(found, (votes.sum(axis=1) > 1).astype(int), name="predict(X)")


@pytest.mark.criterion("ties")
def test_answers_are_the_same_on_every_run(candidate, rng):
    """Asked again, alone or together, a query gets the same neighbours; no global generator is drawn from."""
    X, Q = rng.integers(0, 3, size=(70, 2)), rng.integers(0, 3, size=(8, 2))
    model = fitted(candidate, X.astype(float), rng.integers(0, 2, size=70), 9)
    before = candidate.generator_state()
    together = indices_of(model.kneighbors(Q), 8, 9)
    model.predict(Q)
    model.predict_proba(Q)
    assert candidate.generator_state() == before, "queries should leave the global random generators alone"
    assert_same(together, nearest(((Q[:, None, :] - X) ** 2).sum(axis=2), 9), name="the indices")
    for i, query in enumerate(Q):
        alone = indices_of(model.kneighbors(query[None, :]), 1, 9)
        assert_same(alone[0], together[i], name="the indices of a query asked alone")
