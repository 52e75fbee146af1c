"""What may be sent to the candidate gives nothing away."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from grader.bank import Bank
from grader.models import (
    Assignment,
    Examination,
    Finding,
    Frame,
    Outcome,
    Provenance,
    Report,
    Submission,
    TestResult,
    Timing,
)
from grader.pages.page import candidate_page
from grader.scoring import score
from tests.conftest import ROOT

PUBLIC = {"criterion", "outcome"}
"""Of a test: its criterion's text is public, and its outcome is in the points."""


def canary(name: str) -> str:
    return f"CANARY{name.upper().replace('_', '')}"


def planted(outcome: Outcome = Outcome.FAILED, problem: str = "") -> Report:
    """A report of the default bank with a canary in every field of a hidden test, of the findings and of the run."""
    bank = Bank(ROOT)
    assessment = bank.assessment
    told = {
        a.name: Examination(a.name, tuple(_results(a, outcome)), "0" * 64, problem) for a in assessment.assignments
    }
    words = {f.name: canary(f.name) for f in fields(Provenance) if f.type == "str"}
    provenance = Provenance(
        **words | {"started": "2026-01-02T03:04:05+00:00", "grader_version": "0.1.0"},
        suites_sha256={"knn": canary("suite")}, inputs_sha256={"knn": canary("inputs")}, seed=987654321,
        proved=(canary("proved"),), seconds=4242.0,
    )  # fmt: skip
    modules = {module: b"" for a in assessment.assignments for module in a.modules}
    return Report(
        assessment=assessment.title,
        submission=Submission("s.zip", "a" * 64, modules, {name: f"{name}.py" for name in modules}),
        score=score(assessment, told),
        findings=(Finding(canary("kind"), canary("module"), 9, canary("detail"), "worker"),),
        provenance=provenance,
    )


def _results(assignment: Assignment, outcome: Outcome) -> list[TestResult]:
    return [
        TestResult(
            id=f"test_x.py::{canary('id')}", criterion=criterion.id, requirement=canary("requirement"),
            outcome=outcome, seconds=31337.0, cpu_seconds=31338.0, message=canary("message"),
            frames=(Frame(canary("file"), 31339, canary("function"), canary("source")),), output=canary("output"),
            measured=31340.0, calls=(canary("calls"),), memory_bytes=31341 * 2**20,
            timings=(Timing(31342, 31343.0, 31344.0),),
        )
        for criterion in assignment.criteria
    ]  # fmt: skip


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.PASSED, Outcome.CRASHED])
def test_nothing_hidden_reaches_the_candidate(outcome: Outcome) -> None:
    page = candidate_page(planted(outcome, canary("problem")))
    assert "CANARY" not in page
    assert not re.search(r"313[34]\d|987654321|4242", page.partition("</style>")[2])


def test_every_field_of_a_hidden_test_is_planted() -> None:
    """A field that is added to a test has to be thought of here."""
    [first, *_] = _results(Bank(ROOT).assessment.assignments[0], Outcome.FAILED)
    empty = TestResult("", "", "", Outcome.PASSED)
    same = {f.name for f in fields(TestResult) if getattr(first, f.name) == getattr(empty, f.name)}
    assert not same - PUBLIC


def test_no_question_of_an_interview_reaches_the_candidate() -> None:
    page = candidate_page(planted())
    for path in ROOT.glob("solutions/*/interview.toml"):
        for text in re.findall(r'= "(.{40,})"', path.read_text(encoding="utf-8")):
            assert text[:40] not in page


def test_criteria_points_and_what_a_right_solution_does_are_there() -> None:
    page = candidate_page(planted())
    for assignment in Bank(ROOT).assessment.assignments:
        assert assignment.title in page
        for criterion in assignment.criteria:
            assert criterion.title.partition("'")[0] in page
            assert criterion.expects.partition("'")[0] in page
    assert "0 / 12" in page


def test_what_was_not_handed_in_is_told() -> None:
    made = planted(problem="knn.py was not handed in")
    page = candidate_page(replace(made, missing=("knn.py",)))
    assert "knn.py was not handed in." in page
    assert "em.py could not be imported" in page
