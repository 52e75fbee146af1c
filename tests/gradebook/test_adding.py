"""Reports in the gradebook: what is ours is brought up to date, and what a person gave stays."""

from __future__ import annotations

from dataclasses import replace

import nbformat
import nbgrader.api as api
import pytest

from grader.gradebook.adding import NOT_JUDGED, Added, add
from grader.gradebook.book import ANOTHER_TEXT, Book
from grader.gradebook.database import BookError, BookFaultError
from grader.gradebook.marked import marked_notebooks
from grader.gradebook.reading import Scored
from grader.models import Criterion, Question
from tests.gradebook.conftest import ANSWERS, CRITERIA, NOON, QUESTIONS, assessment, cell, is_flagged, put, report

LATER = Criterion("later", "Later", 10, "speed", "came later")


def test_criteria_have_scores_and_what_was_lost_and_answers_wait(book: Book) -> None:
    tally = put(book, report(lost=["ties"], answers={"random": "The split."}))
    assert tally == Added(added=1, to_mark=1)
    ties, speed = cell(book, "criterion-ties"), cell(book, "criterion-speed")
    assert (ties.auto, ties.needs, ties.auto_comment) == (30, False, "Ties are right, part 1. (failed)")
    assert (speed.auto, speed.needs, speed.auto_comment) == (40, False, None)
    answered, missing = cell(book, "random"), cell(book, "cost")
    assert (answered.auto, answered.needs, answered.auto_comment) == (None, True, None)
    assert (missing.auto, missing.needs, missing.auto_comment) == (0, False, "not answered")


def test_nbgrader_itself_reads_what_was_written(book: Book) -> None:
    put(book, report(lost=["ties"]))
    book.mark(cell(book, "random").grade, "eve", 10, NOON)
    gradebook = book.gradebook
    assert gradebook.find_assignment("knn").max_score == 200
    found = gradebook.find_submission("knn", book.candidate("ada").id)
    assert (found.score, found.code_score, found.written_score) == (80, 70, 10)
    assert (found.max_score, found.max_code_score, found.max_written_score) == (200, 100, 100)
    assert found.needs_manual_grade
    grades = {grade.name: (grade.cell_type, grade.max_score) for grade in found.notebooks[0].grades}
    code = {"criterion-ties": ("code", 60), "criterion-speed": ("code", 40)}
    assert grades == code | {"random": ("markdown", 40), "cost": ("markdown", 60)}
    assert {remark.name for remark in found.notebooks[0].comments} == set(grades)


def test_adding_the_same_again_changes_nothing(book: Book) -> None:
    put(book, report(), report("bob"))
    book.mark(cell(book, "random").grade, "eve", 10, NOON)
    book.comment(cell(book, "random").remark, "eve", "short", NOON)
    before = marked_notebooks(book)
    assert put(book, report(), report("bob")) == Added(unchanged=2, to_mark=3)
    assert marked_notebooks(book) == before


def test_a_re_score_keeps_marks_and_flags_where_somebody_had_looked(book: Book) -> None:
    put(book, report(), report("bob"), report("cyd"), report("dan"))
    for name in ("ada", "dan"):
        book.mark(cell(book, "random", name).grade, "eve", 10, NOON)
    book.comment(cell(book, "criterion-ties", "bob").remark, "eve", "unlucky", NOON)
    again = [report(name, lost=["ties"]) for name in ("ada", "bob", "cyd")]
    assert put(book, *again, report("dan")) == Added(changed=3, unchanged=1, flagged=2, to_mark=6)
    assert [is_flagged(book, name) for name in ("ada", "bob", "cyd", "dan")] == [True, True, False, False]
    assert (cell(book, "random").manual, cell(book, "random").needs) == (10, False)
    assert cell(book, "criterion-ties", "bob").manual_comment == "unlucky"
    assert cell(book, "criterion-ties").auto == 30


