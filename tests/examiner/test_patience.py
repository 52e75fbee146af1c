"""Patience: a submission that never times out never notices, and one that always does ends soon."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.examiner.patience import Patience
from grader.models import Limits

LIMITS = Limits(call_seconds=4, test_seconds=8, total_seconds=60, memory_bytes=2**28)


def after(timeouts: int, limits: Limits = LIMITS) -> Patience:
    patience = Patience(limits)
    for _ in range(timeouts):
        patience.charge(0, timed_out=True)
    return patience


def test_without_a_timeout_a_call_keeps_its_limit_whatever_was_spent() -> None:
    patience = Patience(LIMITS)
    for _ in range(50):
        assert patience.call_seconds() == 4
        assert patience.call_seconds(10) == 10
        patience.charge(1, timed_out=False)


@pytest.mark.parametrize(
    ("timeouts", "seconds"), [(0, 4), (1, 2), (2, 1), (3, 0.5), (4, 0.5), (30, 0.5), (5000, 0.5)]
)
def test_each_timeout_halves_what_a_call_may_take_down_to_half_a_second(timeouts: int, seconds: float) -> None:
    assert after(timeouts).call_seconds() == seconds


@pytest.mark.parametrize(("timeouts", "seconds"), [(0, 20), (1, 10), (3, 2.5), (10, 0.5)])
def test_a_tests_own_limit_is_halved_too(timeouts: int, seconds: float) -> None:
    assert after(timeouts).call_seconds(20) == seconds


@pytest.mark.parametrize("timeouts", [0, 1, 10])
def test_a_limit_below_half_a_second_stays_as_it_is(timeouts: int) -> None:
    assert after(timeouts, replace(LIMITS, call_seconds=0.2)).call_seconds() == 0.2
    assert after(timeouts).call_seconds(0.1) == 0.1


def test_an_own_limit_of_nothing_is_not_taken_for_none() -> None:
    assert Patience(LIMITS).call_seconds(0) == 0


def test_a_limit_never_grows_with_timeouts() -> None:
    for full in (0.1, 0.5, 0.6, 3, 1000):
        seconds = [after(timeouts).call_seconds(full) for timeouts in range(20)]
        assert seconds == sorted(seconds, reverse=True)
        assert seconds[0] == full


@pytest.mark.parametrize(("spent", "exhausted"), [([], False), ([59.9], False), ([30, 30], True), ([100], True)])
def test_the_total_is_exhausted_once_it_is_spent(spent: list[float], exhausted: bool) -> None:
    patience = Patience(LIMITS)
    for seconds in spent:
        patience.charge(seconds, timed_out=False)
    assert patience.is_exhausted is exhausted


def test_thirty_infinite_loops_do_not_cost_thirty_limits() -> None:
    patience = Patience(replace(LIMITS, total_seconds=1000))
    for _ in range(30):
        patience.charge(patience.call_seconds(), timed_out=True)
    assert patience.spent == pytest.approx(4 + 2 + 1 + 27 * 0.5)


def test_two_assignments_have_a_patience_each() -> None:
    first, second = Patience(LIMITS), Patience(LIMITS)
    first.charge(60, timed_out=True)
    assert (second.is_exhausted, second.call_seconds()) == (False, 4)
