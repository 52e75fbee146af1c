"""The pipeline as a function: plain data in, a report out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from grader.bank import Bank
from grader.errors import BankError
from grader.grade import Clock, grade
from grader.models import Assignment, Outcome, TestResult
from grader.sandbox.process import ProcessProvider
from grader.submission import read_submission
from tests.conftest import ToyBank

NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)


def test_a_report_says_when_and_how_long_by_the_clock_it_was_given(toy_bank: ToyBank) -> None:
    ticks = iter([100.0, 107.5])
    bank = Bank(toy_bank.root)
    submission = read_submission(toy_bank.reference, bank.assessment)
    clock = Clock(monotonic=lambda: next(ticks), now=lambda: NOON)
    report = grade(submission, bank, bank.assessment, ProcessProvider(), seed=3, clock=clock)
    assert (report.provenance.started, report.provenance.seconds) == ("2030-01-02T12:00:00+00:00", 7.5)
    assert (report.provenance.seed, report.score.total) == (3, 100)


def test_each_result_is_told_as_it_is_known(toy_bank: ToyBank) -> None:
    told: list[tuple[str, Outcome]] = []

    def progress(assignment: Assignment, result: TestResult) -> None:
        told.append((f"{assignment.name} {result.id}", result.outcome))

    bank = Bank(toy_bank.root)
    submission = read_submission(toy_bank.submission("def mean(X):\n    return None\n"), bank.assessment)
    grade(submission, bank, bank.assessment, ProcessProvider(), seed=3, progress=progress)
    assert [name for name, _ in told] == [
        "toy test_toy.py::test_means_of_columns",
        "toy test_toy.py::test_mean_of_one_row_is_the_row",
        "toy test_toy.py::test_empty_input_is_refused",
    ]
    assert {outcome for _, outcome in told} == {Outcome.FAILED}


def test_what_a_suite_leaves_in_this_process_is_cleared(toy_bank: ToyBank) -> None:
    """Two runs in one process, with the suite changed in between, see each their own."""
    bank = Bank(toy_bank.root)
    submission = read_submission(toy_bank.reference, bank.assessment)
    assert grade(submission, bank, bank.assessment, ProcessProvider(), seed=3).score.total == 100
    suite = toy_bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    suite.write_text(suite.read_text().replace("X.mean(axis=0), rtol", "X.mean(axis=0) + 1, rtol"))
    fresh = Bank(toy_bank.root)
    assert grade(submission, fresh, fresh.assessment, ProcessProvider(), seed=3).score.total == 70


RIGHT = "import numpy as np\ndef mean(X):\n    return np.mean(X, axis=0)\n"
ONE_ANSWER = "# Mine\n\n## 1. What is random (60 points)\n\nNothing at all.\n"


def test_a_report_has_questions_and_answers_and_is_provisional(toy_bank: ToyBank) -> None:
    bank = Bank(toy_bank.add_questions().root)
    toy_bank.write("handed_in/toy/answers.md", ONE_ANSWER)
    submission = read_submission(toy_bank.submission(RIGHT), bank.assessment)
    report = grade(submission, bank, bank.assessment, ProcessProvider(), seed=3)
    [entry] = report.written
    assert [(answer.question.id, answer.text, answer.mark) for answer in entry.answers] == [
        ("chance", "Nothing at all.", None),
        ("cost", "", None),
    ]
    assert [remark for remark in entry.remarks if "cost" in remark] == list(entry.remarks) != []
    assert report.score.provisional
    assert report.score.total == report.score.code == 60


def test_without_questions_nothing_is_provisional(toy_bank: ToyBank) -> None:
    bank = Bank(toy_bank.root)
    submission = read_submission(toy_bank.reference, bank.assessment)
    report = grade(submission, bank, bank.assessment, ProcessProvider(), seed=3)
    assert report.written == ()
    assert not report.score.provisional


def test_points_for_answers_to_no_questions_are_the_authors_mistake(toy_bank: ToyBank) -> None:
    toy_bank.add_questions()
    (toy_bank.root / "solutions" / "toy" / "questions.ipynb").unlink()
    with pytest.raises(BankError, match="written_points is 20, but no assignment has questions"):
        _ = Bank(toy_bank.root).assessment


def test_questions_that_are_wrong_are_told_before_anything_is_scored(toy_bank: ToyBank) -> None:
    toy_bank.add_questions()
    toy_bank.write("solutions/toy/questions.ipynb", "{}")
    with pytest.raises(BankError, match="should be a notebook"):
        _ = Bank(toy_bank.root).assessment
