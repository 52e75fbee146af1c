"""The notebook that a person marks: ours, but for the text of the answers."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest

from grader.gradebook.notebooks import notebook
from grader.models import Question
from tests.gradebook.conftest import ANSWERS, QUESTIONS, report

HOSTILE = "<script>alert(1)</script>\n![x](http://example.org/x.png)\n$$\\href{javascript:1}{x}$$"


def cells(content: bytes) -> list[Any]:
    found: list[Any] = json.loads(content)["cells"]
    return found


def made(**changes: Any) -> bytes:
    of = report(**changes)
    return notebook(of.score.assignments[0], of.written[0], QUESTIONS)


def test_it_is_a_notebook_that_nbgrader_takes() -> None:
    from nbgrader.nbgraderformat import MetadataValidator, reads

    content = made(lost=["ties"])
    read = reads(content.decode(), as_version=4)
    nbformat.validate(read)
    assert (read.nbformat, read.nbformat_minor) == (4, 5)
    for cell in read.cells:
        MetadataValidator().validate_cell(cell)
    assert made(lost=["ties"]) == content


def test_the_cells_stand_in_the_reports_order() -> None:
    told = [(cell["metadata"]["nbgrader"], cell["cell_type"]) for cell in cells(made())]
    assert [(said["grade_id"], kind, said["grade"], said["locked"], said.get("points")) for said, kind in told] == [
        ("criterion-ties", "code", True, False, 60),
        ("criterion-speed", "code", True, False, 40),
        ("random-question", "markdown", False, True, None),
        ("random-scale", "markdown", False, True, None),
        ("random", "markdown", True, False, 40),
        ("cost-question", "markdown", False, True, None),
        ("cost", "markdown", True, False, 60),
    ]


def test_answers_stand_there_as_they_are_and_questions_as_they_were_asked() -> None:
    sources = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"] for cell in cells(made(answers={"random": HOSTILE}))
    }
    assert sources["random"] == HOSTILE
    assert sources["cost"] == ""
    assert sources["random-question"] == f"## 1. What is random (40 points)\n\n{QUESTIONS[0].text}"
    assert sources["random-scale"] == QUESTIONS[0].scale


@pytest.mark.parametrize("odd", ["\x1b[31mred", "two\nlines", "\u202eevil", "# not a comment\r\nimport os"])
def test_what_was_lost_is_comments_without_what_a_stranger_wrote(odd: str) -> None:
    first = cells(made(lost=["ties"], message=odd))[0]
    lines = first["source"].split("\n")
    assert len(lines) == 3
    assert all(line.startswith("# ") and line.isprintable() for line in lines)
    assert lines[0:2] == ["# Ties", "# 30 of 60 points"]
    assert lines[2].startswith("# lost: Ties are right, part 1. (failed): ")
    assert (first["outputs"], first["execution_count"]) == ([], None)


def test_half_a_character_becomes_a_question_mark() -> None:
    content = made(answers=ANSWERS | {"random": "half \ud800 of one"})
    assert next(c for c in cells(content) if c["id"] == "cell-5")["source"] == "half ? of one"
    json.loads(content)["cells"][4]["source"].encode()


def test_without_questions_there_are_criteria_alone() -> None:
    of = report(questions=())
    content = notebook(of.score.assignments[0], None, (Question("x", "X", 100, "?"),))
    assert [cell["cell_type"] for cell in cells(content)] == ["code", "code"]
