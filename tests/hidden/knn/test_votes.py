"""predict and predict_proba: how neighbours vote."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same


def fitted(candidate, X, y, *args, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "fit"), "KNNClassifier() should make a model with a method fit"
    model.fit(X, y)
    return model


def predicted(model, Q):
    """Return the predictions as plain whole numbers."""
    return array(model.predict(Q), shape=(len(Q),), kind="int", name="predict(X)")


def shares_of(model, Q, n_classes):
    """Return the probabilities as a plain array."""
    return array(model.predict_proba(Q), shape=(len(Q), n_classes), name="predict_proba(X)")


def counted(X, y, Q, k, n_classes):
    """Return the votes for each class, shape (m, n_classes), by comparing all pairs."""
    table = ((Q[:, None, :] - X[None, :, :]) ** 2).sum(axis=2)
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    return (y[order][:, :, None] == np.arange(n_classes)).sum(axis=1)


@pytest.mark.criterion("majority_vote")
def test_the_class_with_most_votes_wins(candidate, rng):
    """With two classes and an odd k, each query takes the class of more than half of its neighbours."""
    X, Q = rng.normal(size=(80, 3)), rng.normal(size=(60, 3))
    y = rng.integers(0, 2, size=80)
    expected = counted(X, y, Q, 5, 2).argmax(axis=1)
    assert_same(predicted(fitted(candidate, X, y, 5), Q), expected, name="predict(X)")


@pytest.mark.criterion("majority_vote")
def test_equal_votes_go_to_the_smaller_class(candidate, rng):
    """Of classes with equal votes the smaller one is taken, wherever its neighbours stand in the order."""
    X, Q = rng.normal(size=(90, 2)), rng.normal(size=(120, 2))
    y = rng.integers(0, 4, size=90)
    votes = counted(X, y, Q, 4, 4)
    assert_same(predicted(fitted(candidate, X, y, 4), Q), votes.argmax(axis=1), name="predict(X)")


@pytest.mark.criterion("majority_vote")
def test_nearness_does_not_break_equal_votes(candidate, rng):
    """With two neighbours of two classes, the smaller class wins also where the larger one is nearer."""
    places = rng.permutation(20) * 10.0
    smaller = rng.permutation(np.arange(20) % 2)
    larger = smaller + 1
    X = np.concatenate([places, places + 1.0])[:, None]
    model = fitted(candidate, X, np.concatenate([larger, smaller]), 2)
    for step, which in ((0.2, "larger"), (0.8, "smaller")):
        found = predicted(model, places[:, None] + step)
        assert_same(found, smaller, name=f"predict where the {which} class is nearer")


@pytest.mark.criterion("majority_vote")
def test_near_neighbours_can_be_outvoted(candidate, rng):
    """With uniform weights votes count, not nearness: with k = n the most frequent class wins everywhere."""
    X = rng.normal(size=(31, 2))
    y = np.concatenate([np.full(9, 0), np.full(8, 1), np.full(14, 2)])
    order = rng.permutation(31)
    model = fitted(candidate, X[order], y[order], n_neighbors=31, weights="uniform")
    assert_same(predicted(model, X), np.full(31, 2), name="predict with k = n")
    y[y == 2] = 0
    again = fitted(candidate, X[order], y[order], 31)
    assert_same(predicted(again, X), np.full(31, 0), name="predict with k = n and other labels")


@pytest.mark.criterion("probabilities")
def test_probabilities_are_shares_of_the_votes(candidate, rng):
    """Each class gets the number of its votes divided by k, in the order of the sorted labels."""
    X, Q = rng.normal(size=(80, 3)), rng.normal(size=(40, 3))
    y = rng.integers(0, 3, size=80)
    y[:3] = [2, 0, 1]  # the order of appearance is not the order of size
    model = fitted(candidate, X, y, 7)
    shares = shares_of(model, Q, 3)
    assert_close(shares, counted(X, y, Q, 7, 3) / 7, atol=1e-9, name="predict_proba(X)")
    classes = array(model.classes_, shape=(3,), kind="int", name="classes_")
    assert_same(classes, [0, 1, 2], name="classes_")


@pytest.mark.criterion("probabilities")
def test_a_class_without_a_vote_has_a_column(candidate, rng):
    """Every class of the training data has its column, with 0 where none of its rows is near."""
    places = np.array([40.0, 0.0, 30.0, 10.0, 20.0])
    X = np.repeat(places, 3)[:, None] + rng.uniform(-1, 1, size=(15, 1))
    y = np.repeat([4, 0, 3, 1, 2], 3)
    Q = places[[1, 4, 1]][:, None]
    shares = shares_of(fitted(candidate, X, y, 3), Q, 5)
    assert_close(shares, np.eye(5)[[0, 2, 0]], atol=1e-9, name="predict_proba(X)")


@pytest.mark.criterion("probabilities")
def test_renaming_the_classes_moves_the_columns(candidate, rng):
    """Labels in reverse reverse the columns; the rows sum to 1 and hold nothing negative."""
    X, Q = rng.normal(size=(50, 2)), rng.normal(size=(30, 2))
    y = rng.integers(0, 4, size=50)
    y[:4] = np.arange(4)
    shares = shares_of(fitted(candidate, X, y, 6), Q, 4)
    renamed = shares_of(fitted(candidate, X, 3 - y, 6), Q, 4)
    assert_close(renamed, shares[:, ::-1], atol=1e-9, name="predict_proba(X) with labels in reverse")
    assert_close(shares.sum(axis=1), np.ones(30), rtol=1e-9, name="the sums of the rows")
    assert shares.min() >= 0, "no probability should be negative"
    assert_close(shares, counted(X, y, Q, 6, 4) / 6, atol=1e-9, name="predict_proba(X)")


def weighted(X, y, Q, k, n_classes):
    """Return the sums of 1/d for each class, shape (m, n_classes), by comparing all pairs."""
    table = np.sqrt(((Q[:, None, :] - X[None, :, :]) ** 2).sum(axis=2))
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    votes = 1 / np.take_along_axis(table, order, axis=1)
    return (votes[:, :, None] * (y[order][:, :, None] == np.arange(n_classes))).sum(axis=1)


@pytest.mark.criterion("distance_weights")
def test_votes_are_inverse_distances(candidate, rng):
    """A neighbour at distance d has 1/d votes: not 1/d², not 1/(1 + d), and not its rank."""
    X, Q = rng.normal(size=(60, 2)) * 30, rng.normal(size=(300, 2)) * 30
    y = rng.integers(0, 3, size=60)
    sums = weighted(X, y, Q, 6, 3)
    found = predicted(fitted(candidate, X, y, 6, weights="distance"), Q)
    first, second = np.sort(sums, axis=1)[:, :0:-1].T
    clear = first > second * (1 + 1e-6)
    assert_same(found[clear], sums.argmax(axis=1)[clear], name="predict(X) with weights='distance'")


@pytest.mark.criterion("distance_weights")
def test_probabilities_are_weighted_too(candidate, rng):
    """predict_proba gives shares of the weighted votes; which share belongs to whom is another criterion's."""
    X, Q = rng.normal(size=(60, 3)) * 5, rng.normal(size=(40, 3)) * 5
    y = rng.integers(0, 3, size=60)
    shares = shares_of(fitted(candidate, X, y, 7, weights="distance"), Q, 3)
    assert (shares.sum(axis=1) > 0).all(), "each row of predict_proba(X) should hold something positive"
    sums = weighted(X, y, Q, 7, 3)
    expected = np.sort(sums / sums.sum(axis=1, keepdims=True), axis=1)
    found = np.sort(shares / shares.sum(axis=1, keepdims=True), axis=1)
    assert_close(found, expected, rtol=1e-6, atol=1e-9, name="the sorted shares of each row")


