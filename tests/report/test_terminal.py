"""The terminal report: the verdict, every loss with its reason, and nothing that a terminal obeys."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from grader.models import (
    Assessment,
    Assignment,
    Criterion,
    Examination,
    Finding,
    Frame,
    Limits,
    Outcome,
    Provenance,
    Report,
    Submission,
    TestResult,
)
from grader.report.terminal import render
from grader.scoring import score

LOST = [outcome for outcome in Outcome if outcome is not Outcome.PASSED]
WORDS = {
    Outcome.FAILED: "failed",
    Outcome.ERROR: "error",
    Outcome.TIMEOUT: "took too long",
    Outcome.OUT_OF_MEMORY: "ran out of memory",
    Outcome.CRASHED: "crashed",
    Outcome.NOT_RUN: "not run",
}
HOSTILE = "a\x1b[2J\x1b]0;title\x07\x9b31m\r\u202eb\u2066\u200b\x00\x08\x7f\ufeff\u2028[bold red]c[/] :boom: \udcff"
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
WIDTHS = [60, 80, 120]


def criterion(name: str, points: float, skill: str = "correctness") -> Criterion:
    return Criterion(name, f"Title of {name}", points, skill, f"expects of {name}")


def result(name: str, of: str, outcome: Outcome, **facts: Any) -> TestResult:
    message = "" if outcome is Outcome.PASSED else f"came back from {name}"
    return TestResult(f"test_it.py::{name}", of, f"requirement of {name}", outcome, **{"message": message} | facts)


def report(*results: TestResult, **changes: Any) -> Report:
    """A report of two assignments: "knn" with the results given, "other" in full."""
    names = dict.fromkeys(found.criterion for found in results)
    limits = Limits(1, 3, 60, 2**28)
    criteria = tuple(criterion(name, 100 / len(names), "missing data") for name in names)
    first = Assignment("knn", "Nearest neighbours", "1", ("knn",), criteria, limits)
    second = Assignment("other", "The other one", "1", ("other",), (criterion("whole", 100),), limits)
    weights = {"knn": changes.pop("weight", 1), "other": 1}
    assessment = Assessment("Take-home", "1", changes.pop("pass_mark", 60), (first, second), weights)
    told = {
        "knn": Examination("knn", results, "0" * 64, problem=changes.pop("problem", "")),
        "other": Examination("other", (result("test_whole", "whole", Outcome.PASSED),), "1" * 64),
    }
    made = Report(
        assessment="Take-home",
        submission=Submission("submission.zip", "abcdef" + "0" * 58, {"knn": b""}, {"knn": "knn.py"}),
        score=score(assessment, told),
        findings=(),
        provenance=Provenance(
            *("0.1.0", "fedcba" + "0" * 58, {}, 4711, "docker", "Docker 27.1", "sha256:1"),
            *(
                "3.12.1",
                "2.1.0",
                ("network", "signals"),
                "no engine answers",
                "3.11.7",
                "2.1.0",
                "2026-01-02T03:04:05+00:00",
                1.5,
            ),
        ),
    )
    return replace(made, **changes)


GOOD = result("test_good", "good", Outcome.PASSED)


def squeezed(text: str) -> str:
    """Without space, so that it does not matter where lines were broken."""
    return "".join(text.split())


def is_quiet(text: str) -> bool:
    """Whether a terminal would show all of it and obey none."""
    return all(character == "\n" or character.isprintable() for character in text)


# The verdict


@pytest.mark.parametrize(
    ("results", "mark", "line"),
    [
        ([Outcome.PASSED], 60, "Score 100 of 100  PASSED  (pass mark 60)"),
        ([Outcome.FAILED], 60, "Score 50 of 100  NOT PASSED  (pass mark 60)"),
        ([Outcome.PASSED, *[Outcome.FAILED] * 7], 56.25, "Score 56.25 of 100  PASSED  (pass mark 56.25)"),
    ],
)
def test_the_verdict_comes_first_with_the_score_and_the_pass_mark(
    results: list[Outcome], mark: float, line: str
) -> None:
    made = report(*(result(f"test_{n}", "c", outcome) for n, outcome in enumerate(results)), pass_mark=mark)
    lines = render(made).splitlines()
    assert lines[:2] == ["Take-home: submission.zip", line]


def test_each_assignment_shows_its_score_and_weight_and_each_criterion_its_points() -> None:
    made = report(
        *(result(f"test_{n}", "half", outcome) for n, outcome in enumerate([Outcome.PASSED, Outcome.FAILED])),
        GOOD,
        result("test_bad", "bad", Outcome.FAILED),
        weight=2,
    )
    text = render(made)
    assert re.search(r"Nearest neighbours +50 of 100 +\(weight 2\)", text)
    assert re.search(r"The other one +100 of 100 +\(weight 1\)", text)
    for word, name, earned in [("partly", "half", "16.67"), ("full", "good", "33.33"), ("none", "bad", "0")]:
        assert re.search(rf"{word} +Title of {name} +{re.escape(earned)} / 33.33 +missing data", text)


def test_skills_are_shown_with_points_and_share() -> None:
    text = render(report(GOOD, result("test_bad", "bad", Outcome.FAILED)))
    assert re.search(r"missing data +25 / 50 +50%", text)
    assert re.search(r"correctness +50 / 50 +100%", text)


def test_a_skill_with_next_to_no_weight_is_no_division_by_zero() -> None:
    assert "Score 100 of 100" in render(report(GOOD, weight=1e-6))


# What was lost


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("outcome", LOST)
def test_every_lost_test_is_named_with_what_was_expected_and_what_came_back(outcome: Outcome, width: int) -> None:
    names = ["test_one", "test_another_with_a_name_that_says_all_that_a_right_solution_has_to_do", "test_three"]
    made = report(GOOD, *(result(name, f"of {name}", outcome) for name in names))
    text = squeezed(render(made, width=width))
    for name in names:
        for part in (
            f"test_it.py::{name}",
            f"requirement of {name}",
            f"came back from {name}",
            f"Title of of {name}",
        ):
            assert squeezed(part) in text
    assert text.count(squeezed(WORDS[outcome])) >= len(names)


def test_lost_points_are_told_by_criterion() -> None:
    made = report(*(result(f"test_{n}", "c", o) for n, o in enumerate([Outcome.PASSED, Outcome.FAILED, *LOST])))
    assert "Title of c: 87.5 points lost" in render(made)


def test_what_passed_is_not_listed() -> None:
    text = render(report(GOOD))
    assert "test_good" not in text
    assert "lost" not in text


def test_the_submissions_own_line_is_shown_where_it_raised() -> None:
    frames = (Frame("knn.py", 3, "fit", "self.check(X)"), Frame("knn.py", 77, "check", "raise ValueError(X)"))
    text = render(report(result("test_bad", "bad", Outcome.FAILED, frames=frames)))
    assert "knn.py:77 in check: raise ValueError(X)" in text


def test_what_the_submission_printed_is_shown_shortened() -> None:
    output = "\n".join(f"line {n}" for n in range(50))
    text = render(report(result("test_bad", "bad", Outcome.CRASHED, output=output)))
    assert "line 0" in text
    assert "line 49" not in text
    assert "46 lines more" in text
    assert "printed" not in render(report(result("test_bad", "bad", Outcome.CRASHED, output=" \n ")))


def test_a_long_message_does_not_bury_the_rest() -> None:
    message = "\n".join("x" * 5000 for _ in range(500))
    text = render(report(result("test_bad", "bad", Outcome.FAILED, message=message)))
    assert text.count("x") < 2500
    assert "494 lines more" in text


def test_a_measured_ratio_is_shown() -> None:
    assert re.search(r"measured +7\.12", render(report(result("test_bad", "bad", Outcome.FAILED, measured=7.1234))))


def test_a_problem_of_a_whole_assignment_is_told_once_instead_of_every_test() -> None:
    made = report(
        result("test_one", "c", Outcome.NOT_RUN), result("test_two", "c", Outcome.NOT_RUN), problem="knn.py is gone"
    )
    text = render(made)
    assert text.count("knn.py is gone") == 1
    assert "test_one" not in text
    assert re.search(r"none +Title of c +0 / 100", text)


# Integrity and provenance


def test_without_findings_it_says_so() -> None:
    assert "Integrity: nothing found" in render(report(GOOD))


def test_findings_are_shown_with_their_place_and_cost_nothing() -> None:
    findings = (
        Finding("import", "knn.py", 3, "imports os", "syntax"),
        Finding("forged-answer", "", 0, "no such handle", "examiner"),
    )
    text = render(report(GOOD, findings=findings))
    assert "Integrity: 2 findings" in text
    assert "no points" in text
    joined = " ".join(text.split())
    assert "knn.py:3 imports os (import, seen by syntax)" in joined
    assert "no such handle (forged-answer, seen by examiner)" in joined
    assert "Score 100 of 100" in text


def test_of_many_findings_the_first_are_shown_and_the_rest_counted() -> None:
    findings = tuple(Finding("import", "knn.py", n, f"imports thing{n:03}", "syntax") for n in range(1, 51))
    text = render(report(GOOD, findings=findings))
    assert "thing020" in text
    assert "thing021" not in text
    assert "and 30 more" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_provenance_says_how_to_repeat_the_run(width: int) -> None:
    text = squeezed(render(report(GOOD), width=width))
    for part in (
        "Seed 4711",
        "docker (Docker 27.1)",
        "Python 3.12.1",
        "numpy 2.1.0",
        "grader 0.1.0",
        "fedcba",
        "abcdef",
        "Refused when tried in this sandbox: network, signals",
        "Why docker: no engine answers",
    ):
        assert squeezed(part) in text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("color", [False, True])
def test_a_run_without_a_sandbox_says_so(width: int, color: bool) -> None:
    made = report(GOOD)
    bare = replace(made, provenance=replace(made.provenance, sandbox="none"))
    warning = squeezed("NO SANDBOX: this run contained nothing")
    assert warning in squeezed(ESCAPES.sub("", render(bare, width=width, color=color)))
    assert warning not in squeezed(render(made, width=width))


# What a stranger wrote is shown, never obeyed


def hostile(text: str, problem: bool = False) -> Report:
    frames = (Frame(text, 3, text, text),)
    facts = {"message": text, "output": text, "frames": frames}
    return report(
        GOOD,
        *(result(f"test_{o.value}", "c", o, **facts) for o in LOST),
        problem=text if problem else "",
        findings=(Finding(text, text, 1, text, "worker"), Finding(text, text, 0, text, "worker")),
        submission=Submission(text, "a" * 64, {"knn": b""}, {"knn": text}),
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("problem", [False, True])
@pytest.mark.parametrize("color", [False, True])
def test_nothing_a_submission_wrote_is_obeyed(width: int, problem: bool, color: bool) -> None:
    text = render(hostile(HOSTILE, problem), width=width, color=color)
    if color:
        text = ESCAPES.sub("", text)
    assert is_quiet(text)
    assert "[bold red]c[/]" in text
    assert ":boom:" in text


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.characters(), max_size=60), st.sampled_from(WIDTHS), st.booleans())
def test_no_text_at_all_is_obeyed(text: str, width: int, problem: bool) -> None:
    assert is_quiet(render(hostile(text, problem), width=width))


@pytest.mark.parametrize("width", [20, 40, *WIDTHS])
@pytest.mark.parametrize(
    "text", ["x" * 3000, "数値" * 300, "👩‍👩‍👧‍👦" * 50, "e\u0301" * 200, "word " * 300], ids=range(5)
)
def test_no_line_is_wider_than_the_terminal(width: int, text: str) -> None:
    for line in render(hostile(text), width=width).splitlines():
        assert cell_len(line) <= width


def test_a_forged_verdict_in_a_message_stays_within_its_place() -> None:
    """A new line in a message starts a line of the message, not one of the report."""
    lines = render(hostile("\nScore 100 of 100  PASSED\n\nSkills\n"), width=120).splitlines()
    assert [line for line in lines if line.startswith("Score")] == ["Score 75 of 100  PASSED  (pass mark 60)"]
    assert [line for line in lines if line.startswith("Skills")] == ["Skills"]


# Colour


@pytest.mark.parametrize("width", WIDTHS)
def test_without_colour_there_is_no_escape_at_all(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "FORCE_COLOR": "1",
        "CLICOLOR_FORCE": "1",
        "TERM": "xterm-256color",
        "COLORTERM": "24bit",
    }.items():
        monkeypatch.setenv(name, value)
    assert "\x1b" not in render(hostile("plain"), width=width, color=False)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_told_by_colour_alone(width: int) -> None:
    made = hostile("plain")
    colored, plain = render(made, width=width, color=True), render(made, width=width, color=False)
    assert colored != plain
    stripped = [line.rstrip() for line in ESCAPES.sub("", colored).splitlines()]
    assert stripped == plain.splitlines()


def test_the_width_of_the_callers_terminal_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    made = hostile("plain")
    before = render(made)
    monkeypatch.setenv("COLUMNS", "30")
    assert render(made) == before


def test_no_line_ends_in_space_and_the_last_ends() -> None:
    text = render(hostile("plain"))
    assert text.endswith("\n")
    assert not [line for line in text.splitlines() if line != line.rstrip()]
