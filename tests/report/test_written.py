"""The written part in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.models import Answer, Mark, Question, Report, Written
from grader.pages.page import candidate_page, staff_page
from grader.report.markdown import as_markdown
from grader.report.terminal import render
from grader.report.written import rows, told
from grader.scoring import with_written
from tests.pages.test_candidate import planted

QUESTIONS = (
    Question("chance", "What is random", 60, "Where does chance enter?", "CANARYSCALE"),
    Question("cost", "Cost", 40, "What does it cost?", "CANARYSCALE"),
)


def report(*texts: str, points: float = 20, marks: tuple[Mark | None, ...] = (None, None)) -> Report:
    answers = tuple(Answer(q, text, mark) for q, text, mark in zip(QUESTIONS, texts, marks, strict=True))
    written = (Written("knn", 1, answers, rest="CANARYREST", remarks=("CANARYREMARK",)),)
    found = planted()
    return replace(found, written=written, score=with_written(replace(found.score, written_points=points), written))


MARKED = report("Nothing.", "", marks=(Mark(30, "CANARYCOMMENT", ("CANARYMARKER",)), Mark(0, "", ())))


def test_what_waits_to_be_marked_makes_a_score_provisional() -> None:
    assert told(report("Nothing.", "")) == (
        "Provisional: of the code alone; the written answers make up 20 of the 100 points: 1 of 2 questions answered,"
        " 0 marked",
    )


def test_marks_are_told_with_what_they_count() -> None:
    assert told(MARKED) == ("Code 0, written answers 30 (20 of the 100 points)",)
    assert MARKED.score.total == 6


def test_what_does_not_count_is_told_without_a_score() -> None:
    [line] = told(report("Nothing.", "Much.", points=0))
    assert line == "Written answers: 2 of 2 questions answered; they do not count in the score"
    assert not report("Nothing.", "", points=0).score.provisional


def test_each_question_has_a_row() -> None:
    title = report("", "").score.assignments[0].assignment.title
    assert list(rows(report("Nothing.", ""))) == [
        (title, "What is random", "to be marked"),
        (title, "Cost", "not answered"),
    ]
    assert [state for *_, state in rows(MARKED)] == ["30 / 60", "0 / 40"]


@pytest.mark.parametrize("form", [render, as_markdown, staff_page])
def test_staff_read_it_in_every_form(form: object) -> None:
    assert callable(form)
    first, second = form(report("Nothing.", "")), form(MARKED)
    assert "rovisional" in first
    assert "rovisional" not in second
    assert "What is random" in second
    assert "30 / 60" in second
    assert "Written answers" in second


def test_staff_see_answers_and_comments() -> None:
    page = staff_page(MARKED)
    for text in (
        "Nothing.",
        "CANARYCOMMENT",
        "CANARYMARKER",
        "CANARYREST",
        "CANARYREMARK",
        "Where does chance enter?",
    ):
        assert text in page


@pytest.mark.parametrize("each", [MARKED, report("Nothing.", "")])
def test_the_candidate_reads_points_alone(each: Report) -> None:
    page = candidate_page(each)
    assert "What is random" in page
    assert "CANARY" not in page


def test_the_candidate_reads_what_the_score_is_of() -> None:
    assert "of the automatic part" in candidate_page(report("Nothing.", ""))
    assert "of the code and the written answers" in candidate_page(MARKED)
    assert "30 / 60" in candidate_page(MARKED)
