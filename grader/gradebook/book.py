"""The gradebook: nbgrader's, and beside it who is who and what each person gave."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from statistics import fmean
from types import TracebackType
from typing import Any, Self

import nbgrader.api as api
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from grader.gradebook.database import COURSE, BookError, BookFaultError, address, prepare, reason_of, shown
from grader.gradebook.tables import BOOK, CANDIDATE, CELL, COMMENT, MARK
from grader.report.text import one_line, printable

ANOTHER_TEXT = "The answer or its points changed after it was marked: please mark it again."
NOT_ANSWERED = "not answered"

NAME_LENGTH = 200
COMMENT_LENGTH = 16 * 1024
_MARKER_LENGTH = 64

GRADE, SUBMITTED = api.Grade.__table__, api.SubmittedNotebook.__table__
REMARK = api.Comment.__table__
"""nbgrader's comments."""

_CELLS = api.BaseCell.__table__


@dataclass(frozen=True)
class Candidate:
    """Who was marked.

    Attributes:
        id: opaque; all that nbgrader knows.
        name: from a stranger.
    """

    id: str
    name: str


@dataclass(frozen=True)
class MarkerMark:
    """What one person gave for one answer.

    Attributes:
        score: points; ``None`` if none was given.
        comment: theirs; ``None`` if there is none.
        is_current: whether the answer is still the one that the points were given for.
    """

    score: float | None
    comment: str | None
    is_current: bool = True


