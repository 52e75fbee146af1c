"""Answers from strangers, as text or notebook: what is taken, what is said, and that nothing worse comes of it."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from typing import Any

import pytest

from grader.written.answers import (
    ANSWER_LIMIT,
    NOTEBOOK_LIMIT,
    Answers,
    answers_in_notebook,
    answers_in_text,
    answers_of,
    without_outputs,
)
from grader.written.questions import STUB, as_markdown, read_questions
from tests.written.sources import OUTLIERS, WEIGHTS, answered, cell, notebook, source

QUESTIONS = read_questions(source(), "here")
RELEASED = as_markdown("A toy", QUESTIONS)
COMMENT = f"<!-- {STUB} -->"
PULLS, SIZES = "It pulls the mean.\n\nThe median stays.", "When groups differ in size."
BOTH = {"one_outlier": PULLS, "weights": SIZES}

Cells = list[dict[str, Any]]


def text(first: str = COMMENT, second: str = COMMENT) -> str:
    """The text with answers in place of its two stubs."""
    before, between, after = RELEASED.split(COMMENT)
    return before + first + between + second + after


def fit_to_be_kept(found: Answers) -> Answers:
    """See that what was taken can be written as JSON and UTF-8, and is told in single lines."""
    json.dumps([dict(found.texts), found.rest, list(found.remarks)], ensure_ascii=False).encode("utf-8")
    assert "\0" not in "".join((*found.texts.values(), found.rest))
    assert all(remark.isprintable() and len(remark) < 300 for remark in found.remarks)
    assert all(found.texts.values())
    assert found.texts.keys() <= {question.id for question in QUESTIONS}
    return found


def in_text(content: str) -> Answers:
    return fit_to_be_kept(answers_in_text(content, QUESTIONS))


def in_notebook(content: bytes | Cells) -> Answers:
    return fit_to_be_kept(
        answers_in_notebook(content if isinstance(content, bytes) else notebook(content), QUESTIONS)
    )


# Texts


def test_what_stands_below_a_question_is_its_answer() -> None:
    assert in_text(text(PULLS, SIZES)) == Answers(BOTH)


def test_what_is_as_it_was_released_answers_nothing() -> None:
    assert in_text(RELEASED) == Answers()


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_make_no_difference(end: str) -> None:
    assert in_text(RELEASED.replace("\n", end)) == Answers()
    assert in_text(text(PULLS, SIZES).replace("\n", end)).texts == BOTH


def test_an_answer_may_stand_beside_the_stub_that_was_left() -> None:
    assert in_text(text(f"{COMMENT}\n\n{PULLS}", f"{SIZES}\n{COMMENT}")).texts == BOTH


@pytest.mark.parametrize(
    "written",
    [f"<!-- {SIZES} -->", f"<!-- {STUB}\n{SIZES} -->", f"<!-- Your answer: {SIZES} -->", f"<!--{SIZES}"],
)
def test_an_answer_within_the_comment_is_one(written: str) -> None:
    assert SIZES in in_text(text(second=written)).texts["weights"]


@pytest.mark.parametrize(
    "heading",
    [
        "# 2. Weights (40 points)",
        "### 2. Weights",
        "## 2) weights (40 points)",
        "##  2.   WEIGHTS  (40 points)  ",
        "## 2 Weights (40.5 points)",
    ],
)
def test_a_heading_may_change_as_editors_and_people_change_it(heading: str) -> None:
    found = in_text(text(PULLS, SIZES).replace("## 2. Weights (40 points)", heading))
    assert found == Answers(BOTH)


@pytest.mark.parametrize(
    "heading", ["### Weights", "## 1. Weights", "## 2. Other", "Weights", "2. Weights (40 points)"]
)
def test_a_candidates_own_heading_is_part_of_the_answer(heading: str) -> None:
    found = in_text(text(f"{PULLS}\n\n{heading}\n\nmore", SIZES))
    assert found.texts == {"one_outlier": f"{PULLS}\n\n{heading}\n\nmore", "weights": SIZES}
    assert found.remarks == ()


def test_a_heading_that_is_gone_is_told_and_its_answer_stays_with_the_one_before() -> None:
    found = in_text(text(PULLS, SIZES).replace("## 2. Weights (40 points)\n", ""))
    assert PULLS in found.texts["one_outlier"]
    assert SIZES in found.texts["one_outlier"]
    assert "weights" not in found.texts
    (remark,) = found.remarks
    assert remark.endswith("weights")


def test_a_heading_that_is_there_twice_is_told_and_both_parts_are_taken() -> None:
    found = in_text(text(PULLS, SIZES) + "\n## 1. One outlier (60 points)\n\nAlso this.\n")
    assert found.texts == {"one_outlier": f"{PULLS}\n\n\nAlso this.", "weights": SIZES}
    assert "one_outlier is there twice" in found.remarks[0]


def test_without_any_heading_everything_belongs_to_no_question() -> None:
    found = in_text("I would look at the median.")
    assert (found.texts, found.rest) == ({}, "I would look at the median.")
    assert "one_outlier, weights" in found.remarks[0]


def test_a_question_that_an_editor_wrapped_anew_is_no_answer() -> None:
    assert in_text(RELEASED.replace(OUTLIERS, OUTLIERS.replace("\n", " "))) == Answers()
    assert in_text(RELEASED.replace(WEIGHTS, WEIGHTS.replace(" a ", "\na\n"))) == Answers()


def test_a_long_answer_is_cut_and_that_is_told() -> None:
    found = in_text(text("x" * (ANSWER_LIMIT + 1)))
    assert len(found.texts["one_outlier"]) == ANSWER_LIMIT
    assert found.remarks == (f"the answer to one_outlier is cut after {ANSWER_LIMIT} characters",)


@pytest.mark.parametrize(
    "odd", ["a\0b", "\ud83d alone", "\u202e\x1b[2J", "\ufeff", "é" * 3, "#" * 100_000, "<!--" * 20_000]
)
def test_odd_characters_and_runs_of_them_do_no_harm(odd: str) -> None:
    found = in_text(text(f"x {odd}"))
    assert found.texts["one_outlier"].startswith("x ")
    in_text(odd)


# Notebooks


def test_what_stands_in_the_cell_of_an_answer_is_the_answer() -> None:
    assert in_notebook(answered(**BOTH)) == Answers(BOTH)


def test_a_notebook_as_it_was_released_answers_nothing() -> None:
    assert in_notebook(answered()) == Answers()
    assert in_notebook(answered(weights=f"{STUB}\n\n{SIZES}")).texts == {"weights": SIZES}
    assert in_notebook(answered(weights=f"{WEIGHTS}\n\n{SIZES}")).texts == {"weights": SIZES}


def without(name: str) -> Cells:
    return [each for each in answered(**BOTH) if each["metadata"]["nbgrader"]["grade_id"] != name]


def changed(name: str, change: Callable[[dict[str, Any]], object]) -> Cells:
    made = answered(**BOTH)
    change(next(each for each in made if each["metadata"]["nbgrader"]["grade_id"] == name))
    return made


def test_a_deleted_cell_is_no_answer_and_told() -> None:
    found = in_notebook(without("weights"))
    assert found.texts == {"one_outlier": PULLS}
    assert found.remarks == ("the cell of the answer to weights is not there: it was deleted or renamed",)


def test_a_renamed_cell_is_no_answer_and_told() -> None:
    found = in_notebook(changed("weights", lambda c: c["metadata"]["nbgrader"].update(grade_id="one_more")))
    assert found.texts == {"one_outlier": PULLS}
    assert [remark.partition(" ")[0] for remark in found.remarks] == ["the", "1"]


def test_a_duplicated_cell_is_told_and_all_are_taken() -> None:
    found = in_notebook([*answered(**BOTH), cell("weights", "And more.", 40)])
    assert found.texts["weights"] == f"{SIZES}\n\nAnd more."
    assert found.remarks == ("the cell of the answer to weights is there 2 times; all are taken",)


def test_cells_in_another_order_are_the_same_answers() -> None:
    assert in_notebook(answered(**BOTH)[::-1]) == Answers(BOTH)


def test_a_cell_that_was_added_belongs_to_no_question_and_is_told() -> None:
    extra = {"cell_type": "markdown", "id": "f00", "metadata": {}, "source": "My answer"}
    found = in_notebook([*answered(), extra, {**extra, "id": "f01"}, {**extra, "source": " "}])
    assert (found.texts, found.rest) == ({}, "")
    assert found.remarks == ("2 cells of the notebook belong to no question and were not taken",)


def test_a_program_that_drops_metadata_leaves_the_ids() -> None:
    made = answered(**BOTH)
    for each in made:
        each["metadata"] = {"id": "colab"}
    assert in_notebook(made) == Answers(BOTH)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["metadata"].update(collapsed=True, tags=["x"], unknown={"deep": [1]}),
        lambda c: c["metadata"]["nbgrader"].update(points=1e9, checksum="forged", locked=None, schema_version="9"),
        lambda c: c.update(outputs=[{"output_type": "display_data", "data": {"text/html": "<script>x()</script>"}}]),
        lambda c: c.update(cell_type="code", outputs=[{"output_type": "stream", "text": "100 points"}]),
        lambda c: c.update(cell_type="raw"),
        lambda c: c.update(cell_type=None, execution_count="x"),
        lambda c: c.update(attachments={"a.png": {"image/png": "AAAA"}}),
        lambda c: c.update(source="".join(c["source"])),
        lambda c: c.update(id=None),
    ],
)
def test_nothing_but_the_text_of_a_cell_is_looked_at(change: Callable[[dict[str, Any]], object]) -> None:
    assert in_notebook(changed("weights", change)) == Answers(BOTH)


@pytest.mark.parametrize("odd", [None, 3, 1.5, True, {}, {"a": ["b"]}, [3, None, ["x"], {}], [], ""])
def test_a_source_that_is_no_text_is_no_answer(odd: object) -> None:
    assert in_notebook(changed("weights", lambda c: c.update(source=odd))).texts == {"one_outlier": PULLS}


def test_what_is_text_in_a_mixed_source_is_taken() -> None:
    assert in_notebook(changed("weights", lambda c: c.update(source=[1, "When ", None, "so."]))).texts["weights"] == (
        "When so."
    )


@pytest.mark.parametrize(
    "odd", [None, 3, [], [[]], {}, "weights", {"nbgrader": None}, {"nbgrader": {"grade_id": [1]}}]
)
def test_metadata_of_any_kind_does_no_harm(odd: object) -> None:
    made = [{**each, "id": 7, "metadata": odd} for each in answered(**BOTH)]
    assert in_notebook(made).texts == {}


@pytest.mark.parametrize("odd", [None, 3, "text", [], True, {}])
def test_cells_of_any_kind_do_no_harm(odd: object) -> None:
    content = json.dumps({"cells": [odd, *answered(**BOTH), odd]}).encode()
    assert in_notebook(content) == Answers(BOTH)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"\xff\xfe\xff",
        b'{"cells": [], "x": "\xe9"}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"cells": ' + b"9" * 5000 + b"}",
        b"3",
        b"null",
        b"[]",
        b'{"cells": {}}',
        b'{"cells": "x"}',
        b'{"worksheets": []}',
    ],
)
def test_what_cannot_be_read_answers_nothing_and_is_told(content: bytes) -> None:
    found = in_notebook(content)
    assert (found.texts, found.rest) == ({}, "")
    (remark,) = found.remarks
    assert remark.startswith("the notebook cannot be read: ")
    assert without_outputs(content) == content or json.loads(without_outputs(content)) == {"cells": []}


@pytest.mark.parametrize("size", [NOTEBOOK_LIMIT + 1, 50 * 1024 * 1024])
def test_a_notebook_beyond_the_limit_is_not_opened(size: int) -> None:
    content = notebook(answered(**BOTH)).ljust(size)
    assert in_notebook(content) == Answers(remarks=("the notebook is larger than 1 MB and was not opened",))


def test_a_notebook_of_the_limit_is_opened() -> None:
    assert in_notebook(notebook(answered(**BOTH)).ljust(NOTEBOOK_LIMIT)) == Answers(BOTH)


@pytest.mark.parametrize("count", [100_000])
@pytest.mark.parametrize("each", ["{}", "[]", '{"id":""}'])
def test_a_huge_number_of_cells_does_no_harm(count: int, each: str) -> None:
    assert in_notebook(f'{{"cells": [{",".join([each] * count)}]}}'.encode()).texts == {}


def test_a_huge_number_of_cells_of_one_name_is_cut() -> None:
    each = '{"metadata":{"nbgrader":{"grade_id":"weights"}},"source":"word word word word"}'
    found = in_notebook(f'{{"cells": [{",".join([each] * 10_000)}]}}'.encode())
    assert len(found.texts["weights"]) == ANSWER_LIMIT
    assert any("is there 10000 times" in remark for remark in found.remarks)
    assert any("is cut after" in remark for remark in found.remarks)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "-0.0"])
def test_numbers_that_are_none_do_no_harm(number: str) -> None:
    content = notebook(answered(**BOTH)).replace(b'"points": 40', f'"points": {number}'.encode())
    assert number.encode() in content
    assert in_notebook(content) == Answers(BOTH)


def test_halves_of_characters_and_zeros_are_replaced() -> None:
    """JSON can say them; UTF-8 and databases cannot."""
    content = notebook(answered(weights="X")).replace(b'"X"', rb'"\ud83d \udc00 \u0000 \ud83d\ude00"')
    assert in_notebook(content).texts == {"weights": "\ufffd \ufffd \ufffd \U0001f600"}
    json.loads(without_outputs(content))


def test_halves_of_characters_in_names_do_no_harm() -> None:
    content = notebook(answered(**BOTH)).replace(b'"grade_id": "weights"', rb'"grade_id": "\ud83dweights"')
    assert in_notebook(content).texts == {"one_outlier": PULLS}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_notebook_with_a_byte_order_mark_is_read(encoding: str) -> None:
    assert in_notebook(notebook(answered(**BOTH)).decode().encode(encoding)) == Answers(BOTH)


def test_halves_of_characters_in_the_bytes_do_no_harm() -> None:
    content = notebook(answered(weights="X")).replace(b'"X"', b'"x \xed\xa0\xbd"')
    assert in_notebook(content).texts.get("weights", "x").startswith("x")


def test_outputs_and_pictures_go_and_the_answers_stay() -> None:
    made = changed("weights", lambda c: c.update(attachments={"a.png": {"image/png": "A" * 2 * NOTEBOOK_LIMIT}}))
    made.append({"cell_type": "code", "id": "f00", "metadata": {}, "outputs": ["x"], "source": "y"})
    content = notebook(made)
    assert in_notebook(content).texts == {}
    slim = without_outputs(codecs.BOM_UTF8 + content)
    assert len(slim) < 5000
    assert b"outputs" not in slim
    assert in_notebook(slim) == in_notebook([*answered(**BOTH), made[-1]])


# Both


def test_where_both_are_answered_the_text_counts_and_the_notebook_fills_it_up() -> None:
    found = answers_of(text(PULLS), notebook(answered(one_outlier="Else.", weights=SIZES)), QUESTIONS)
    assert found.texts == {"one_outlier": PULLS, "weights": SIZES}
    [remark] = found.remarks
    assert remark == "there are answers in the text and in the notebook; where both have one, the text's is taken"


@pytest.mark.parametrize("other", [RELEASED, RELEASED.replace("\n", "\r\n"), "", None])
def test_the_notebook_counts_where_the_text_is_not_answered(other: str | None) -> None:
    assert answers_of(other, notebook(answered(**BOTH)), QUESTIONS).texts == BOTH


def test_what_belongs_to_no_question_is_kept_beside_the_notebooks_answers() -> None:
    found = answers_of(f"See the notebook.\n\n{RELEASED}", notebook(answered(**BOTH)), QUESTIONS)
    assert (found.texts, found.rest) == (BOTH, "See the notebook.")


@pytest.mark.parametrize("content", [notebook(answered()), b"", None])
def test_the_text_counts_where_the_notebook_is_not_answered(content: bytes | None) -> None:
    assert answers_of(text(PULLS, SIZES), content, QUESTIONS) == Answers(BOTH)


def test_nothing_handed_in_is_no_answer() -> None:
    assert answers_of(None, None, QUESTIONS) == Answers()
    assert answers_of(RELEASED, notebook(answered()), QUESTIONS) == Answers()