def test_another_seed_that_loses_the_same_is_no_change(book: Book) -> None:
    put(book, report(lost=["ties"], message="expected 3, came back 4"))
    book.mark(cell(book, "random").grade, "eve", 10, NOON)
    tally = put(book, report(lost=["ties"], message="expected 7, came back 9", seed=8))
    assert (tally.changed, tally.flagged, is_flagged(book)) == (0, 0, False)


def test_an_answer_that_changed_is_marked_again_and_its_old_mark_kept(book: Book) -> None:
    put(book, report())
    for marker, score in (("eve", 10), ("mallory", 20)):
        book.mark(cell(book, "random").grade, marker, score, NOON)
        book.mark(cell(book, "cost").grade, marker, score, NOON)
    tally = put(book, report(answers=ANSWERS | {"random": "The seed."}))
    assert tally == Added(changed=1, flagged=1, to_mark=1)
    found = cell(book, "random")
    assert (found.manual, found.needs, found.auto_comment) == (15, True, ANOTHER_TEXT)
    assert (cell(book, "cost").manual, cell(book, "cost").needs) == (15, False)
    assert not book.marks_by(found.book, "eve")["random"].is_current
    # Once more, before anybody looked: it still waits, and still says why.
    assert put(book, report(answers=ANSWERS | {"random": "The seed."})) == Added(unchanged=1, to_mark=1)
    assert cell(book, "random") == found
    book.mark(found.grade, "eve", 40, NOON)
    assert (cell(book, "random").manual, cell(book, "random").needs, cell(book, "random").auto_comment) == (
        *(40, False, None),
    )
    assert book.marks_by(found.book, "mallory")["random"].score == 20


def test_the_answer_of_before_has_its_marks_again(book: Book) -> None:
    put(book, report())
    book.mark(cell(book, "random").grade, "eve", 10, NOON)
    put(book, report(answers=ANSWERS | {"random": "The seed."}))
    assert cell(book, "random").needs
    put(book, report())
    found = cell(book, "random")
    assert (found.manual, found.needs, found.auto_comment) == (10, False, None)


def test_other_points_for_a_question_ask_for_another_mark(book: Book) -> None:
    put(book, report())
    book.mark(cell(book, "cost").grade, "eve", 60, NOON)
    put(book, report(questions=(replace(QUESTIONS[0], points=50), replace(QUESTIONS[1], points=50))))
    assert cell(book, "cost").needs
    with pytest.raises(BookError, match="from 0 to 50"):
        book.mark(cell(book, "cost").grade, "eve", 60, NOON)


def test_an_answer_that_came_or_went(book: Book) -> None:
    put(book, report(answers={}))
    assert put(book, report()) == Added(changed=1, to_mark=2)
    assert (cell(book, "random").auto, cell(book, "random").auto_comment) == (None, None)
    assert put(book, report(answers={})) == Added(changed=1)
    assert (cell(book, "random").auto, cell(book, "random").needs) == (0, False)


def test_a_score_of_another_formgrader_is_kept_until_the_answer_changes(book: Book) -> None:
    put(book, report())
    grade = book.gradebook.find_grade("random", "knn", "knn", book.candidate("ada").id)
    grade.manual_score, grade.needs_manual_grade = 12.0, False
    book.gradebook.db.commit()
    put(book, report(lost=["ties"]))
    assert (cell(book, "random").manual, cell(book, "random").needs) == (12, False)
    assert is_flagged(book)
    put(book, report(lost=["ties"], answers=ANSWERS | {"random": "The seed."}))
    found = cell(book, "random")
    assert (found.manual, found.needs, found.auto_comment) == (12, True, ANOTHER_TEXT)


