"""What there is to mark, and what one marker has marked of it: one query a list, however many submissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nbgrader.api as api
from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from grader.gradebook.tables import CELL, MARK

ASSIGNMENT, NOTEBOOK = api.Assignment.__table__, api.Notebook.__table__
HANDED_IN, SUBMITTED = api.SubmittedAssignment.__table__, api.SubmittedNotebook.__table__
GRADE, COMMENT, BASE_CELL = api.Grade.__table__, api.Comment.__table__, api.BaseCell.__table__


@dataclass(frozen=True)
class Work:
    """One assignment's answers.

    Attributes:
        assignment: its name.
        notebook: name of its notebook.
        submissions: how many there are.
        answers: how many of theirs are to be marked.
        marked: how many of those the marker has marked as they are now.
    """

    assignment: str
    notebook: str
    submissions: int
    answers: int
    marked: int


@dataclass(frozen=True)
class Entry:
    """One submission's answers.

    Attributes:
        id: nbgrader's, of the submitted notebook; says nothing of who it is.
        number: place in the list, from 1.
        assignment: its name.
        notebook: name of its notebook.
        candidate: the candidate's opaque id.
        is_flagged: for somebody to look at.
        answers: how many are to be marked.
        marked: how many of those the marker has marked as they are now.
        code: points of the automatic part.
        code_points: what that part is worth.
    """

    id: str
    number: int
    assignment: str
    notebook: str
    candidate: str
    is_flagged: bool
    answers: int
    marked: int
    code: float
    code_points: float


@dataclass(frozen=True)
class Cell:
    """One graded cell of a submission.

    Attributes:
        grade_id: nbgrader's, of the grade.
        comment_id: nbgrader's, of the comment; ``None`` if it cannot be commented.
        notebook_id: nbgrader's, of the submitted notebook.
        name: of the cell.
        title: for people.
        points: what it is worth.
        is_written: an answer that is marked by hand; else a criterion.
        is_answered: whether there is anything to mark.
        auto_score: points that a criterion earned.
        auto_comment: what the gradebook says of it.
    """

    grade_id: str
    comment_id: str | None
    notebook_id: str
    name: str
    title: str
    points: float
    is_written: bool
    is_answered: bool
    auto_score: float | None
    auto_comment: str | None


def works(session: Session, marker: str) -> list[Work]:
    """Return what there is to mark, by assignment.

    Args:
        session: of the gradebook.
        marker: whose marks count.
    """
    answers, marked = _counts()
    rows = session.execute(
        _joined(
            select(ASSIGNMENT.c.name, NOTEBOOK.c.name, func.count(SUBMITTED.c.id.distinct()), answers, marked), marker
        )
        .group_by(ASSIGNMENT.c.name, NOTEBOOK.c.name)
        .order_by(ASSIGNMENT.c.name, NOTEBOOK.c.name)
    )
    return [Work(*row) for row in rows]


def entries(session: Session, assignment: str, notebook: str, marker: str) -> list[Entry]:
    """Return the submissions of one assignment, in an order that says nothing of who they are.

    Args:
        session: of the gradebook.
        assignment: its name.
        notebook: name of its notebook.
        marker: whose marks count.
    """
    answers, marked = _counts()
    code = func.sum(case((CELL.c.is_written, 0), else_=func.coalesce(GRADE.c.auto_score, 0)))
    worth = func.sum(case((CELL.c.is_written, 0), else_=CELL.c.points))
    rows = session.execute(
        _joined(
            select(SUBMITTED.c.id, HANDED_IN.c.student_id, SUBMITTED.c.flagged, answers, marked, code, worth), marker
        )
        .where(ASSIGNMENT.c.name == assignment, NOTEBOOK.c.name == notebook)
        .group_by(SUBMITTED.c.id, HANDED_IN.c.student_id, SUBMITTED.c.flagged)
        .order_by(SUBMITTED.c.id)
    )
    return [
        Entry(
            id=row[0],
            number=number,
            assignment=assignment,
            notebook=notebook,
            candidate=row[1],
            is_flagged=bool(row[2]),
            answers=row[3],
            marked=row[4],
            code=row[5],
            code_points=row[6],
        )
        for number, row in enumerate(rows, 1)
    ]


def place_of(session: Session, submission: str) -> tuple[str, str] | None:
    """Return the assignment and notebook that a submitted notebook belongs to; ``None`` if there is no such one."""
    row = session.execute(
        select(ASSIGNMENT.c.name, NOTEBOOK.c.name)
        .select_from(SUBMITTED)
        .join(HANDED_IN, HANDED_IN.c.id == SUBMITTED.c.assignment_id)
        .join(ASSIGNMENT, ASSIGNMENT.c.id == HANDED_IN.c.assignment_id)
        .join(NOTEBOOK, NOTEBOOK.c.id == SUBMITTED.c.notebook_id)
        .where(SUBMITTED.c.id == submission)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def cells(session: Session, **wanted: str) -> list[Cell]:
    """Return graded cells.

    Args:
        session: of the gradebook.
        wanted: one of ``notebook_id``, ``grade_id``, ``comment_id`` and the value it should have.
    """
    # A cell of nbgrader's stands there twice, once to be graded and once to be commented.
    commented = BASE_CELL.alias()
    remark = (
        select(COMMENT.c.id, COMMENT.c.notebook_id, COMMENT.c.auto_comment, commented.c.name)
        .join(commented, commented.c.id == COMMENT.c.cell_id)
        .subquery()
    )
    columns = {"notebook_id": CELL.c.notebook_id, "grade_id": CELL.c.grade_id, "comment_id": remark.c.id}
    rows = session.execute(
        select(CELL, remark.c.id, GRADE.c.auto_score, remark.c.auto_comment)
        .join(GRADE, GRADE.c.id == CELL.c.grade_id)
        .outerjoin(remark, and_(remark.c.notebook_id == CELL.c.notebook_id, remark.c.name == CELL.c.name))
        .where(*(columns[name] == value for name, value in wanted.items()))
        .order_by(CELL.c.place)
    )
    return [
        Cell(
            grade_id=row.grade_id,
            comment_id=row.id,
            notebook_id=row.notebook_id,
            name=row.name,
            title=row.title,
            points=row.points,
            is_written=row.is_written,
            is_answered=row.is_answered,
            auto_score=row.auto_score,
            auto_comment=row.auto_comment,
        )
        for row in rows
    ]


def _counts() -> tuple[Any, Any]:
    """How many answers are to be marked, and how many of those the marker has."""
    due = and_(CELL.c.is_written, CELL.c.is_answered)
    return func.sum(case((due, 1), else_=0)), func.sum(case((and_(due, MARK.c.stamp == CELL.c.stamp), 1), else_=0))


def _joined(statement: Select[Any], marker: str) -> Select[Any]:
    return (
        statement.select_from(SUBMITTED)
        .join(HANDED_IN, HANDED_IN.c.id == SUBMITTED.c.assignment_id)
        .join(ASSIGNMENT, ASSIGNMENT.c.id == HANDED_IN.c.assignment_id)
        .join(NOTEBOOK, NOTEBOOK.c.id == SUBMITTED.c.notebook_id)
        .join(CELL, CELL.c.notebook_id == SUBMITTED.c.id)
        .join(GRADE, GRADE.c.id == CELL.c.grade_id)
        .outerjoin(MARK, and_(MARK.c.grade_id == CELL.c.grade_id, MARK.c.marker == marker))
    )
