"""What pages ask for and change: one marker's own marks and comments, as nbgrader's formgrader asks for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from sqlalchemy import func, not_, update
from tornado.web import HTTPError

from grader.gradebook.book import MarkerMark
from grader.gradebook.database import BookError, BookFaultError
from grader.marking.handlers import Handler
from grader.marking.listing import SUBMITTED, Cell, cells, place_of

_NOTHING = MarkerMark(None, None)


class RequestHandler(Handler):
    """Requests of pages: JSON in, JSON out."""

    def answer(self, value: Any) -> None:
        """Answer with a value as JSON."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with what went wrong, for the page to show."""
        self.answer({"message": self.told(status_code, **kwargs)})

    def asked(self) -> Mapping[str, Any]:
        """Return what a page sent.

        Raises:
            HTTPError: it is no object of JSON.
        """
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, "The request should be JSON, but is not.") from error
        if not isinstance(value, dict):
            raise HTTPError(400, "The request should be an object, but is not.")
        return value

    def cell(self, **wanted: str) -> Cell:
        """Return the one cell with an id.

        Raises:
            HTTPError: there is none, or none that this marker may see.
        """
        with self.desk.book.reading() as session:
            found = cells(session, **wanted)
        if len(found) != 1 or not self.may_see(found[0]):
            raise HTTPError(404)
        return found[0]

    def cells(self) -> tuple[list[Cell], Mapping[str, MarkerMark]]:
        """Return those cells of the submission asked for that this marker may see, and the marker's own marks.

        Raises:
            HTTPError: there is no such submission.
        """
        submission = self.get_argument("submission_id", "")
        with self.desk.book.reading() as session:
            if place_of(session, submission) is None:
                raise HTTPError(404)
            found = cells(session, notebook_id=submission)
        return [cell for cell in found if self.may_see(cell)], self.marks(submission)

    def marks(self, submission: str) -> Mapping[str, MarkerMark]:
        """Return what this marker gave and said, by the name of the cell."""
        return self.desk.book.marks_by(submission, self.desk.marker)

    def may_see(self, cell: Cell) -> bool:
        """Whether a cell is there for this marker: a criterion is not where marking is blind."""
        return cell.is_written or not self.desk.is_blind

    def grade_of(self, cell: Cell, mark: MarkerMark) -> dict[str, Any]:
        """Return a grade as pages take it: of this marker alone."""
        is_due = cell.is_written and cell.is_answered and (mark.score is None or not mark.is_current)
        return {
            "id": cell.grade_id,
            "name": cell.name,
            "max_score": cell.points,
            "auto_score": None if self.desk.is_blind and cell.is_answered else cell.auto_score,
            "manual_score": mark.score,
            "needs_manual_grade": is_due,
            "is_current": mark.is_current,
            "is_written": cell.is_written,
        }

    def comment_of(self, cell: Cell, mark: MarkerMark) -> dict[str, Any]:
        """Return a comment as pages take it: of this marker alone."""
        automatic = None if cell.is_written else cell.auto_comment
        return {
            "id": cell.comment_id,
            "name": cell.name,
            "auto_comment": automatic,
            "manual_comment": mark.comment,
        }


class GradesHandler(RequestHandler):
    """All grades of a submission."""

    def get(self) -> None:
        """Answer with them."""
        found, marks = self.cells()
        self.answer([self.grade_of(cell, marks.get(cell.name, _NOTHING)) for cell in found])


class CommentsHandler(RequestHandler):
    """All comments of a submission."""

    def get(self) -> None:
        """Answer with them."""
        found, marks = self.cells()
        said = [cell for cell in found if cell.comment_id is not None]
        self.answer([self.comment_of(cell, marks.get(cell.name, _NOTHING)) for cell in said])


class GradeHandler(RequestHandler):
    """One grade."""

    def get(self, grade_id: str) -> None:
        """Answer with it."""
        cell = self.cell(grade_id=grade_id)
        self.answer(self.grade_of(cell, self.marks(cell.notebook_id).get(cell.name, _NOTHING)))

    def put(self, grade_id: str) -> None:
        """Keep points for a written answer."""
        cell = self.cell(grade_id=grade_id)
        if not cell.is_written:
            raise HTTPError(403, "Criteria are scored automatically; they can be commented, but not marked.")
        asked = self.asked()
        if asked.get("extra_credit"):
            raise HTTPError(400, "There are no points beyond what an answer is worth.")
        if "manual_score" not in asked:
            raise HTTPError(400, "The request should name the points, but does not.")
        score = asked["manual_score"]
        # JSON as Python reads it has numbers that are none, and true is one of its integers.
        if score is not None and (isinstance(score, bool) or not _is_number(score)):
            raise HTTPError(400, f"Points should be a number from 0 to {cell.points:g}.")
        if score is not None and not 0 <= score <= cell.points:
            raise HTTPError(400, f"Points should be from 0 to {cell.points:g}, but are {score:g}.")
        try:
            self.desk.book.mark(grade_id, self.desk.marker, score, datetime.now(UTC))
        except BookFaultError:
            raise
        except BookError as error:
            raise HTTPError(400, "%s", str(error)) from error
        self.get(grade_id)


class CommentHandler(RequestHandler):
    """One comment."""

    def get(self, comment_id: str) -> None:
        """Answer with it."""
        cell = self.cell(comment_id=comment_id)
        self.answer(self.comment_of(cell, self.marks(cell.notebook_id).get(cell.name, _NOTHING)))

    def put(self, comment_id: str) -> None:
        """Keep a comment on an answer or a criterion."""
        self.cell(comment_id=comment_id)
        asked = self.asked()
        text = asked.get("manual_comment")
        if "manual_comment" not in asked or not isinstance(text, str | None):
            raise HTTPError(400, "The request should name the comment, a text, but does not.")
        try:
            self.desk.book.comment(comment_id, self.desk.marker, text, datetime.now(UTC))
        except BookFaultError:
            raise
        except BookError as error:
            raise HTTPError(400, "%s", str(error)) from error
        self.get(comment_id)


class FlagHandler(RequestHandler):
    """The flag of a submission, which all markers share."""

    def post(self, submission: str) -> None:
        """Set it, or take it away."""
        with self.desk.book.writing() as session:
            found = session.execute(
                update(SUBMITTED)
                .where(SUBMITTED.c.id == submission)
                .values(flagged=not_(func.coalesce(SUBMITTED.c.flagged, False)))
                .returning(SUBMITTED.c.flagged)
            ).one_or_none()
        if found is None:
            raise HTTPError(404)
        self.answer({"id": submission, "flagged": bool(found[0])})


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and isfinite(value)
    except OverflowError:  # of an integer with hundreds of digits
        return False
