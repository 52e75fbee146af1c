"""select_n_components: the number of components by BIC."""

import math

import numpy as np
import pytest

from grader.examiner.oracle import array, assert_close, number, pair


def chosen(candidate, X, candidates, **settings):
    """Return the k that the submission chose and its BICs."""
    best, bics = pair(candidate.em.select_n_components(X, candidates, **settings), name="select_n_components(…)")
    return number(best, name="the best k"), array(bics, shape=(len(candidates),), name="the BICs")


def closed_form_bic(groups):
    """Return the BIC of a mixture that holds each of these groups of rows, far apart, in a component of its own."""
    n, (k, d) = sum(map(len, groups)), (len(groups), groups[0].shape[1])
    total = 0.0
    for rows in groups:
        size = np.linalg.slogdet(2 * np.pi * np.cov(rows.T, bias=True))[1]
        total += len(rows) * (math.log(len(rows) / n) - (d + size) / 2)
    return -2 * total + (k - 1 + k * d + k * d * (d + 1) / 2) * math.log(n)


def planted(rng, sizes):
    """Draw round clusters far apart in two columns, a list of tables."""
    corners = 20.0 * np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.9]])
    return [rng.normal(size=(size, 2)) + corner for size, corner in zip(sizes, corners, strict=False)]


@pytest.mark.criterion("choosing_components")
def test_the_planted_number_is_found(candidate, rng):
    """Of three clusters, three components have the lowest BIC, wherever 3 stands among the candidates."""
    X = np.vstack(planted(rng, [90, 60, 50]))
    best, bics = chosen(candidate, X, [2, 1, 3], random_state=int(rng.integers(1000)))
    assert best == 3, f"the best k should be 3, but is {best:g}"
    assert bics[1] > bics[0] > bics[2], "the BICs should stand in the order of the candidates"


@pytest.mark.criterion("choosing_components")
def test_one_gaussian_is_not_taken_apart(candidate, rng):
    """A single Gaussian cloud needs one component: more fit better, but not by what their parameters cost."""
    X = rng.normal(size=(300, 2)) @ [[2.0, 1.0], [0.0, 1.0]]
    best, bics = chosen(candidate, X, [3, 2, 1], random_state=int(rng.integers(1000)))
    assert best == 1, f"the best k should be 1, but is {best:g}"
    assert bics[2] < min(bics[:2]), "the BICs should stand in the order of the candidates"


@pytest.mark.criterion("choosing_components")
def test_the_bic_of_one_component_has_a_closed_form(candidate, rng):
    """With k = 1 the fit is the mean and covariance of the rows, and no start can change the BIC."""
    X = rng.normal(size=(60, 3)) @ (rng.normal(size=(3, 3)) + 3 * np.eye(3)) + 4
    best, bics = chosen(candidate, X, [1], random_state=0)
    assert best == 1, f"the only candidate is 1, but {best:g} was chosen"
    assert_close(bics, [closed_form_bic([X])], atol=0.1, name="the BIC of one component")


@pytest.mark.criterion("choosing_components")
def test_the_bic_of_clusters_far_apart_has_a_closed_form(candidate, rng):
    """With a component for each cluster the likelihood is known, and the penalty counts every parameter."""
    groups = planted(rng, [80, 70, 50])
    X = rng.permutation(np.vstack(groups))
    _, bics = chosen(candidate, X, [3, 1], random_state=int(rng.integers(1000)))
    assert_close(bics, [closed_form_bic(groups), closed_form_bic([X])], atol=0.5, name="the BICs")


@pytest.mark.criterion("choosing_components")
def test_impossible_choices_are_refused(candidate, rng):
    """No candidates, no components, or more of them than rows: ValueError."""
    X = np.vstack(planted(rng, [20, 20]))
    best, _ = chosen(candidate, X, [1, 2], random_state=0)
    assert best == 2, f"the best k should be 2, but is {best:g}"
    for candidates in ([], [0, 2], [2, 41]):
        with pytest.raises(ValueError):
            candidate.em.select_n_components(X, candidates, random_state=0)
