"""What there is to mark is listed as it is, by either kind of database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from grader.gradebook.adding import add
from grader.gradebook.book import Book
from grader.gradebook.reading import Scored
from grader.marking.listing import Work, cells, entries, place_of, works
from tests.gradebook.conftest import book, postgresql, url
from tests.marking.course import ScaleBank, report

__all__ = ["book", "postgresql", "url"]

pytestmark = pytest.mark.xdist_group("postgresql")

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
FULL = {"assumptions": "That near is alike.", "scale": "An index."}


def put(book: Book, name: str, texts: dict[str, str]) -> None:
    add(book, [Scored(name, report(name, texts, ("em", "knn")))], ScaleBank())  # type: ignore[arg-type]


def grade_id(book: Book, name: str, question: str) -> str:
    who = book.candidate(name).id
    return str(book.gradebook.find_grade(question, "knn", "knn", who).id)


def test_work_is_counted_for_one_marker(book: Book) -> None:
    put(book, "ada", FULL)
    put(book, "bob", {"assumptions": "None."})
    book.mark(grade_id(book, "ada", "scale"), "grace", 5, NOON)
    book.mark(grade_id(book, "ada", "assumptions"), "bea", 5, NOON)
    book.mark(grade_id(book, "bob", "scale"), "grace", 0, NOON)  # which was not answered, and needs none
    with book.reading() as session:
        assert works(session, "grace") == [Work("em", "em", 2, 3, 0), Work("knn", "knn", 2, 3, 1)]
        found = entries(session, "knn", "knn", "grace")
        assert [entry.id for entry in found] == sorted(entry.id for entry in found)
        assert [entry.number for entry in found] == [1, 2]
        counts = {entry.candidate: (entry.marked, entry.answers, entry.code, entry.code_points) for entry in found}
        assert place_of(session, found[0].id) == ("knn", "knn")
        assert place_of(session, "0") is None
        assert entries(session, "knn", "em", "grace") == []
    assert counts == {book.candidate("ada").id: (1, 2, 60, 100), book.candidate("bob").id: (0, 1, 60, 100)}


def test_an_answer_that_changed_after_it_was_marked_waits_again(book: Book) -> None:
    put(book, "ada", FULL)
    book.mark(grade_id(book, "ada", "scale"), "grace", 5, NOON)
    put(book, "ada", FULL | {"scale": "Something else."})
    with book.reading() as session:
        assert [(entry.marked, entry.answers) for entry in entries(session, "knn", "knn", "grace")] == [(0, 2)]


def test_cells_come_in_the_order_of_the_notebook_with_their_comments(book: Book) -> None:
    put(book, "ada", FULL)
    put(book, "bob", FULL)
    with book.reading() as session:
        (submission, *_) = [entry.id for entry in entries(session, "knn", "knn", "grace")]
        found = cells(session, notebook_id=submission)
        assert [cell.name for cell in found] == ["criterion-weights", "criterion-ties", "assumptions", "scale"]
        assert [cell.is_written for cell in found] == [False, False, True, True]
        assert [cell.auto_score for cell in found] == [60, 0, None, None]
        assert len({cell.comment_id for cell in found}) == 4
        for cell in found:
            assert cells(session, grade_id=cell.grade_id) == [cell]
            assert cells(session, comment_id=str(cell.comment_id)) == [cell]
        assert cells(session, grade_id="0") == []
