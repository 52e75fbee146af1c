"""A round in short, whatever its submissions are called."""

from __future__ import annotations

import csv
import io
import json

import pytest
import xmlschema

from grader.batch.results import FAULT, REFUSED, Entry
from grader.batch.summary import as_annotations, as_csv, as_json, as_junit, as_text, headline, summary_of
from tests.batch.test_results import entry
from tests.conftest import ROOT

HOSTILE = [
    '=HYPERLINK("http://evil.invalid","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", 'a","b', "a\nb", "a;b",
    "::error::forged", "\x1b[31m", "\u202egnp.exe", "</testcase>", "x" * 5000,
]  # fmt: skip


def entries() -> list[Entry]:
    return [
        entry("ada", score=90),
        entry("bob", score=30),
        entry("carl", status=REFUSED, folder="", message="no zip"),
        entry("dora", status=FAULT, folder="", message="the engine is gone"),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_cell_is_a_formula_and_no_row_is_forged(name: str) -> None:
    text = as_csv(summary_of([entry(name, message=name, source=name)]))
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert len(rows) == 1
    assert len(rows[0]) == len(head)
    assert not [cell for cell in rows[0] if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert all(cell.isprintable() for cell in rows[0])


def test_a_row_for_each_submission() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(summary_of(entries())), newline="")))
    assert [(row["name"], row["status"], row["score"], row["passed"]) for row in rows] == [
        ("ada", "scored", "90", "yes"), ("bob", "scored", "30", "no"), ("carl", "refused", "", ""),
        ("dora", "fault", "", ""),
    ]  # fmt: skip


def test_the_text_tells_what_was_not_scored_and_why() -> None:
    assert as_text(summary_of(entries())) == (
        "4 submissions: 2 scored, 1 passed, 1 cannot be read, 1 not scored through a fault of ours\n"
        "Cannot be read:\n  carl (carl.zip): no zip\n"
        "Not scored, through a fault of ours:\n  dora (dora.zip): the engine is gone\n"
    )


def test_a_verdict_that_changed_is_told_once() -> None:
    found = summary_of([entry("ada", score=50), entry("ada", key="l" * 64, score=70), entry("bob", score=70)])
    assert headline(found) == "2 submissions: 2 scored, 2 passed; 1 verdict changed"
    assert "ada passes now: 50 to 70 of 100" in as_text(found)
    assert json.loads(as_json(found))["flips"] == [
        {"name": "ada", "source": "ada.zip", "old": 50, "new": 70, "passed": True}
    ]


@pytest.mark.parametrize("name", ["ada", *HOSTILE])
def test_junit_is_valid_by_the_usual_schema(name: str) -> None:
    schema = xmlschema.XMLSchema(str(ROOT / "tests" / "report" / "junit.xsd"))
    schema.validate(as_junit(summary_of([*entries(), entry(name, status=FAULT, message=name)]), None))


@pytest.mark.parametrize(("least", "failures"), [(None, 1), (0, 0), (30, 0), (31, 1), (95, 2)])
def test_a_case_fails_below_the_least_score(least: float | None, failures: int) -> None:
    text = as_junit(summary_of(entries()), least)
    assert f'tests="4" failures="{failures}" errors="2"' in text


@pytest.mark.parametrize("name", HOSTILE)
def test_annotations_are_a_line_each(name: str) -> None:
    text = as_annotations(summary_of([entry(name, status=FAULT, message=name)]), None)
    lines = text.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::notice title=grader batch::")
    assert lines[1].startswith("::error title=")
    assert text.isprintable() or set(text) - {c for c in text if c.isprintable()} == {"\n"}
