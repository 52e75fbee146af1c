"""Whose fault was it: the whole table, from how a test ended to who answers for it."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from grader.errors import SandboxError, SuiteError
from grader.examiner.conversation import Loss, SubjectLost
from grader.examiner.oracle import TooMuch, array, number
from grader.examiner.subject import candidate_error
from grader.examiner.verdict import Fault, Verdict, verdict
from grader.models import Frame, Outcome

FRAMES = (Frame("knn.py", 3, "fit", "raise ValueError('no')"),)
LOSSES = [Outcome.TIMEOUT, Outcome.CRASHED, Outcome.OUT_OF_MEMORY, Outcome.FAILED]


def test_a_test_that_raised_nothing_and_lost_nothing_passed() -> None:
    assert verdict(None, None) == Verdict(Fault.NOBODY, Outcome.PASSED)


RAISED_BY_A_TEST: list[BaseException | None] = [
    None,
    SubjectLost(),
    AssertionError("x"),
    ValueError("x"),
    KeyError("x"),
    RuntimeError("x"),
    KeyboardInterrupt(),
    candidate_error("ValueError", "ValueError", "no", FRAMES),
]


@pytest.mark.parametrize("outcome", LOSSES)
@pytest.mark.parametrize("error", RAISED_BY_A_TEST, ids=lambda error: type(error).__name__)
def test_a_loss_decides_whatever_the_test_made_of_it(error: BaseException | None, outcome: Outcome) -> None:
    """A hidden test that swallows the end of the submission's process does not pass by it."""
    assert verdict(error, Loss(outcome, "gone")) == Verdict(Fault.CANDIDATE, outcome, "gone")


ORDINARY = [
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind is not MemoryError
]


@pytest.mark.parametrize("base", [*ORDINARY, "SystemExit", "KeyboardInterrupt", "nonsense", "int", "print", ""])
def test_what_the_submission_raises_is_the_candidates_whatever_its_kind(base: str) -> None:
    """Also an AssertionError, and what would be unclear if the test itself had raised it."""
    found = verdict(candidate_error("OwnError", base, "no", FRAMES), None)
    assert found == Verdict(Fault.CANDIDATE, Outcome.FAILED, "raised OwnError: no", FRAMES)


def test_a_memory_error_of_the_submission_is_out_of_memory() -> None:
    found = verdict(candidate_error("MemoryError", "MemoryError", "", FRAMES), None)
    assert found == Verdict(Fault.CANDIDATE, Outcome.OUT_OF_MEMORY, "raised MemoryError", FRAMES)


@pytest.mark.parametrize("error", [AssertionError("off by one"), pytest.fail.Exception("off by one")])
def test_an_assertion_of_the_test_is_the_candidates(error: BaseException) -> None:
    assert verdict(error, None) == Verdict(Fault.CANDIDATE, Outcome.FAILED, "off by one")


def test_pytest_raises_that_saw_nothing_is_the_candidates() -> None:
    error: Any = None
    try:
        with pytest.raises(ValueError):  # noqa: PT011
            pass
    except BaseException as caught:
        error = caught
    found = verdict(error, None)
    assert (found.fault, found.outcome) == (Fault.CANDIDATE, Outcome.FAILED)
    assert "DID NOT RAISE" in found.message


def test_a_measurement_above_its_limit_travels_beside_the_message() -> None:
    found = verdict(TooMuch("predict should be at most 5, but is more", 7.25), None)
    assert (found.fault, found.outcome, found.measured) == (Fault.CANDIDATE, Outcome.FAILED, 7.25)
    assert "7.25" not in found.message


