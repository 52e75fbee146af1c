"""Kinds of labels and of numbers."""

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, assert_same, pair


def fitted(candidate, X, y, *args, **settings):
    """Return a model of the submission that was fitted to X and y."""
    model = candidate.knn.KNNClassifier(*args, **settings)
    assert hasattr(model, "fit"), "KNNClassifier() should make a model with a method fit"
    model.fit(X, y)
    return model


def labels(value, size, kinds, name):
    """Return labels as a plain array of one of the kinds that are right."""
    found = array(value, shape=(size,), kind="label", name=name)
    assert found.dtype.kind in kinds, f"{name} should be of the kind of y, but has dtype {found.dtype}"
    return found


def check_labels(candidate, rng, names, kinds):
    """Check predictions and classes_ for labels that are taken from ``names``, which are sorted."""
    X, Q = rng.normal(size=(40, 3)), rng.normal(size=(25, 3))
    y = np.array(names)[np.concatenate([np.arange(len(names))[::-1], rng.integers(0, len(names), 40 - len(names))])]
    model = fitted(candidate, X, y, 1)
    table = ((Q[:, None, :] - X) ** 2).sum(axis=2)
    assert_same(labels(model.predict(Q), 25, kinds, "predict(X)"), y[table.argmin(axis=1)], name="predict(X)")
    assert_same(labels(model.classes_, len(names), kinds, "classes_"), names, name="classes_")


@pytest.mark.criterion("labels_and_dtypes")
def test_labels_may_be_strings(candidate, rng):
    """Strings come back as strings, none cut short, with classes_ in alphabetical order."""
    check_labels(candidate, rng, ["a", "cat", "dog and pony", "quite a long label"], "U")


@pytest.mark.criterion("labels_and_dtypes")
def test_labels_may_be_negative_or_far_apart(candidate, rng):
    """Labels are names, not positions: negative and large whole numbers come back as whole numbers."""
    low, high = -int(rng.integers(2, 50)), int(rng.integers(1000, 10**9))
    check_labels(candidate, rng, [low, -1, 7, high], "iu")


@pytest.mark.criterion("labels_and_dtypes")
def test_labels_may_be_booleans_or_fractions(candidate, rng):
    """Booleans come back as booleans, fractions as fractions."""
    check_labels(candidate, rng, [False, True], "b")
    check_labels(candidate, rng, [-0.5, 0.25, 1.5], "f")


@pytest.mark.criterion("labels_and_dtypes")
def test_pixels_do_not_wrap_around(candidate, rng):
    """Differences and squares of uint8 pixels leave the range of uint8: distances are those of the same floats."""
    X, Q = rng.integers(0, 256, size=(50, 16), dtype=np.uint8), rng.integers(0, 256, size=(12, 16), dtype=np.uint8)
    for metric in ("euclidean", "manhattan"):
        model = fitted(candidate, X, np.arange(50) % 3, 6, metric=metric)
        distances, _ = pair(model.kneighbors(Q), name="kneighbors(X)")
        found = array(distances, shape=(12, 6), name="the distances")
        gaps = np.abs(Q.astype(float)[:, None, :] - X)
        table = gaps.sum(axis=2) if metric == "manhattan" else np.sqrt((gaps**2).sum(axis=2))
        assert_close(found, np.sort(table, axis=1)[:, :6], rtol=1e-6, name=f"the distances with metric={metric!r}")


@pytest.mark.criterion("labels_and_dtypes")
def test_float32_loses_no_more_than_it_has_lost(candidate, rng):
    """float32 tables give the distances of the same numbers in float64: what was rounded is not rounded again."""
    X = (rng.normal(size=(50, 4)) + 200).astype(np.float32)
    Q = (rng.normal(size=(15, 4)) + 200).astype(np.float32)
    distances, _ = pair(fitted(candidate, X, np.arange(50) % 2, 5).kneighbors(Q), name="kneighbors(X)")
    found = array(distances, shape=(15, 5), name="the distances")
    table = np.sqrt(((Q.astype(float)[:, None, :] - X.astype(float)) ** 2).sum(axis=2))
    assert_close(found, np.sort(table, axis=1)[:, :5], rtol=1e-5, name="the distances of float32 rows")


@pytest.mark.criterion("labels_and_dtypes")
def test_lists_are_as_good_as_arrays(candidate, rng):
    """Nested lists of whole numbers and a list of labels do what arrays do."""
    X, Q = rng.integers(-50, 50, size=(30, 3)), rng.normal(size=(10, 3)) * 30
    y = rng.permutation(["left", "right", "straight on"] * 10)
    model = fitted(candidate, X.tolist(), y.tolist(), 1)
    found = labels(model.predict(Q.tolist()), 10, "U", "predict(X)")
    expected = y[((Q[:, None, :] - X) ** 2).sum(axis=2).argmin(axis=1)]
    assert_same(found, expected, name="predict(X) on lists")
