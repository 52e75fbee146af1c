"""A round loses nothing: what is done stays, what is our fault is tried again and listed apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.batch.discovery import handed_in
from grader.batch.examiners import Answer
from grader.batch.results import FAULT, REFUSED, SCORED, ResultsFolder
from grader.batch.round import Round, Tally, Terms
from grader.errors import SandboxError
from grader.models import Report, Submission
from tests.conftest import ToyBank
from tests.report.test_data import report


class Grades:
    """Answers at once, in turn, with what it is told to."""

    def __init__(self, *outcomes: Report | Exception, capacity: int = 2) -> None:
        self.outcomes = iter(outcomes)
        self.capacity = capacity
        self.waiting = 0
        self.asked: list[tuple[int, str, int]] = []
        self.most = 0

    def examine(self, number: int, submission: Submission, seed: int) -> None:
        self.asked.append((number, submission.name, seed))
        self.waiting += 1
        self.most = max(self.most, self.waiting)

    def answer(self, seconds: float | None = None) -> Answer | None:
        if not self.waiting:
            return None
        number = self.asked[len(self.asked) - self.waiting][0]
        self.waiting -= 1
        outcome = next(self.outcomes, GOOD)
        if isinstance(outcome, Exception):
            return Answer(number, None, failure=outcome)
        return Answer(number, outcome, {"report.json": b"{}"})


GOOD = report()
LOST = SandboxError("the engine is gone")


class Clock:
    """Moves on by itself."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


@pytest.fixture
def start(toy_bank: ToyBank, tmp_path: Path) -> Callable[..., Round]:
    folder = tmp_path / "round"
    folder.mkdir()

    def made(names: str = "abc", *, known: bool = True, **changes: int) -> Round:
        for name in names:
            toy_bank.write(f"../round/{name}/toy.py", f"x = '{name}'\n")
        bank = Bank(toy_bank.root)
        terms = Terms(bank, bank.assessment, "none", lambda handed, submission: 7, **changes)
        results = ResultsFolder(tmp_path / "results")
        handed = handed_in([folder], bank.assessment)
        return Round(handed, terms, results, results.entries() if known else [], clock=Clock())

    return made


def statuses(one: Round) -> dict[str, str]:
    return {entry.name: entry.status for entry in one.results.entries()}


def test_all_are_graded_and_no_more_are_held_than_are_at_work(start: Callable[..., Round]) -> None:
    one, grades = start("abcdefgh"), Grades(capacity=3)
    one.run(grades)
    assert statuses(one) == dict.fromkeys("abcdefgh", SCORED)
    assert grades.most == 3
    assert one.tally == Tally(total=8, scored=8)


def test_what_is_done_is_not_done_again(start: Callable[..., Round]) -> None:
    start("abc").run(Grades())
    again, grades = start("abcd"), Grades()
    again.run(grades)
    assert [name for _, name, _ in grades.asked] == ["d"]
    assert again.tally == Tally(total=4, kept=3, scored=1)


def test_without_resume_all_is_done_again(start: Callable[..., Round]) -> None:
    start("abc").run(Grades())
    again, grades = start("abc", known=False), Grades()
    again.run(grades)
    assert len(grades.asked) == 3
    assert len(again.results.entries()) == 6


def test_a_changed_suite_grades_anew_and_keeps_what_was(start: Callable[..., Round], toy_bank: ToyBank) -> None:
    start("a").run(Grades())
    suite = toy_bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    suite.write_text(suite.read_text() + "\n")
    again = start("a")
    again.run(Grades())
    first, second = again.results.entries()
    assert first.key != second.key
    assert all((again.results.root / each.folder / "report.json").is_file() for each in (first, second))


def test_our_faults_are_tried_again_and_then_listed_apart(start: Callable[..., Round]) -> None:
    one, grades = start("ab", retries=2), Grades(LOST, GOOD, LOST, LOST, capacity=1)
    one.run(grades)
    assert statuses(one) == {"b": SCORED, "a": FAULT}
    [fault] = [entry for entry in one.results.entries() if entry.status == FAULT]
    assert fault.attempts == 3
    assert fault.message == "the engine is gone"
    assert not fault.folder
    assert one.tally == Tally(total=2, scored=1, faults=1)


def test_a_fault_that_passes_costs_nothing(start: Callable[..., Round]) -> None:
    one = start("ab", retries=1)
    one.run(Grades(LOST, LOST, GOOD, GOOD))
    assert statuses(one) == {"a": SCORED, "b": SCORED}
    assert {entry.attempts for entry in one.results.entries()} == {2}


def test_what_was_our_fault_is_done_again_by_the_next_run(start: Callable[..., Round]) -> None:
    start("a", retries=0).run(Grades(LOST))
    again, grades = start("a"), Grades()
    again.run(grades)
    assert len(grades.asked) == 1
    assert statuses(again) == {"a": SCORED}


def test_a_round_that_only_fails_ends(start: Callable[..., Round]) -> None:
    one, grades = start("abcdefgh", retries=0, max_failures=3), Grades(*[LOST] * 99, capacity=1)
    one.run(grades)
    assert one.tally.faults == 3
    assert len(grades.asked) == 3


def test_what_cannot_be_read_is_told_once(start: Callable[..., Round], tmp_path: Path) -> None:
    (tmp_path / "round" / "bad.zip").write_text("no zip")
    start("a").run(Grades())
    again = start("a")
    again.run(Grades())
    entries = again.results.entries()
    assert [(e.name, e.status) for e in entries if e.status == REFUSED] == [("bad", REFUSED)]
    assert "should be a zip archive" in entries[0].message + entries[1].message
    assert again.tally == Tally(total=2, kept=2)


def test_the_same_bytes_under_two_names_are_two_submissions(start: Callable[..., Round], toy_bank: ToyBank) -> None:
    for name in "xy":
        toy_bank.write(f"../round/{name}/toy.py", "x = 'same'\n")
    one = start("")
    one.run(Grades())
    assert statuses(one) == {"x": SCORED, "y": SCORED}
    assert len({entry.folder for entry in one.results.entries()}) == 2


def test_a_bug_of_ours_is_a_fault_and_says_so(start: Callable[..., Round]) -> None:
    one = start("a", retries=0)
    one.run(Grades(ZeroDivisionError("oops")))
    [entry] = one.results.entries()
    assert entry.status == FAULT
    assert entry.message == "a bug in grader: ZeroDivisionError: oops"
