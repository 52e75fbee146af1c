"""What each person gives is kept by itself, and nbgrader's score and comment follow from all of it."""

from __future__ import annotations

from math import inf, nan

import nbgrader.api as api
import pytest
from sqlalchemy import event, select, text

from grader.errors import ExitCode
from grader.gradebook.book import Book, MarkerMark
from grader.gradebook.database import BookError, BookFaultError
from grader.gradebook.tables import CANDIDATE
from tests.gradebook.conftest import NOON, cell, put, report


def test_the_score_is_the_mean_of_all_who_marked(book: Book) -> None:
    put(book, report())
    grade = cell(book, "random").grade
    book.mark(grade, "eve", 10, NOON)
    assert (cell(book, "random").manual, cell(book, "random").needs) == (10, False)
    book.mark(grade, "mallory", 25.5, NOON)
    assert cell(book, "random").manual == 17.75
    book.mark(grade, "eve", 30, NOON)
    assert cell(book, "random").manual == 27.75
    book.mark(grade, "mallory", None, NOON)
    assert (cell(book, "random").manual, cell(book, "random").needs) == (30, False)
    book.mark(grade, "eve", None, NOON)
    assert (cell(book, "random").manual, cell(book, "random").needs) == (None, True)


def test_each_person_sees_the_own_marks_alone(book: Book) -> None:
    put(book, report())
    answer, criterion = cell(book, "random"), cell(book, "criterion-ties")
    book.mark(answer.grade, "eve", 10, NOON)
    book.comment(answer.remark, "eve", "short", NOON)
    book.comment(criterion.remark, "eve", "look at the ties", NOON)
    book.comment(answer.remark, "mallory", "long", NOON)
    assert book.marks_by(answer.book, "eve") == {
        "random": MarkerMark(10, "short"),
        "criterion-ties": MarkerMark(None, "look at the ties"),
    }
    assert book.marks_by(answer.book, "mallory") == {"random": MarkerMark(None, "long")}
    assert book.marks_by(answer.book, "trent") == {}


def test_the_comment_is_the_one_or_paragraphs_by_name(book: Book) -> None:
    put(book, report())
    remark = cell(book, "random").remark
    book.comment(remark, "mallory", "  Too short.\n", NOON)
    assert cell(book, "random").manual_comment == "Too short."
    book.comment(remark, "eve", "Well said.", NOON)
    assert cell(book, "random").manual_comment == "eve: Well said.\n\nmallory: Too short."
    book.comment(remark, "mallory", " ", NOON)
    assert cell(book, "random").manual_comment == "Well said."
    book.comment(remark, "eve", None, NOON)
    assert cell(book, "random").manual_comment is None


@pytest.mark.parametrize("score", [-0.1, 40.1, inf, -inf, nan])
def test_points_are_bounded_by_what_the_question_is_worth(book: Book, score: float) -> None:
    put(book, report())
    grade = cell(book, "random").grade
    book.mark(grade, "eve", 40, NOON)
    with pytest.raises(BookError, match="from 0 to 40") as caught:
        book.mark(grade, "eve", score, NOON)
    assert caught.value.exit_code is ExitCode.USAGE
    assert cell(book, "random").manual == 40


def test_a_criterion_is_not_marked_by_hand_but_may_be_commented(book: Book) -> None:
    put(book, report())
    with pytest.raises(BookError, match="for a written answer"):
        book.mark(cell(book, "criterion-ties").grade, "eve", 10, NOON)
    with pytest.raises(BookError, match="for a written answer"):
        book.mark("0" * 32, "eve", 10, NOON)
    with pytest.raises(BookError, match="on a cell of the gradebook"):
        book.comment("0" * 32, "eve", "hm", NOON)
    book.comment(cell(book, "criterion-ties").remark, "eve", "unlucky", NOON)
    assert cell(book, "criterion-ties").manual_comment == "unlucky"


def test_a_marker_has_a_name_and_a_comment_an_end(book: Book) -> None:
    put(book, report())
    with pytest.raises(BookError, match="should have a name"):
        book.mark(cell(book, "random").grade, " \n", 10, NOON)
    with pytest.raises(BookError, match="at most 16384 characters"):
        book.comment(cell(book, "random").remark, "eve", "x" * 16385, NOON)


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "\x1b[2J", "\u202e"])
def test_what_no_database_or_page_takes_is_made_visible(book: Book, odd: str) -> None:
    put(book, report(f"ada{odd}"))
    book.comment(cell(book, "random", f"ada{odd}").remark, f"eve{odd}", f"well{odd} said", NOON)
    assert cell(book, "random", f"ada{odd}").manual_comment == f"well\ufffd{odd[1:]} said"


def test_an_answer_that_is_not_there_may_be_marked_all_the_same(book: Book) -> None:
    put(book, report(answers={}))
    assert (cell(book, "random").auto, cell(book, "random").auto_comment) == (0, "not answered")
    book.mark(cell(book, "random").grade, "eve", 5, NOON)
    assert cell(book, "random").manual == 5
    book.mark(cell(book, "random").grade, "eve", None, NOON)
    assert (cell(book, "random").manual, cell(book, "random").needs) == (None, False)


def test_names_stay_in_our_own_table(book: Book) -> None:
    put(book, report("Ada Lovelace"))
    book.mark(cell(book, "random", "Ada Lovelace").grade, "eve", 10, NOON)
    with book.reading() as session:
        for table in api.Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                assert "Ada" not in str(tuple(row)), table.name
        assert session.scalars(select(CANDIDATE.c.name)).all() == ["Ada Lovelace"]
    student = book.gradebook.find_student(book.candidate("Ada Lovelace").id)
    assert (student.first_name, student.last_name, student.email) == (None, None, None)
    assert not [path for path in book.course.rglob("*") if "Ada" in path.name]


def test_what_fails_in_the_middle_leaves_nothing_and_is_our_fault(book: Book) -> None:
    put(book, report())
    grade = cell(book, "random").grade

    def refuse(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("UPDATE grade "):
            connection.exec_driver_sql("SELECT nothing FROM nowhere")  # type: ignore[attr-defined]

    event.listen(book.gradebook.engine, "before_cursor_execute", refuse)
    with pytest.raises(BookFaultError, match="could not be written to") as caught:
        book.mark(grade, "eve", 10, NOON)
    event.remove(book.gradebook.engine, "before_cursor_execute", refuse)
    assert caught.value.exit_code is ExitCode.FAULT
    assert book.marks_by(cell(book, "random").book, "eve") == {}
    assert cell(book, "random").manual is None


def test_a_session_does_not_see_what_it_saw_before(book: Book) -> None:
    put(book, report())
    grade = cell(book, "random").grade
    with Book(book.course, book.url) as other:
        other.mark(grade, "eve", 10, NOON)
    with book.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM grader_mark")) == 1
    assert cell(book, "random").manual == 10
