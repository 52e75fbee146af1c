"""The gradebook for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import json

from grader.gradebook.book import Book
from grader.gradebook.exporting import as_csv, as_json
from grader.gradebook.marked import marked_notebooks
from tests.gradebook.conftest import NOON, assessment, cell, put, report


def test_a_row_for_each_candidate_and_assignment(book: Book) -> None:
    both = assessment(("knn", "em"))
    put(book, report("bob", answers={}), report(of=both, lost=["ties"]))
    book.mark(cell(book, "random").grade, "eve", 12.5, NOON)
    text = as_csv(marked_notebooks(book))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    ada, bob = book.candidate("ada").id, book.candidate("bob").id
    assert rows == [
        ["id", "name", "assignment", "code_score", "code_max", "written_score", "written_max", "to_mark", "flagged"],
        [ada, "ada", "em", "70", "100", "0", "100", "2", "no"],
        [ada, "ada", "knn", "70", "100", "12.5", "100", "1", "no"],
        [bob, "bob", "knn", "100", "100", "0", "100", "0", "no"],
    ]


def test_every_cell_is_quoted_and_no_name_is_a_formula(book: Book) -> None:
    names = ['=HYPERLINK("http://example.org")', "+1+1", "-2+3", "@SUM(A1)", 'com,ma "quoted"', "-1"]
    put(book, *(report(name) for name in names))
    text = as_csv(marked_notebooks(book))
    assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())
    shown = {row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert shown == {*(f"'{name}" for name in names[:4]), 'com,ma "quoted"', "-1"}


def test_json_has_what_each_person_gave(book: Book) -> None:
    put(book, report(lost=["ties"]))
    answer = cell(book, "random")
    book.mark(answer.grade, "eve", 10, NOON)
    book.mark(answer.grade, "mallory", 20, NOON)
    book.comment(answer.remark, "mallory", "Größe?", NOON)
    text = as_json(marked_notebooks(book))
    assert text.isascii()
    (told,) = json.loads(text)["notebooks"]
    assert (told["name"], told["assignment"], told["flagged"]) == ("ada", "knn", False)
    cells = {each["name"]: each for each in told["cells"]}
    assert list(cells) == ["criterion-ties", "criterion-speed", "random", "cost"]
    assert (cells["criterion-ties"]["auto"], cells["criterion-ties"]["kind"]) == (30, "criterion")
    assert (cells["random"]["manual"], cells["random"]["earned"], cells["random"]["comment"]) == (15, 15, "Größe?")
    assert cells["random"]["markers"] == [
        {"marker": "eve", "score": 10, "is_current": True, "comment": ""},
        {"marker": "mallory", "score": 20, "is_current": True, "comment": "Größe?"},
    ]
    assert (cells["cost"]["earned"], cells["cost"]["to_mark"]) == (None, True)


def test_an_empty_gradebook_is_a_head_and_no_rows(book: Book) -> None:
    assert as_csv(marked_notebooks(book)).count("\r\n") == 1
    assert json.loads(as_json(marked_notebooks(book)))["notebooks"] == []
