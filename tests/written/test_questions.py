"""Questions as they are laid out by authors, and as they are told from what was released."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from grader.bank import Bank
from grader.errors import BankError, ExitCode
from grader.written.form import as_notebook, excess
from grader.written.questions import as_markdown, asked, asked_in_text, read_questions
from tests.conftest import ROOT, ToyBank
from tests.written.sources import OUTLIERS, SCHEME, WEIGHTS, answered, cell, cells, notebook, source

Cells = list[dict[str, Any]]


def test_questions_come_in_their_order_with_points_text_and_scheme() -> None:
    first, second = read_questions(source(), "here")
    assert (first.id, first.title, first.points, first.text, first.scale) == (
        "one_outlier",
        "One outlier",
        60.0,
        OUTLIERS,
        SCHEME,
    )
    assert (second.id, second.title, second.points, second.text) == ("weights", "Weights", 40.0, WEIGHTS)


def changed(change: Callable[[Cells], object]) -> bytes:
    made = cells()
    change(made)
    return notebook(made)


def said(made: Cells, at: int) -> dict[str, Any]:
    held: dict[str, Any] = made[at]["metadata"]["nbgrader"]
    return held


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: said(c, 2).update(points=50), r"'## 1\. One outlier \(50 points\)'"),
        (
            lambda c: (said(c, 2).update(points=70), c[1].update(source="## 1. One outlier (70 points)\n\nWhy?")),
            "110",
        ),
        (lambda c: said(c, 2).update(points=True), "points should be a number above 0, but is True"),
        (lambda c: said(c, 2).update(points=float("nan")), "points should be a number above 0, but is nan"),
        (lambda c: said(c, 2).update(points=-5), "points should be a number above 0"),
        (lambda c: said(c, 2).update(grade_id="One outlier"), "lower-case letters, digits and _"),
        (lambda c: said(c, 4).update(grade_id="one_outlier"), r"## 2\.|differ from cell to cell"),
        (lambda c: said(c, 1).update(grade_id="another-question"), "'one_outlier-question' should ask the question"),
        (lambda c: c[1].update(source="What does an outlier do?\n\nTo a mean?"), "should begin|begin with a line"),
        (lambda c: c[1].update(source="## 1. One outlier (60 points)"), "should ask the question"),
        (lambda c: c[2].update(source="  \n"), "should hold the mark scheme, but is empty"),
        (lambda c: c[2].update(cell_type="code"), "should be a cell of Markdown"),
        (lambda c: c.reverse(), r"should begin with '## 1\."),
        (lambda c: c.clear(), "sum to 100, but sum to 0"),
    ],
)
def test_what_is_wrong_in_a_source_is_told_with_its_cell(change: Callable[[Cells], object], says: str) -> None:
    with pytest.raises(BankError, match=says) as told:
        read_questions(changed(change), "solutions/toy/questions.ipynb")
    assert str(told.value).startswith("solutions/toy/questions.ipynb")
    assert "\n" not in str(told.value)
    assert told.value.exit_code == ExitCode.USAGE
    assert told.value.cure


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"cells": 3}', b'{"cells": [3]}', b"[" * 100_000, b"\xff\xfe\xfd"]
)
def test_what_is_no_notebook_is_refused(content: bytes) -> None:
    with pytest.raises(BankError, match=r"^there should be a notebook"):
        read_questions(content, "there")


def test_a_bank_without_questions_has_none(toy_bank: ToyBank) -> None:
    assert Bank(toy_bank.root).questions("toy") == ()
    toy_bank.write("solutions/toy/questions.ipynb", source().decode())
    assert [question.id for question in Bank(toy_bank.root).questions("toy")] == ["one_outlier", "weights"]


def test_the_text_to_answer_in_asks_the_same_and_tells_no_scheme() -> None:
    text = as_markdown("A toy", read_questions(source(), "here"))
    assert text.startswith("# A toy: written questions\n\n")
    assert f"\n\n## 1. One outlier (60 points)\n\n{OUTLIERS}\n\n<!-- Your answer: replace this line. -->\n" in text
    assert "marks" not in text


# What is told from released files


@pytest.mark.parametrize("texts", [{}, {"one_outlier": "It pulls.", "weights": "# Own\n\nheading"}])
def test_a_released_notebook_tells_its_questions_filled_in_or_not(texts: dict[str, str]) -> None:
    first, second = asked(notebook(answered(**texts)))
    assert (first.id, first.title, first.points, first.text, first.scale) == (
        "one_outlier",
        "One outlier",
        60.0,
        OUTLIERS,
        "",
    )
    assert (second.id, second.title, second.points, second.text) == ("weights", "Weights", 40.0, WEIGHTS)


def test_a_notebook_that_a_candidate_changed_tells_what_is_left() -> None:
    made = answered()
    del made[1], made[-1]
    made[2]["source"] = "No heading any more"
    assert [(q.id, q.title, q.text) for q in asked(notebook(made))] == [
        ("one_outlier", "one_outlier", ""),
        ("weights", "weights", "No heading any more"),
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b'{"cells": [1]}', b'{"cells": []}'])
def test_what_is_no_notebook_asks_nothing(content: bytes) -> None:
    assert asked(content) == ()


@pytest.mark.parametrize("points", ["1.2.3", "...", "9" * 400])
def test_odd_points_in_a_heading_are_no_error(points: str) -> None:
    made = answered()
    made[1]["source"] = f"## 1. One outlier ({points} points)\n\nWhy?"
    assert len(asked(notebook(made))) == 2
    assert len(asked_in_text(f"## 1. One ({points} points)\n\nWhy?\n")) == 1


def test_a_text_tells_its_questions_as_long_as_the_stubs_are_there() -> None:
    text = as_markdown("A toy", read_questions(source(), "here"))
    first, second = asked_in_text(text)
    assert (first.id, first.title, first.points, first.text) == ("1", "One outlier", 60.0, OUTLIERS)
    assert (second.id, second.title, second.points, second.text) == ("2", "Weights", 40.0, WEIGHTS)
    filled = text.replace("<!-- Your answer: replace this line. -->", "It pulls.", 1)
    assert [question.text for question in asked_in_text(filled)] == ["", WEIGHTS]
    assert asked_in_text("no questions\n") == ()


# The form of what is given out


def test_a_notebook_that_was_written_by_us_holds_nothing_beside_its_cells() -> None:
    assert excess(as_notebook(answered())) == ""
    assert json.loads(as_notebook(answered()))["cells"][2]["source"] == ["Your answer: replace this line."]


def test_only_what_counts_of_a_cell_is_written() -> None:
    full = cell("weights", "Because.", 40, attachments={"a.png": {}}, outputs=[1], execution_count=3)
    full["metadata"] |= {"tags": ["x"], "deletable": False}
    full["metadata"]["nbgrader"]["note"] = "secret"
    (kept,) = json.loads(as_notebook([full]))["cells"]
    assert kept.keys() == {"cell_type", "id", "metadata", "source"}
    assert kept["metadata"].keys() == {"deletable", "nbgrader"}
    assert "note" not in kept["metadata"]["nbgrader"]


EXCESSES = {
    "outputs": lambda table: table["cells"][1].update(outputs=[]),
    "attachments": lambda table: table["cells"][1].update(attachments={"a.png": {"image/png": "AAAA"}}),
    "metadata of the notebook": lambda table: table["metadata"].update(authors=["ada"]),
    "another kernel": lambda table: table["metadata"]["kernelspec"].update(display_name="The answer is weights"),
    "tags": lambda table: table["cells"][1]["metadata"].update(tags=["the answer is weights"]),
    "metadata of nbgrader's": lambda table: table["cells"][1]["metadata"]["nbgrader"].update(note="weights"),
    "a checksum that is none": lambda table: table["cells"][1]["metadata"]["nbgrader"].update(checksum="weights"),
    "points that are none": lambda table: table["cells"][2]["metadata"]["nbgrader"].update(points="weights"),
    "a flag that is none": lambda table: table["cells"][1]["metadata"]["nbgrader"].update(task="weights"),
    "a lock that is none": lambda table: table["cells"][1]["metadata"].update(editable="weights"),
    "an id that is none": lambda table: table["cells"][1].update(id="the answer is: weights"),
    "code": lambda table: table["cells"].append({"cell_type": "code", "source": [], "metadata": {}, "id": "x"}),
    "a key": lambda table: table.update(note="weights"),
    "a format": lambda table: table.update(nbformat_minor=4),
    "a source that is a text": lambda table: table["cells"][1].update(source="weights"),
    "half a character": lambda table: table["cells"][1].update(source=["\ud800"]),
    "no cells": lambda table: table.update(cells=3),
}


@pytest.mark.parametrize("change", EXCESSES.values(), ids=EXCESSES.keys())
def test_whatever_else_a_notebook_holds_is_told(change: Callable[[dict[str, Any]], object]) -> None:
    table = json.loads(as_notebook(answered()))
    change(table)
    text = json.dumps(table, indent=1, sort_keys=True) + "\n"
    told = excess(text.encode())
    assert told
    assert "\n" not in told


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        as_notebook(answered()) + b"\n",
        as_notebook(answered()).replace(b'"cells"', b'"cells": ["weights"], "cells"', 1),
        b'{"cells": NaN}',
    ],
    ids=["empty", "deep", "a line more", "a key twice", "no number"],
)
def test_a_notebook_is_the_bytes_that_its_cells_give(content: bytes) -> None:
    assert excess(content)


@pytest.mark.parametrize("name", [assignment.name for assignment in Bank(ROOT).assessment.assignments])
def test_the_questions_of_the_default_bank_are_released_as_they_are(name: str) -> None:
    """Their files in ``assignments/`` are what ``grader questions`` made; nbgrader is not needed to see that."""
    from grader.release.questions import check_questions

    bank = Bank(ROOT)
    files = {
        f"{name}/{form}": (ROOT / "assignments" / name / form).read_bytes()
        for form in ("questions.ipynb", "answers.md")
    }
    check_questions(bank, bank.assignment(name), files)
    assert [q.id for q in asked(files[f"{name}/questions.ipynb"])] == [q.id for q in bank.questions(name)]
    assert 3 <= len(bank.questions(name)) <= 4
