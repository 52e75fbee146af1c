"""What stands in a gradebook, candidate by candidate, with what each person gave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import nbgrader.api as api
from sqlalchemy import select

from grader.gradebook.book import GRADE, REMARK, SUBMITTED, Book, Candidate
from grader.gradebook.tables import CANDIDATE, CELL, COMMENT, MARK, SUBMISSION

_HANDED, _ASSIGNMENT = api.SubmittedAssignment.__table__, api.Assignment.__table__
_BASE = api.BaseCell.__table__


@dataclass(frozen=True)
class Given:
    """What one person gave for one cell.

    Attributes:
        marker: who.
        score: points; ``None`` if there is a comment only.
        is_current: whether the answer is still the one that the points were given for.
        comment: theirs; empty if there is none.
    """

    marker: str
    score: float | None
    is_current: bool
    comment: str


@dataclass(frozen=True)
class MarkedCell:
    """A criterion or a written answer.

    Attributes:
        name: of the cell: the question's id, or ``criterion-`` and the criterion's.
        title: for people.
        points: what it is worth.
        is_written: whether it is an answer.
        stamp: over what a mark of it is given for.
        auto: points by the grader; ``None`` where there are none.
        manual: points by people, their mean; ``None`` where there are none.
        is_waiting: whether a person has to mark it.
        auto_comment: the grader's.
        comment: people's.
        given: what each person gave, by their names.
    """

    name: str
    title: str
    points: float
    is_written: bool
    stamp: str
    auto: float | None
    manual: float | None
    is_waiting: bool
    auto_comment: str
    comment: str
    given: tuple[Given, ...]

    @property
    def earned(self) -> float | None:
        """Points as they count; ``None`` as long as a person has to mark it."""
        if self.is_waiting:
            return None
        return self.manual if self.is_written and self.manual is not None else self.auto


@dataclass(frozen=True)
class MarkedNotebook:
    """One candidate's assignment.

    Attributes:
        candidate: whose.
        assignment: its name.
        submission_sha256: over the modules that were handed in.
        is_flagged: whether somebody should look at it again.
        cells: criteria and answers, in the report's order.
    """

    candidate: Candidate
    assignment: str
    submission_sha256: str
    is_flagged: bool
    cells: tuple[MarkedCell, ...]

    def of(self, *, written: bool) -> list[MarkedCell]:
        """Return the written answers, or the criteria."""
        return [cell for cell in self.cells if cell.is_written is written]


def marked_notebooks(book: Book) -> list[MarkedNotebook]:
    """Return all that stands in a gradebook, by candidate's name and assignment.

    Raises:
        BookFaultError: the database fails.
    """
    with book.reading() as session:
        comments = (
            select(REMARK, _BASE.c.name.label("cell"))
            .join(_BASE, _BASE.c.id == REMARK.c.cell_id)
            .join(SUBMISSION, SUBMISSION.c.notebook_id == REMARK.c.notebook_id)
        )
        remarks = {(row.notebook_id, row.cell): row for row in session.execute(comments)}
        said: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for row in session.execute(select(COMMENT)):
            said[row.comment_id][row.marker] = row.text
        scores: defaultdict[str, dict[str, tuple[float, str]]] = defaultdict(dict)
        for row in session.execute(select(MARK)):
            scores[row.grade_id][row.marker] = (row.score, row.stamp)
        query = select(CELL, GRADE.c.auto_score, GRADE.c.manual_score, GRADE.c.needs_manual_grade)
        cells: defaultdict[str, list[MarkedCell]] = defaultdict(list)
        for row in session.execute(query.join(GRADE, GRADE.c.id == CELL.c.grade_id).order_by(CELL.c.place)):
            remark = remarks[row.notebook_id, row.name]
            cells[row.notebook_id].append(
                MarkedCell(
                    *(row.name, row.title, row.points, bool(row.is_written), row.stamp),
                    *(row.auto_score, row.manual_score, bool(row.needs_manual_grade)),
                    *(remark.auto_comment or "", remark.manual_comment or ""),
                    tuple(_given(scores[row.grade_id], said[remark.id], row.stamp)),
                )
            )
        found = (
            select(
                *(CANDIDATE.c.id, CANDIDATE.c.name, _ASSIGNMENT.c.name.label("assignment")),
                *(SUBMISSION.c.notebook_id, SUBMISSION.c.submission_sha256, SUBMITTED.c.flagged),
            )
            .join(SUBMITTED, SUBMITTED.c.id == SUBMISSION.c.notebook_id)
            .join(_HANDED, _HANDED.c.id == SUBMITTED.c.assignment_id)
            .join(_ASSIGNMENT, _ASSIGNMENT.c.id == _HANDED.c.assignment_id)
            .join(CANDIDATE, CANDIDATE.c.id == _HANDED.c.student_id)
            .order_by(CANDIDATE.c.name, _ASSIGNMENT.c.name)
        )
        return [
            MarkedNotebook(
                *(Candidate(row.id, row.name), row.assignment, row.submission_sha256, bool(row.flagged)),
                tuple(cells[row.notebook_id]),
            )
            for row in session.execute(found)
        ]


def _given(scores: dict[str, tuple[float, str]], said: dict[str, str], stamp: str) -> Iterator[Given]:
    for marker in sorted({*scores, *said}):
        score, given_for = scores.get(marker, (None, stamp))
        yield Given(marker, score, given_for == stamp, said.get(marker, ""))