@pytest.mark.criterion("distance_weights")
def test_an_exact_hit_outweighs_everything(candidate, rng):
    """A neighbour at distance 0 decides alone, however near and many the others: no small number stands in for 0."""
    hits = rng.permutation(12) % 3
    X = np.zeros((72, 2))
    X[:, 0] = 100.0 * np.repeat(np.arange(12), 6)
    X[:, 1] = rng.uniform(1.5, 2.5, size=72) * rng.choice([-1, 1], size=72)
    X[::6, 1] = 0.0
    y = np.where(np.arange(72) % 6 == 0, np.repeat(hits, 6), (np.repeat(hits, 6) + 1) % 3)
    found = predicted(fitted(candidate, X * 1e-8, y, 6, weights="distance"), X[::6] * 1e-8)
    assert_same(found, hits, name="predict at training rows")


@pytest.mark.criterion("distance_weights")
def test_several_exact_hits_have_one_vote_each(candidate, rng):
    """Of several neighbours at distance 0 each has one vote, and the rest of the k none."""
    place = rng.integers(-9, 9, size=(1, 2)).astype(float)
    X = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 3.0], [50.0, 50.0]]) + place
    y = np.array([1, 0, 0, 1, 1, 1, 1])
    model = fitted(candidate, X, y, 6, weights="distance")
    shares = np.sort(shares_of(model, place, 2)[0])
    assert shares.sum() > 0, "predict_proba(X) should hold something positive"
    assert_close(shares / shares.sum(), [1 / 3, 2 / 3], rtol=1e-9, name="the sorted shares")
    assert_same(predicted(model, place + np.array([[0.0, 0.0], [0.0, 2.5]])), [0, 1], name="predict(X)")
