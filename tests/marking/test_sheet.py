"""The notebook to be marked is read as the gradebook writes it, and refused where it is something else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.gradebook.notebooks import notebook
from grader.marking.sheet import SheetError, read_sheet
from tests.marking.course import QUESTIONS, report


def test_a_notebook_of_the_gradebook_is_read() -> None:
    made = report("ada", {"assumptions": "That *close* is alike.", "scale": ""})
    sheet = read_sheet(notebook(made.score.assignments[0], made.written[0], QUESTIONS))
    assert sheet.answers == {"assumptions": "That *close* is alike.", "scale": ""}
    assert sheet.questions["assumptions"] == QUESTIONS[0].text, "without the line that the page says above it"
    assert sheet.scales == {question.id: question.scale for question in QUESTIONS}
    assert list(sheet.criteria) == ["criterion-weights", "criterion-ties"]
    assert "0 of 40 points" in sheet.criteria["criterion-ties"]


def test_what_belongs_to_no_question_is_read() -> None:
    made = report("ada", {"assumptions": "", "scale": ""})
    assert read_sheet(notebook(made.score.assignments[0], made.written[0], QUESTIONS)).rest == ""
    written = replace(made.written[0], rest="An answer under\na heading of my own.")
    sheet = read_sheet(notebook(made.score.assignments[0], written, QUESTIONS))
    assert sheet.rest == written.rest
    assert sheet.answers == {"assumptions": "", "scale": ""}


def test_an_answer_that_looks_like_a_question_is_an_answer() -> None:
    made = report("eve", {"assumptions": "## 1. Assumptions (60 points)\n\nmine", "scale": "x"})
    sheet = read_sheet(notebook(made.score.assignments[0], made.written[0], QUESTIONS))
    assert sheet.answers["assumptions"].startswith("## 1. Assumptions")


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"not json", b"[]", b"{}", b'{"cells": 3}', b'{"cells": [3]}', b'{"cells": [{}]}', b"[" * 100_000),
        *(json.dumps({"cells": [{"source": "x", "metadata": {"nbgrader": []}}]}).encode(), b"\xff\xfe\x00"),
    ],
)
def test_what_is_no_such_notebook_is_refused(content: bytes) -> None:
    with pytest.raises(SheetError):
        read_sheet(content)


def test_a_notebook_of_many_bytes_is_not_read() -> None:
    with pytest.raises(SheetError, match="at most"):
        read_sheet(b" " * (16 * 1024 * 1024 + 1))
