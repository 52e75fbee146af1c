"""The mark schemes of the default bank: what markers go by adds up, and is nowhere that candidates look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.models import Question

ROOT = Path(__file__).resolve().parents[2]
BANK = Bank(ROOT)
QUESTIONS = {
    f"{entry.name}-{question.id}": question
    for entry in BANK.assessment.assignments
    for question in BANK.questions(entry.name)
}
each_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
PARTS = (
    "What is asked for",
    "What earns what",
    "Good answers also",
    "Does not earn",
    "Example of full marks",
    "Example of about half",
)
HEADING = re.compile(r"^\*\*([^*]+)\*\*(?: \((?P<marks>[0-9+ ]+) = (?P<sum>[0-9]+)\))?$", re.MULTILINE)
BAND = re.compile(r"^- ([0-9]+) points?: \S", re.MULTILINE)
ITEM = re.compile(r"^- \S", re.MULTILINE)


def parts_of(question: Question) -> dict[str, str]:
    """Return the text of each part of a scheme by its heading, in order."""
    found = list(HEADING.finditer(question.scale))
    ends = [match.start() for match in found[1:]] + [len(question.scale)]
    return {match[1]: question.scale[match.end() : end].strip() for match, end in zip(found, ends, strict=True)}


def test_every_assignment_has_questions() -> None:
    assert all(BANK.questions(entry.name) for entry in BANK.assessment.assignments)


@each_question
def test_a_scheme_has_all_its_parts_in_order(question: Question) -> None:
    parts = parts_of(question)
    assert tuple(parts) == PARTS
    assert all(parts.values())
    assert len(ITEM.findall(parts["Good answers also"])) >= 2
    assert len(ITEM.findall(parts["Does not earn"])) >= 2


@each_question
def test_what_earns_what_sums_to_the_points(question: Question) -> None:
    earns = parts_of(question)["What earns what"]
    bands = [int(points) for points in BAND.findall(earns)]
    assert len(bands) == len(ITEM.findall(earns))
    assert 3 <= len(bands) <= 6
    assert sum(bands) == question.points


@each_question
def test_the_example_of_half_is_marked_line_by_line(question: Question) -> None:
    """So that two markers can see how the author reads the lines."""
    bands = [int(points) for points in BAND.findall(parts_of(question)["What earns what"])]
    (marked,) = [match for match in HEADING.finditer(question.scale) if match["marks"]]
    marks = [int(mark) for mark in marked["marks"].split(" + ")]
    assert marked[1] == PARTS[-1]
    assert sum(marks) == int(marked["sum"])
    assert all(mark <= band for mark, band in zip(marks, bands, strict=True))
    assert 0.4 <= sum(marks) / question.points <= 0.6


def test_no_run_of_words_of_a_scheme_is_public() -> None:
    """Eight words in a row, of a scheme or of a public file, are no chance."""
    public = {run for path in public_files() for run in runs(path.read_text(encoding="utf-8"))}
    assert len(public) > 5000
    schemes = {run for question in QUESTIONS.values() for run in runs(question.scale)}
    assert schemes & public == set()


def public_files() -> list[Path]:
    return [path for path in (ROOT / "assignments").rglob("*") if path.suffix in (".md", ".py", ".toml", ".ipynb")]


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 8]) for start in range(len(words) - 7)}