class Book:
    """A gradebook that is open; a context manager that closes it.

    Args:
        course: its folder, which is made if it is not there; it holds the notebooks to be marked below
            ``autograded/<candidate's id>/<assignment>/``.
        url: of its database; ``None`` for ``gradebook.db`` in the folder.

    Attributes:
        course: the folder.
        url: of the database, with its password if it has one.
        gradebook: nbgrader's.

    Raises:
        BookError: it cannot be opened or made.
    """

    def __init__(self, course: Path, url: str | None = None) -> None:
        where = address(course, url)
        try:
            course.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BookError(f"the folder {course} cannot be made: {error}", cure="choose another --course") from error
        prepare(where)
        self.course = course
        self.url = where.render_as_string(hide_password=False)
        self.shown = shown(where)
        self.gradebook = api.Gradebook(self.url, course_id=COURSE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.gradebook.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield the session with nothing in it that was read before; leave no transaction open.

        Raises:
            BookFaultError: the database fails.
        """
        session: Session = self.gradebook.db()
        session.rollback()
        try:
            yield session
        except DBAPIError as error:
            raise BookFaultError(
                f"the gradebook {self.shown} cannot be read: {reason_of(error)}", cure="run the same again"
            ) from error
        finally:
            session.rollback()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session whose changes are there all or not at all, while other writers wait.

        Raises:
            BookFaultError: the database fails; nothing was written.
        """
        session: Session = self.gradebook.db()
        session.rollback()
        try:
            session.execute(update(BOOK).values(writes=BOOK.c.writes + 1))
            yield session
            session.commit()
        except DBAPIError as error:
            raise BookFaultError(
                f"the gradebook {self.shown} could not be written to: {reason_of(error)}",
                cure="nothing of it was written; run the same again",
            ) from error
        finally:
            session.rollback()

    def candidate(self, name: str) -> Candidate:
        """Return the candidate of a name; the first time, with a fresh id.

        Raises:
            BookFaultError: the database fails.
        """
        with self.writing() as session:
            return candidates(session, [name])[0]

    def names(self) -> Mapping[str, str]:
        """Return all candidates' names by id."""
        with self.reading() as session:
            return {row.id: row.name for row in session.execute(select(CANDIDATE.c.id, CANDIDATE.c.name))}

    def notebook_path(self, candidate: str, assignment: str) -> Path:
        """Return where the notebook to be marked of a candidate lies.

        Args:
            candidate: the candidate's id.
            assignment: its name.
        """
        return self.course / "autograded" / candidate / assignment / f"{assignment}.ipynb"

    def mark(self, grade_id: str, marker: str, score: float | None, at: datetime) -> None:
        """Keep what one person gives for one written answer; nbgrader's score becomes the mean of what all gave.

        Only marks for the answer as it is now make up the mean, if there are any; those for an earlier text are kept.

        Args:
            grade_id: nbgrader's, of the grade.
            marker: who marks.
            score: points; ``None`` takes back what this person gave.
            at: when.

        Raises:
            BookError: there is no such answer, or the points are not from 0 to what it is worth.
            BookFaultError: the database fails.
        """
        who = _marker(marker)
        with self.writing() as session:
            cell = session.execute(select(CELL).where(CELL.c.grade_id == grade_id)).one_or_none()
            if cell is None or not cell.is_written:
                raise BookError("points should be for a written answer, but there is no such one")
            if score is not None and not (isfinite(score) and 0 <= score <= cell.points):
                raise BookError(f"points should be from 0 to {cell.points:g}, but are {score:g}")
            session.execute(delete(MARK).where(MARK.c.grade_id == grade_id, MARK.c.marker == who))
            if score is not None:
                given = {"grade_id": grade_id, "marker": who, "score": float(score), "stamp": cell.stamp}
                session.execute(insert(MARK), given | {"at": _moment(at)})
            settle(session, [cell], has_given={grade_id})

    def comment(self, comment_id: str, marker: str, text: str | None, at: datetime) -> None:
        """Keep what one person says of one cell; nbgrader's comment becomes what all said.

        Args:
            comment_id: nbgrader's, of the comment.
            marker: who comments.
            text: the comment; ``None`` or blanks take back what this person said.
            at: when.

        Raises:
            BookError: there is no such comment, or it is too long.
            BookFaultError: the database fails.
        """
        who, said = _marker(marker), printable(text or "").strip()
        if len(said) > COMMENT_LENGTH:
            raise BookError(f"a comment should have at most {COMMENT_LENGTH} characters, but has {len(said)}")
        with self.writing() as session:
            if session.scalar(select(REMARK.c.id).where(REMARK.c.id == comment_id)) is None:
                raise BookError("a comment should be on a cell of the gradebook, but there is no such one")
            session.execute(delete(COMMENT).where(COMMENT.c.comment_id == comment_id, COMMENT.c.marker == who))
            if said:
                session.execute(
                    insert(COMMENT), {"comment_id": comment_id, "marker": who, "text": said, "at": _moment(at)}
                )
            rows = session.execute(
                select(COMMENT).where(COMMENT.c.comment_id == comment_id).order_by(COMMENT.c.marker)
            ).all()
            session.execute(update(REMARK).where(REMARK.c.id == comment_id).values(manual_comment=_together(rows)))

    def marks_by(self, submitted_notebook_id: str, marker: str) -> Mapping[str, MarkerMark]:
        """Return what one person gave and said, by the name of the cell; cells without either are left out.

        Args:
            submitted_notebook_id: nbgrader's.
            marker: who.
        """
        who = _marker(marker)
        with self.reading() as session:
            scores = session.execute(
                select(CELL.c.name, MARK.c.score, MARK.c.stamp == CELL.c.stamp)
                .join(MARK, MARK.c.grade_id == CELL.c.grade_id)
                .where(CELL.c.notebook_id == submitted_notebook_id, MARK.c.marker == who)
            ).all()
            texts = session.execute(
                select(_CELLS.c.name, COMMENT.c.text)
                .join(REMARK, REMARK.c.cell_id == _CELLS.c.id)
                .join(COMMENT, COMMENT.c.comment_id == REMARK.c.id)
                .where(REMARK.c.notebook_id == submitted_notebook_id, COMMENT.c.marker == who)
            ).all()
        given = {name: (score, bool(current)) for name, score, current in scores}
        said = {row.name: row.text for row in texts}
        names = [*given, *(name for name in said if name not in given)]
        return {
            name: MarkerMark(given.get(name, (None, True))[0], said.get(name), given.get(name, (None, True))[1])
            for name in names
        }


def candidates(session: Session, names: Sequence[str]) -> list[Candidate]:
    """Return the candidates of these names, in a transaction that writes; those not known get a fresh id each."""
    cleaned = [one_line(name, NAME_LENGTH) for name in names]
    known = {row.name: row.id for row in session.execute(select(CANDIDATE.c.name, CANDIDATE.c.id))}
    fresh = {name: secrets.token_hex(8) for name in cleaned if name not in known}
    if fresh:
        session.execute(insert(CANDIDATE), [{"id": id, "name": name} for name, id in fresh.items()])
        session.execute(insert(api.Student.__table__), [{"id": id} for id in fresh.values()])
    return [Candidate((known | fresh)[name], name) for name in cleaned]


def stamp_of(points: float, text: str) -> str:
    """Return a digest over what a mark is given for: an answer's text, and what it is worth."""
    return hashlib.sha256(f"{points:g}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def settle(session: Session, cells: Sequence[Row[Any]], has_given: frozenset[str] | set[str] = frozenset()) -> None:
    """Bring nbgrader's scores in line with the marks, for written answers.

    Args:
        session: in a transaction that writes.
        cells: rows of ``CELL``.
        has_given: grades whose score follows from our marks alone, even where there are none.
    """
    ids = [cell.grade_id for cell in cells if cell.is_written]
    given: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(select(MARK).where(MARK.c.grade_id.in_(ids))):
        given[row.grade_id].append(row)
    for cell in cells:
        if not cell.is_written or not (given[cell.grade_id] or cell.grade_id in has_given):
            continue
        current = [row.score for row in given[cell.grade_id] if row.stamp == cell.stamp]
        counted = current or [row.score for row in given[cell.grade_id]]
        is_due = cell.is_answered and not current
        session.execute(
            update(GRADE)
            .where(GRADE.c.id == cell.grade_id)
            .values(manual_score=round(fmean(counted), 4) if counted else None, needs_manual_grade=is_due)
        )
        note_on_answer(session, cell, is_marked_before=is_due and bool(counted))


def note_on_answer(session: Session, cell: Row[Any], *, is_marked_before: bool) -> None:
    """Say in the automatic comment of a written answer what its marker should know."""
    named = select(_CELLS.c.id).where(_CELLS.c.name == cell.name, _CELLS.c.type == "SolutionCell").scalar_subquery
    text = ANOTHER_TEXT if is_marked_before else None if cell.is_answered else NOT_ANSWERED
    session.execute(
        update(REMARK)
        .where(REMARK.c.notebook_id == cell.notebook_id, REMARK.c.cell_id.in_(named()))
        .values(auto_comment=text)
    )


def _together(rows: Sequence[Row[Any]]) -> str | None:
    if len(rows) < 2:
        return str(rows[0].text) if rows else None
    return "\n\n".join(f"{row.marker}: {row.text}" for row in rows)


def _marker(name: str) -> str:
    cleaned = one_line(name, _MARKER_LENGTH)
    if not cleaned:
        raise BookError("a marker should have a name, but it is empty", cure="give --marker NAME")
    return cleaned


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
