"""Patience: a submission that never times out never notices, and one that always does ends soon."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.examiner.patience import Patience
from grader.models import Limits

LIMITS = Limits(call_seconds=4, test_seconds=8, total_seconds=60, memory_bytes=2**28)


def after(timeouts: int, limits: Limits = LIMITS, *, of: str = "other", answered: tuple[str, ...] = ()) -> Patience:
    patience = Patience(limits)
    for _ in range(timeouts):
        patience.charge(0, answered=answered, timed_out=of)
    return patience


def test_without_a_timeout_a_call_keeps_its_limit_whatever_was_spent() -> None:
    patience = Patience(LIMITS)
    for _ in range(50):
        assert patience.call_seconds("fit") == 4
        assert patience.call_seconds("fit", 10) == 10
        patience.charge(1, answered=["fit"])


@pytest.mark.parametrize(("timeouts", "seconds"), [(0, 4), (1, 1), (2, 1), (30, 1), (5000, 1)])
def test_each_timeout_quarters_what_other_calls_may_take_down_to_a_second(timeouts: int, seconds: float) -> None:
    assert after(timeouts).call_seconds("fit") == seconds


@pytest.mark.parametrize(("timeouts", "seconds"), [(0, 32), (1, 8), (2, 2), (3, 1)])
def test_a_tests_own_limit_is_quartered_too(timeouts: int, seconds: float) -> None:
    assert after(timeouts).call_seconds("fit", 32) == seconds


@pytest.mark.parametrize(("timeouts", "seconds"), [(0, 4), (1, 0.25), (2, 0.1), (3, 0.1), (5000, 0.1)])
def test_a_function_that_never_answers_is_cut_shorter(timeouts: int, seconds: float) -> None:
    assert after(timeouts, of="fit").call_seconds("fit") == seconds


def test_a_function_that_has_answered_once_keeps_its_second() -> None:
    """It may be slow on the large data of one test and right on all others."""
    assert after(9, of="fit", answered=("fit",)).call_seconds("fit") == 1


@pytest.mark.parametrize("timeouts", [0, 1, 10])
def test_a_limit_below_the_floor_stays_as_it_is(timeouts: int) -> None:
    assert after(timeouts, replace(LIMITS, call_seconds=0.2)).call_seconds("fit") == 0.2
    assert after(timeouts, of="fit").call_seconds("fit", 0.05) == 0.05


def test_an_own_limit_of_nothing_is_not_taken_for_none() -> None:
    assert Patience(LIMITS).call_seconds("fit", 0) == 0


@pytest.mark.parametrize("function", ["fit", "other"])
def test_a_limit_never_grows_with_timeouts(function: str) -> None:
    for full in (0.05, 0.5, 0.6, 3, 1000):
        seconds = [after(timeouts).call_seconds(function, full) for timeouts in range(20)]
        assert seconds == sorted(seconds, reverse=True)
        assert seconds[0] == full


@pytest.mark.parametrize(("spent", "exhausted"), [([], False), ([59.9], False), ([30, 30], True), ([100], True)])
def test_the_total_is_exhausted_once_it_is_spent(spent: list[float], exhausted: bool) -> None:
    patience = Patience(LIMITS)
    for seconds in spent:
        patience.charge(seconds)
    assert patience.is_exhausted is exhausted


def test_sixty_infinite_loops_of_ten_functions_cost_less_than_four_limits() -> None:
    patience = Patience(replace(LIMITS, call_seconds=10, total_seconds=1000))
    for number in range(60):
        function = f"function_{number % 10}"
        patience.charge(patience.call_seconds(function), timed_out=function)
    assert patience.spent < 40


def test_two_assignments_have_a_patience_each() -> None:
    first, second = Patience(LIMITS), Patience(LIMITS)
    first.charge(60, timed_out="fit")
    assert (second.is_exhausted, second.call_seconds("fit")) == (False, 4)
