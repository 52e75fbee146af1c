"""The figures: against small cases worked out by hand, and against other ways to compute them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from grader.cohort.statistics import (
    Figure,
    Floats,
    Quarters,
    alike,
    alpha_interval,
    cronbach_alpha,
    discriminations,
    distribution,
    quarters,
    reliability,
)

STEADY = settings(max_examples=200, deadline=None, derandomize=True)
SMALL = np.array([[1.0, 1.0], [2.0, 3.0], [3.0, 2.0]])
"""Items of variance 1 and 1, totals 2, 5, 5 of variance 3."""

points = arrays(
    np.float64, st.tuples(st.integers(2, 12), st.integers(2, 6)), elements=st.integers(0, 40).map(lambda n: n / 4)
)


def value(figure: Figure) -> float:
    assert figure.value is not None, figure.why_not
    return figure.value


def by_analysis_of_variance(table: Floats) -> float:
    """Alpha as Hoyt has it: one minus the mean square of the residual over that of the persons."""
    count, items = table.shape
    persons, columns, whole = table.mean(axis=1), table.mean(axis=0), table.mean()
    between = items * ((persons - whole) ** 2).sum() / (count - 1)
    rest = table - persons[:, None] - columns + whole
    return float(1 - (rest**2).sum() / ((count - 1) * (items - 1)) / between)


# Alpha and its error


def test_alpha_and_error_by_hand() -> None:
    """2 / 1 · (1 - 2 / 3) is two thirds, and √3 · √(1 / 3) is 1 point."""
    found = reliability(SMALL)
    assert value(found.alpha) == pytest.approx(2 / 3)
    assert value(found.error) == pytest.approx(1)
    assert found.score_margin == pytest.approx(1.96)
    assert found.difference_margin == pytest.approx(1.96 * 2**0.5)


def test_the_interval_by_hand() -> None:
    """F with 2 and 2 degrees of freedom is at 39 and 1 / 39 where its distribution x / (1 + x) is .975 and .025."""
    low, high = alpha_interval(2 / 3, 3, 2)
    assert low == pytest.approx(1 - 39 / 3)
    assert high == pytest.approx(1 - 1 / 39 / 3)


@pytest.mark.parametrize(("alpha", "count", "items"), [(0.9, 40, 56), (0.2, 5, 3), (-1.5, 300, 2), (1.0, 9, 9)])
def test_the_interval_is_that_of_the_f_distribution(alpha: float, count: int, items: int) -> None:
    quantiles = stats.f(count - 1, (count - 1) * (items - 1)).ppf([0.975, 0.025])
    assert alpha_interval(alpha, count, items) == pytest.approx(tuple(1 - (1 - alpha) * quantiles))


def test_the_interval_holds_alpha_as_often_as_it_says() -> None:
    """2000 rounds of 25 submissions and 8 criteria with a reliability that is known."""
    rng = np.random.default_rng(5)
    noise = 2.0
    truth = 8 / (8 + noise**2)
    held = 0
    for _ in range(2000):
        table = rng.normal(size=(25, 1)) + noise * rng.normal(size=(25, 8))
        low, high = alpha_interval(value(cronbach_alpha(table)), 25, 8)
        held += low <= truth <= high
    assert 0.935 <= held / 2000 <= 0.965


def test_the_error_is_that_of_scores_around_what_is_true() -> None:
    rng = np.random.default_rng(6)
    able, noise = rng.normal(0, 2, (20_000, 1)), rng.normal(0, 3, (20_000, 10))
    assert value(reliability(able + noise).error) == pytest.approx(3 * 10**0.5, rel=0.02)


@STEADY
@given(points)
def test_alpha_is_that_of_an_analysis_of_variance(table: Floats) -> None:
    assume(np.ptp(table.sum(axis=1)) > 0)
    assert value(cronbach_alpha(table)) == pytest.approx(by_analysis_of_variance(table), abs=1e-9)


@STEADY
@given(points, st.lists(st.integers(-50, 50), min_size=6, max_size=6), st.integers(1, 9))
def test_alpha_does_not_ask_how_hard_an_item_is_nor_in_what_unit(table: Floats, shift: list[int], unit: int) -> None:
    assume(np.ptp(table.sum(axis=1)) > 0)
    moved = unit * (table + shift[: table.shape[1]])
    assert value(cronbach_alpha(moved)) == pytest.approx(value(cronbach_alpha(table)), abs=1e-9)


@STEADY
@given(arrays(np.float64, st.integers(2, 20), elements=st.integers(0, 100)), st.integers(2, 6))
def test_items_that_agree_wholly_have_an_alpha_of_1_and_no_error(item: Floats, items: int) -> None:
    assume(np.ptp(item) > 0)
    found = reliability(np.tile(item[:, None], items))
    assert value(found.alpha) == pytest.approx(1)
    assert value(found.error) == pytest.approx(0, abs=1e-5)
    assert found.interval == pytest.approx((1, 1))


def test_an_alpha_below_0_gives_no_error_beyond_the_whole_deviation() -> None:
    table = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 1.0]])
    found = reliability(table)
    assert value(found.alpha) == pytest.approx(-2)
    assert value(found.error) == pytest.approx(1), "the standard deviation of 3, 5, 4"


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (np.ones((1, 4)), "it takes two submissions"),
        (np.arange(5.0)[:, None], "it takes two criteria"),
        (np.ones((6, 4)), "all scores are equal"),
        (np.array([[0.0, 5.0], [5.0, 0.0]]), "all scores are equal"),
    ],
)
def test_what_does_not_exist_says_why(table: Floats, reason: str) -> None:
    found = reliability(table)
    assert found.alpha == Figure(None, reason)
    assert found.error == Figure(None, reason)
    assert (found.interval, found.score_margin, found.difference_margin) == (None, None, None)


# Items


def test_a_discrimination_leaves_the_item_out() -> None:
    """With itself in the total, each of two items that have nothing in common would correlate with it at √½."""
    table = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert [value(figure) for figure in discriminations(table, table.sum(axis=1))] == pytest.approx([0, 0])


def test_discriminations_by_hand() -> None:
    """Of 1, 2, 3 with 1, 3, 2: covariance ½ over variances 1 and 1."""
    assert [value(figure) for figure in discriminations(SMALL, SMALL.sum(axis=1))] == pytest.approx([0.5, 0.5])


@STEADY
@given(points)
def test_discriminations_are_pearsons(table: Floats) -> None:
    totals = table.sum(axis=1)
    found = discriminations(table, totals)
    for number, figure in enumerate(found):
        item, rest = table[:, number], totals - table[:, number]
        if figure.value is None:
            assert len(totals) < 3 or np.ptp(item) == 0 or np.ptp(rest) == 0
            assert figure.why_not
        else:
            assert figure.value == pytest.approx(np.corrcoef(item, rest)[0, 1], abs=1e-9)


@pytest.mark.parametrize(
    ("table", "reasons"),
    [
        ([[1, 2], [2, 1]], ["it takes three submissions"] * 2),
        ([[1, 1], [2, 1], [3, 1]], ["the rest is the same for everyone", "everyone earned the same"]),
    ],
)
def test_a_discrimination_that_does_not_exist_says_why(table: list[list[float]], reasons: list[str]) -> None:
    taken = np.array(table, dtype=np.float64)
    assert [figure.why_not for figure in discriminations(taken, taken.sum(axis=1))] == reasons


def test_quarters_by_hand() -> None:
    totals = np.arange(8.0)
    passes = np.array([[True, False], *[[False, True]] * 5, [False, False], [True, True]])
    assert quarters(passes, totals) == [Quarters(1, 2, 1, 2), Quarters(1, 2, 1, 2)]
    passes[6:, 0] = False
    reversed_one, other = quarters(passes, totals) or []
    assert reversed_one == Quarters(0, 2, 1, 2)
    assert (reversed_one.is_reversed, other.is_reversed) == (True, False)


def test_equals_belong_to_one_quarter_whatever_their_order() -> None:
    totals = np.array([10.0, 10, 10, 20, 20, 20, 30, 30, 30])
    passes = np.array([[True]] + [[False]] * 8)
    found = quarters(passes, totals)
    assert found == [Quarters(0, 3, 1, 3)]
    assert quarters(passes[::-1], totals[::-1]) == found


@pytest.mark.parametrize("totals", [np.arange(7.0), np.full(20, 50.0)])
def test_there_are_no_quarters_of_few_or_of_equals(totals: Floats) -> None:
    assert quarters(np.ones((len(totals), 2), dtype=np.bool_), totals) is None


# Scores


def test_a_distribution_by_hand() -> None:
    found = distribution([40, 10, 20, 30, 50])
    assert (found.count, found.lowest, found.lower_quartile, found.median, found.upper_quartile, found.highest) == (
        *(5, 10, 20, 30, 40),
        50,
    )
    assert value(found.deviation) == pytest.approx(250**0.5)


def test_one_score_has_no_deviation() -> None:
    found = distribution([61.5])
    assert (found.lowest, found.median, found.highest) == (61.5, 61.5, 61.5)
    assert found.deviation == Figure(None, "it takes two submissions")


@STEADY
@given(st.lists(st.integers(0, 200).map(lambda n: n / 2), min_size=1, max_size=30), st.integers(0, 60))
def test_who_cannot_be_told_apart_is_who_is_near_enough(scores: list[float], margin: int) -> None:
    ordered = sorted(scores, reverse=True)
    for score, (first, last) in zip(ordered, alike(ordered, margin), strict=True):
        near = [place for place, other in enumerate(ordered) if abs(score - other) <= margin]
        assert (first, last) == (near[0], near[-1])
