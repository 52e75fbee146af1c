"""The report as annotations of a GitHub workflow: a line for each test that was lost, at the submission's line.

The form is that of workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.models import CriterionScore, Outcome, Report, TestResult
from grader.report.text import number, one_line

_SHOWN = 50
"""GitHub shows no more than that of one job."""


def as_annotations(report: Report) -> str:
    """Return workflow commands, the verdict first."""
    score = report.score
    kind, verdict = ("notice", "passed") if score.passed else ("error", "not passed")
    told = f"{number(score.total)} of 100 points, {verdict} (pass mark {number(score.pass_mark)})"
    lines = [_command(kind, told, title=f"{report.assessment}: {report.submission.name}")]
    return "".join(f"{line}\n" for line in (*lines, *list(_losses(report))[:_SHOWN]))


def _losses(report: Report) -> Iterator[str]:
    for entry in report.score.assignments:
        if entry.problem:
            yield _command("error", entry.problem, title=entry.assignment.title)
            continue
        for criterion in entry.criteria:
            lost = (result for result in criterion.results if result.outcome is not Outcome.PASSED)
            yield from (_loss(report, criterion, result) for result in lost)


def _loss(report: Report, entry: CriterionScore, result: TestResult) -> str:
    place: dict[str, str] = {}
    if result.frames:
        frame = result.frames[-1]
        path = report.submission.paths.get(frame.file.removesuffix(".py"), frame.file)
        place = {"file": path, "line": str(frame.line)}
    told = f"{result.requirement} Came back: {result.message or result.outcome.value}"
    return _command(
        "warning", told, title=f"{entry.criterion.title}, {number(entry.criterion.points)} points", **place
    )


def _command(kind: str, text: str, **properties: str) -> str:
    told = ",".join(f"{key}={escaped(value, ':,')}" for key, value in properties.items())
    return f"::{kind} {told}::{escaped(text)}"


def escaped(text: str, more: str = "") -> str:
    """Return text that GitHub's runner takes for nothing but text.

    Args:
        text: from anybody.
        more: characters to escape beside the percent sign: those that end a property.
    """
    shown = one_line(text, 500).replace("%", "%25")
    for character in more:
        shown = shown.replace(character, f"%{ord(character):02X}")
    return shown