def test_what_came_to_the_bank_later_has_rows_for_older_submissions(book: Book) -> None:
    put(book, report(), report("bob"))
    book.mark(cell(book, "random").grade, "eve", 10, NOON)
    newer = assessment(criteria=(replace(CRITERIA[0], points=50), CRITERIA[1], LATER))
    asked = (replace(QUESTIONS[0], points=20), QUESTIONS[1], Question("later_question", "Later", 20, "And then?"))
    put(book, report("bob", of=newer, questions=asked))
    for name in ("criterion-later", "later_question"):
        old = cell(book, name)
        assert (old.auto, old.manual, old.needs, old.auto_comment) == (None, None, False, NOT_JUDGED)
    assert cell(book, "criterion-later", "bob").auto == 10
    assert (cell(book, "random").manual, cell(book, "random").needs) == (10, False)
    with pytest.raises(BookError, match="for a written answer"):
        book.mark(cell(book, "later_question").grade, "eve", 1, NOON)
    # What ada's report does not know is neither hers to earn nor to lose.
    assert [each.name for each in marked_notebooks(book)[0].cells] == [
        *("criterion-ties", "criterion-speed", "random", "cost"),
    ]


def test_what_left_the_bank_keeps_what_was_said_and_counts_no_more(book: Book) -> None:
    put(book, report())
    book.comment(cell(book, "criterion-speed").remark, "eve", "slow", NOON)
    fewer = assessment(criteria=(replace(CRITERIA[0], points=100),))
    assert put(book, report(of=fewer)).flagged == 1
    gone = cell(book, "criterion-speed")
    assert (gone.auto, gone.manual_comment, gone.auto_comment) == (None, "slow", NOT_JUDGED)
    assert book.gradebook.find_assignment("knn").max_score == 200
    assert put(book, report(of=fewer)) == Added(unchanged=1, to_mark=2)


def test_two_submissions_of_one_name_are_refused_before_anything_is_written(book: Book) -> None:
    with pytest.raises(BookError, match="two different submissions have the name ada") as caught:
        put(book, report("bob"), report(), report(source="def other(): ..."))
    assert "--name" in caught.value.cure
    assert book.gradebook.students == []
    assert not (book.course / "autograded").exists()
    with pytest.raises(BookError, match="two different submissions"):
        put(book, report(), report(answers={}))
    assert put(book, report(), report(lost=["ties"])).added == 1
    assert cell(book, "criterion-ties").auto == 30


def test_several_assignments_are_separate_and_one_submission(book: Book) -> None:
    both = assessment(("knn", "em"))
    assert put(book, report(of=both)) == Added(added=1, to_mark=4)
    book.mark(cell(book, "random", assignment="em").grade, "eve", 10, NOON)
    assert cell(book, "random").manual is None
    assert put(book, report(of=both, lost=["ties"])) == Added(changed=1, flagged=1, to_mark=3)
    assert (is_flagged(book, assignment="em"), is_flagged(book, assignment="knn")) == (True, False)


def test_more_than_one_transaction_holds(book: Book) -> None:
    names = [f"candidate {number:02}" for number in range(45)]
    counts: list[int] = []
    made = [Scored(name, report(name)) for name in names]
    assert add(book, made, told=counts.append) == Added(added=45, to_mark=90)
    assert counts[-1] == 90
    assert counts == sorted(counts)
    assert [each.candidate.name for each in marked_notebooks(book)] == names


def test_the_notebook_lies_where_nbgrader_looks_for_it(book: Book) -> None:
    put(book, report())
    path = book.course / "autograded" / book.candidate("ada").id / "knn" / "knn.ipynb"
    nbformat.validate(nbformat.read(path, 4))
    first = path.read_bytes()
    put(book, report(answers=ANSWERS | {"random": "The seed."}))
    assert b"The seed." in path.read_bytes()
    put(book, report())
    assert path.read_bytes() == first
    assert [each.name for each in path.parent.iterdir()] == ["knn.ipynb"]


def test_a_notebook_that_cannot_be_written_is_our_fault(book: Book) -> None:
    folder = book.course / "autograded" / book.candidate("ada").id
    folder.parent.mkdir()
    folder.write_text("")
    with pytest.raises(BookFaultError, match="could not be written"):
        put(book, report())
    folder.unlink()
    assert put(book, report()).added == 1
    assert isinstance(book.gradebook.find_submission("knn", book.candidate("ada").id), api.SubmittedAssignment)
