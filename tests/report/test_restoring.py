"""A report that is read back from JSON says what it said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.models import Mark, Repeat, Report
from grader.report.data import as_data, as_json
from grader.report.reading import ReportError, parse_report
from grader.report.restoring import restored
from grader.scoring import with_written
from tests.pages import hostile
from tests.pages.hostile import hostile_report

WHERE = Path("report.json")


@pytest.fixture(autouse=True)
def _shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "LONG", "x" * 5000)


def readable(report: Report) -> Report:
    """The report without what JSON writes otherwise: figures that are not finite."""
    assignments = tuple(
        replace(
            entry,
            criteria=tuple(
                replace(c, results=tuple(replace(result, measured=2.5) for result in c.results))
                for c in entry.criteria
            ),
        )
        for entry in report.score.assignments
    )
    return replace(report, score=replace(report.score, assignments=assignments))


def marked(report: Report) -> Report:
    """The report with a mark for each answer."""
    mark = Mark(7.25, "good\n=1+1", ("ada", "grace"))
    found = tuple(
        replace(entry, answers=tuple(replace(answer, mark=mark) for answer in entry.answers))
        for entry in report.written
    )
    return replace(report, written=found, score=with_written(report.score, found))


def repeated(report: Report) -> Report:
    points = {
        (a.assignment.name, c.criterion.id): round(c.earned, 4) for a in report.score.assignments for c in a.criteria
    }
    other = dict(points) | {next(iter(points)): 0.5}
    return replace(report, repeats=(Repeat(1, 50.0, False, points), Repeat(2, 61.0, True, other)))


@pytest.mark.parametrize("change", [readable, lambda r: marked(readable(r)), lambda r: repeated(readable(r))])
def test_what_is_read_back_is_written_alike(change: Any) -> None:
    text = as_json(change(hostile_report()))
    again = restored(parse_report(WHERE, text.encode()))
    assert as_json(again) == text


def test_source_and_answers_come_back() -> None:
    report = readable(hostile_report())
    again = restored(parse_report(WHERE, as_json(report).encode()))
    asked = [replace(answer, question=replace(answer.question, scale="")) for answer in report.written[0].answers]
    assert again.written == (replace(report.written[0], answers=tuple(asked)),)
    assert again.submission.modules.keys() == report.submission.modules.keys()


@pytest.mark.parametrize(
    "change",
    [
        {"earned": "7"},
        {"earned": True},
        {"earned": -1},
        {"earned": 1e9},
        {"earned": 1, "comment": 3},
        {"earned": 1, "markers": "ada"},
        {"earned": 1, "markers": [1]},
    ],
)
def test_marks_that_are_none_are_refused(change: dict[str, Any]) -> None:
    table = as_data(readable(hostile_report()))
    table["written"]["assignments"][0]["questions"][0] |= change
    with pytest.raises(ReportError, match="not as grader writes it"):
        restored(parse_report(WHERE, json.dumps(table).encode()))