@pytest.mark.parametrize(
    "odd",
    [
        lambda: [1][2],
        lambda: {}["a"],
        lambda: 1 / 0,
        lambda: None.shape,  # type: ignore[attr-defined]
        lambda: None + 1,  # type: ignore[operator]
        lambda: float("x"),
        lambda: float(10**400),
        lambda: np.zeros((2, 3)) @ np.zeros((2, 3)),
        lambda: np.linalg.inv(np.zeros((2, 2))),
        lambda: np.zeros(3).sum(axis=2),
        lambda: np.zeros(3)[5],
        lambda: "x".encode("ascii").decode("utf-16"),
        lambda: next(iter([])) if False else [].pop(),
    ],
    ids=range(13),
)
def test_what_an_unchecked_answer_makes_a_test_raise_is_unclear(odd: Any) -> None:
    """Only the reference can tell: when the test passes for it, what came back was unusable."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        odd()
    found = verdict(caught.value, None)
    assert (found.fault, found.outcome) == (Fault.UNCLEAR, Outcome.ERROR)
    assert found.message.startswith(type(caught.value).__name__)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("x"),
        NotImplementedError("x"),
        ImportError("x"),
        ModuleNotFoundError("x"),
        MemoryError(),
        StopIteration(),
        UserWarning("x"),
        DeprecationWarning("x"),
        SyntaxError("x"),
        EOFError(),
        ExceptionGroup("x", [ValueError("y")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_bug_or_an_odd_answer_raises_is_unclear(error: Exception) -> None:
    """An answer of absurd size makes a test run out of memory, one that stops short ends its loops."""
    found = verdict(error, None)
    assert (found.fault, found.outcome) == (Fault.UNCLEAR, Outcome.ERROR)


@pytest.mark.parametrize("check", [lambda: number(None), lambda: array([[1], [2, 3]], shape=(2,))])
def test_what_the_oracle_refuses_is_the_candidates(check: Any) -> None:
    with pytest.raises(AssertionError) as caught:
        check()
    assert verdict(caught.value, None).fault is Fault.CANDIDATE


@pytest.mark.parametrize(
    "error",
    [
        OSError("x"),
        FileNotFoundError("x"),
        SystemExit(0),
        KeyboardInterrupt(),
        GeneratorExit(),
        SubjectLost(),
        SandboxError("x"),
        SuiteError("x"),
        pytest.skip.Exception("x"),
        pytest.exit.Exception("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_else_is_ours(error: BaseException) -> None:
    """A hidden test that skips, gives up or cannot read its data has not examined anybody."""
    found = verdict(error, None)
    assert (found.fault, found.outcome) == (Fault.OURS, Outcome.ERROR)
    assert found.message.startswith(type(error).__name__)


def test_only_nobodys_fault_passes() -> None:
    """Fail closed: no error and no loss is the one way to earn."""
    for error in RAISED_BY_A_TEST:
        for loss in (None, *(Loss(outcome, "") for outcome in LOSSES)):
            if error is not None or loss is not None:
                assert verdict(error, loss).outcome is not Outcome.PASSED


@pytest.mark.parametrize("make", [AssertionError, RuntimeError, ValueError, lambda text: Loss(Outcome.CRASHED, text)])
def test_addresses_differ_from_run_to_run_and_are_left_out(make: Any) -> None:
    told = make("a <Model object at 0x7f3a5c0d1e80> and 0x1A2B3C4D5E6F7081")
    found = verdict(None, told) if isinstance(told, Loss) else verdict(told, None)
    assert "0x…> and 0x…" in found.message
    assert "7f3a" not in found.message


def test_short_hexadecimal_numbers_are_no_addresses() -> None:
    assert verdict(AssertionError("mask 0xff, not 0x7F"), None).message == "mask 0xff, not 0x7F"


def test_a_long_message_is_cut() -> None:
    for error in (AssertionError("x" * 10**6), ValueError("y" * 10**6)):
        assert len(verdict(error, None).message) < 2000
    assert len(verdict(None, Loss(Outcome.CRASHED, "z" * 10**6)).message) < 2000
    assert len(verdict(candidate_error("E", "ValueError", "w" * 10**6, ()), None).message) < 2000
