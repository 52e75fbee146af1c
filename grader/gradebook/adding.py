"""Puts reports into a gradebook, and again after a re-score: what a person gave stays as it is.

Files are written before the rows that speak of them, and all rows of a submission in one transaction: whatever stops
it, running the same again completes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbgrader.api as api
from sqlalchemy import Row, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from grader.bank import Bank
from grader.gradebook.book import (
    ANOTHER_TEXT,
    GRADE,
    REMARK,
    SUBMITTED,
    Book,
    candidates,
    note_on_answer,
    settle,
)
from grader.gradebook.database import COURSE, BookFaultError
from grader.gradebook.handed import Handed, Part, ReportedCell, Told, handed_in
from grader.gradebook.reading import Scored
from grader.gradebook.tables import CELL, MARK, SUBMISSION
from grader.writing import write_whole

NOT_JUDGED = "not in the report of this submission: score it again"

_ASSIGNMENT, _NOTEBOOK = api.Assignment.__table__, api.Notebook.__table__
_HANDED = api.SubmittedAssignment.__table__
_BASE, _GRADED, _SOLUTION = api.BaseCell.__table__, api.GradeCell.__table__, api.SolutionCell.__table__
_AT_ONCE = 20
"""Submissions of one transaction: a person who marks meanwhile waits for no more."""


@dataclass
class Added:
    """What became of what was added.

    Attributes:
        added: submissions that were not there before.
        changed: submissions whose points or answers are others now.
        unchanged: submissions that were there like this.
        flagged: notebooks that changed where a person had marked or commented, since.
        to_mark: written answers of the whole gradebook that wait for a mark.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    flagged: int = 0
    to_mark: int = 0


@dataclass(frozen=True)
class _Frame:
    """nbgrader's rows of an assignment: ids, those of cells by name."""

    assignment_id: str
    notebook_id: str
    grade_cells: Mapping[str, str]
    comment_cells: Mapping[str, str]


@dataclass
class _Rows:
    """What one transaction changes."""

    handed: list[dict[str, Any]] = field(default_factory=list)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    grades: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)
    changed_grades: list[dict[str, Any]] = field(default_factory=list)
    changed_remarks: list[dict[str, Any]] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)
    submissions: list[dict[str, Any]] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    """Grades whose answer or points are others than before."""


def add(
    book: Book, submissions: Iterable[Scored], bank: Bank | None = None, told: Told = lambda count: None
) -> Added:
    """Put submissions into the gradebook, or bring it up to date with them.

    Args:
        book: the gradebook.
        submissions: with their reports.
        bank: whose mark schemes are shown beside the answers; ``None`` for none.
        told: is told how many submissions have been read or written.

    Raises:
        BookError: two different submissions have one name; nothing is written.
        BankError: the bank's questions are wrong; nothing is written.
        BookFaultError: it cannot be written; running it again completes it.
    """
    handed = handed_in(submissions, bank, told)
    with book.writing() as session:
        ids = dict(zip(handed, (who.id for who in candidates(session, list(handed))), strict=True))
        frames = _frames(session, _wanted(handed.values()))
    tally, pairs = Added(), [(ids[name], each) for name, each in handed.items()]
    for start in range(0, len(pairs), _AT_ONCE):
        chunk = pairs[start : start + _AT_ONCE]
        for candidate, each in chunk:
            for part in each.parts:
                _write(book.notebook_path(candidate, part.assignment), part.notebook)
        with book.writing() as session:
            counts = _Chunk(session, frames).take(chunk)
        tally.added, tally.changed = tally.added + counts.added, tally.changed + counts.changed
        tally.unchanged, tally.flagged = tally.unchanged + counts.unchanged, tally.flagged + counts.flagged
        told(len(handed) + start + len(chunk))
    with book.writing() as session:
        _complete_others(session, frames)
        tally.to_mark = _waiting(session)
    return tally


def _write(path: Path, content: bytes) -> None:
    try:
        if path.is_file() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, BookFaultError)
    except (OSError, BookFaultError) as error:
        raise BookFaultError(f"{path} could not be written: {error}", cure="run the same again") from error


def _wanted(handed: Iterable[Handed]) -> dict[str, dict[str, ReportedCell]]:
    """Cells by assignment and name."""
    wanted: dict[str, dict[str, ReportedCell]] = {}
    for each in handed:
        for part in each.parts:
            wanted.setdefault(part.assignment, {}).update({cell.name: cell for cell in part.cells})
    return wanted


def _frames(session: Session, wanted: Mapping[str, Mapping[str, ReportedCell]]) -> dict[str, _Frame]:
    return {name: _frame(session, name, cells) for name, cells in wanted.items()}


def _frame(session: Session, name: str, cells: Mapping[str, ReportedCell]) -> _Frame:
    """nbgrader's rows of an assignment, which are made where they are missing."""
    assignment = session.scalar(select(_ASSIGNMENT.c.id).where(_ASSIGNMENT.c.name == name))
    if assignment is None:
        assignment = api.new_uuid()
        session.execute(insert(_ASSIGNMENT), {"id": assignment, "name": name, "course_id": COURSE})
    where = and_(_NOTEBOOK.c.name == name, _NOTEBOOK.c.assignment_id == assignment)
    book = session.scalar(select(_NOTEBOOK.c.id).where(where))
    if book is None:
        book = api.new_uuid()
        session.execute(insert(_NOTEBOOK), {"id": book, "name": name, "assignment_id": assignment})
    known = {"GradeCell": dict[str, str](), "SolutionCell": dict[str, str]()}
    for row in session.execute(select(_BASE.c.type, _BASE.c.name, _BASE.c.id).where(_BASE.c.notebook_id == book)):
        known.setdefault(row.type, {})[row.name] = row.id
    for kind, table in (("GradeCell", _GRADED), ("SolutionCell", _SOLUTION)):
        fresh = {cell.name: api.new_uuid() for cell in cells.values() if cell.name not in known[kind]}
        if not fresh:
            continue
        base = [{"id": id, "name": name, "notebook_id": book, "type": kind} for name, id in fresh.items()]
        session.execute(insert(_BASE), base)
        session.execute(insert(table), [{"id": id, **_graded(kind, cells[name])} for name, id in fresh.items()])
        known[kind].update(fresh)
    return _Frame(assignment, book, known["GradeCell"], known["SolutionCell"])


def _graded(kind: str, cell: ReportedCell) -> dict[str, Any]:
    if kind != "GradeCell":
        return {}
    return {"max_score": cell.points, "cell_type": "markdown" if cell.is_written else "code"}


class _Chunk:
    """Some submissions that go into the gradebook in one transaction."""

    def __init__(self, session: Session, frames: Mapping[str, _Frame]) -> None:
        self.session = session
        self.frames = frames
        self.rows = _Rows()
        self.counts = Added()

    def take(self, chunk: Sequence[tuple[str, Handed]]) -> Added:
        """Write them, and return what became of them."""
        self._read([candidate for candidate, _ in chunk])
        for candidate, handed in chunk:
            changes = [self._part(candidate, handed, part) for part in handed.parts]
            is_new = all(change is None for change in changes)
            is_changed = not is_new and any(change is None or change for change in changes)
            self.counts.added += is_new
            self.counts.changed += is_changed
            self.counts.unchanged += not is_new and not is_changed
        self._write()
        self.counts.flagged = len(self.rows.flagged)
        return self.counts

    def _read(self, ids: Sequence[str]) -> None:
        """What is there already of these candidates."""
        session = self.session
        found = select(_HANDED.c.student_id, _HANDED.c.assignment_id, _HANDED.c.id, SUBMITTED.c.id.label("notebook"))
        found = found.outerjoin(SUBMITTED, SUBMITTED.c.assignment_id == _HANDED.c.id)
        self.known = {
            (row.student_id, row.assignment_id): row
            for row in session.execute(found.where(_HANDED.c.student_id.in_(ids)))
        }
        books = [row.notebook for row in self.known.values() if row.notebook is not None]
        of_books = GRADE.c.notebook_id.in_(books)
        self.grades = {(row.notebook_id, row.cell_id): row for row in session.execute(select(GRADE).where(of_books))}
        remarks = session.execute(select(REMARK).where(REMARK.c.notebook_id.in_(books)))
        self.remarks = {(row.notebook_id, row.cell_id): row for row in remarks}
        self.cells: dict[str, dict[str, Row[Any]]] = {book: {} for book in books}
        for row in session.execute(select(CELL).where(CELL.c.notebook_id.in_(books))):
            self.cells[row.notebook_id][row.grade_id] = row
        marked = select(MARK.c.grade_id).join(CELL, CELL.c.grade_id == MARK.c.grade_id)
        self.marked = set(session.scalars(marked.where(CELL.c.notebook_id.in_(books))))

    def _part(self, candidate: str, handed: Handed, part: Part) -> bool | None:
        """Note what changes of one assignment; tell whether something does, ``None`` if it was not there."""
        frame = self.frames[part.assignment]
        known = self.known.get((candidate, frame.assignment_id))
        above = api.new_uuid() if known is None else known.id
        book = known.notebook if known is not None and known.notebook is not None else api.new_uuid()
        if known is None:
            self.rows.handed.append({"id": above, "assignment_id": frame.assignment_id, "student_id": candidate})
        if known is None or known.notebook is None:
            self.rows.submitted.append(
                {"id": book, "assignment_id": above, "notebook_id": frame.notebook_id, "flagged": False}
            )
        before = self.cells.get(book, {})
        differing = [self._cell(book, frame, cell, before, place) for place, cell in enumerate(part.cells)]
        differing += [self._lost(book, frame, row) for row in before.values() if not _holds(part, row)]
        self.rows.submissions.append({"notebook_id": book, "submission_sha256": handed.sha256, "added": _now()})
        changes = [change for change in differing if change.is_other]
        if any(change.was_touched for change in changes if change.is_written) or (
            any(not change.is_written for change in changes) and self._is_touched(book, frame)
        ):
            self.rows.flagged.append(book)
        return bool(changes) if before else None

    def _cell(
        self, book: str, frame: _Frame, cell: ReportedCell, before: Mapping[str, Row[Any]], place: int
    ) -> _Change:
        grade = self.grades.get((book, frame.grade_cells[cell.name]))
        remark = self.remarks.get((book, frame.comment_cells[cell.name]))
        id = api.new_uuid() if grade is None else grade.id
        old = before.get(id)
        self.rows.cells.append(
            {"grade_id": id, "notebook_id": book, "name": cell.name, "place": place}
            | {"title": cell.title, "points": cell.points}
            | {"stamp": cell.stamp, "is_written": cell.is_written, "is_answered": cell.is_answered}
        )
        is_stale = old is not None and old.stamp != cell.stamp
        comment = _comment(cell, remark, is_stale)
        needs = self._needs(cell, grade, is_stale)
        self._set_grade(id, book, frame.grade_cells[cell.name], grade, cell.auto_score, needs)
        self._set_remark(book, frame.comment_cells[cell.name], remark, comment)
        if is_stale:
            self.rows.stale.append(id)
        is_given = grade is not None and grade.manual_score is not None
        is_said = remark is not None and remark.manual_comment is not None
        return _Change(cell.is_written, _is_other(cell, old, grade, remark), is_given or is_said)

    def _needs(self, cell: ReportedCell, grade: Row[Any] | None, is_stale: bool) -> bool:
        """Whether a person has to mark it; where there are marks of ours, ``settle`` decides later."""
        if not cell.is_written or not cell.is_answered:
            return False
        if grade is None or (grade.manual_score is None and grade.id not in self.marked):
            return True
        return is_stale or bool(grade.needs_manual_grade)

    def _lost(self, book: str, frame: _Frame, row: Row[Any]) -> _Change:
        """What the report no longer speaks of keeps what a person gave, and has no points of its own."""
        grade_cell, comment_cell = frame.grade_cells[row.name], frame.comment_cells[row.name]
        grade, remark = self.grades[book, grade_cell], self.remarks.get((book, comment_cell))
        self._set_grade(grade.id, book, grade_cell, grade, None, False)
        self._set_remark(book, comment_cell, remark, NOT_JUDGED)
        is_said = remark is not None and remark.manual_comment is not None
        return _Change(row.is_written, True, grade.manual_score is not None or is_said)

    def _set_grade(
        self, id: str, book: str, cell: str, old: Row[Any] | None, auto_score: float | None, needs: bool
    ) -> None:
        if old is None:
            self.rows.grades.append(
                {"id": id, "notebook_id": book, "cell_id": cell, "auto_score": auto_score}
                | {"needs_manual_grade": needs}
            )
        elif old.auto_score != auto_score or bool(old.needs_manual_grade) != needs:
            self.rows.changed_grades.append({"which": old.id, "score": auto_score, "needs": needs})

    def _set_remark(self, book: str, cell: str, old: Row[Any] | None, comment: str | None) -> None:
        if old is None:
            self.rows.remarks.append(
                {"id": api.new_uuid(), "notebook_id": book, "cell_id": cell, "auto_comment": comment}
            )
        elif old.auto_comment != comment:
            self.rows.changed_remarks.append({"which": old.id, "comment": comment})

    def _is_touched(self, book: str, frame: _Frame) -> bool:
        """Whether a person has marked or commented anything of a notebook."""
        grades = (self.grades.get((book, cell)) for cell in frame.grade_cells.values())
        remarks = (self.remarks.get((book, cell)) for cell in frame.comment_cells.values())
        return any(row is not None and row.manual_score is not None for row in grades) or any(
            row is not None and row.manual_comment is not None for row in remarks
        )

    def _write(self) -> None:
        session, rows = self.session, self.rows
        books = [row["notebook_id"] for row in rows.submissions]
        for table, fresh in (
            (_HANDED, rows.handed),
            (SUBMITTED, rows.submitted),
            (GRADE, rows.grades),
            (REMARK, rows.remarks),
        ):
            if fresh:
                session.execute(insert(table), fresh)
        _execute_many(
            session,
            update(GRADE)
            .where(GRADE.c.id == bindparam("which"))
            .values(auto_score=bindparam("score"), needs_manual_grade=bindparam("needs")),
            rows.changed_grades,
        )
        _execute_many(
            session,
            update(REMARK).where(REMARK.c.id == bindparam("which")).values(auto_comment=bindparam("comment")),
            rows.changed_remarks,
        )
        for table, fresh in ((CELL, rows.cells), (SUBMISSION, rows.submissions)):
            session.execute(delete(table).where(table.c.notebook_id.in_(books)))
            if fresh:
                session.execute(insert(table), fresh)
        session.execute(update(SUBMITTED).where(SUBMITTED.c.id.in_(rows.flagged)).values(flagged=True))
        stale = session.execute(select(CELL).where(CELL.c.grade_id.in_(rows.stale))).all()
        settle(session, stale)
        for cell in stale:
            grade = next((row for row in self.grades.values() if row.id == cell.grade_id), None)
            if cell.grade_id not in self.marked and grade is not None and grade.manual_score is not None:
                note_on_answer(session, cell, is_marked_before=True)


@dataclass(frozen=True)
class _Change:
    """Whether a cell is another than before, and whether a person had marked or commented it."""

    is_written: bool
    is_other: bool
    was_touched: bool


def _holds(part: Part, row: Row[Any]) -> bool:
    return any(cell.name == row.name for cell in part.cells)


def _is_other(cell: ReportedCell, old: Row[Any] | None, grade: Row[Any] | None, remark: Row[Any] | None) -> bool:
    if old is None or grade is None:
        return True
    if cell.is_written:
        return bool(old.stamp != cell.stamp)
    said = remark.auto_comment if remark is not None else None
    return bool(grade.auto_score != cell.auto_score or said != cell.auto_comment or old.points != cell.points)


def _comment(cell: ReportedCell, remark: Row[Any] | None, is_stale: bool) -> str | None:
    """The automatic comment; that an answer changed is still said when it is added once more."""
    if cell.is_written and cell.is_answered and not is_stale and remark is not None:
        return ANOTHER_TEXT if remark.auto_comment == ANOTHER_TEXT else None
    return cell.auto_comment


def _execute_many(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        # Past the ORM, which takes such a statement for one that goes by primary key.
        session.connection().execute(statement, list(rows))


def _complete_others(session: Session, frames: Mapping[str, _Frame]) -> None:
    """Make rows for what submissions that were added before know nothing of, and note what cells are worth now."""
    books = [frame.notebook_id for frame in frames.values()]
    ours = select(SUBMISSION.c.notebook_id)
    for table, cells, values in (
        (GRADE, "GradeCell", {"auto_score": None, "needs_manual_grade": False}),
        (REMARK, "SolutionCell", {"auto_comment": NOT_JUDGED}),
    ):
        pairs = select(SUBMITTED.c.id.label("book"), _BASE.c.id.label("cell")).join(
            _BASE, _BASE.c.notebook_id == SUBMITTED.c.notebook_id
        )
        pairs = pairs.outerjoin(table, and_(table.c.notebook_id == SUBMITTED.c.id, table.c.cell_id == _BASE.c.id))
        pairs = pairs.where(SUBMITTED.c.notebook_id.in_(books), _BASE.c.type == cells, table.c.id.is_(None))
        missing = session.execute(pairs.where(SUBMITTED.c.id.in_(ours))).all()
        if missing:
            session.execute(
                insert(table),
                [{"id": api.new_uuid(), "notebook_id": row.book, "cell_id": row.cell, **values} for row in missing],
            )
    worth = {
        (row.notebook_id, row.name): row.points
        for row in session.execute(
            select(SUBMITTED.c.notebook_id, CELL.c.name, func.max(CELL.c.points).label("points"))
            .join(CELL, CELL.c.notebook_id == SUBMITTED.c.id)
            .where(SUBMITTED.c.notebook_id.in_(books))
            .group_by(SUBMITTED.c.notebook_id, CELL.c.name)
        )
    }
    _execute_many(
        session,
        update(_GRADED).where(_GRADED.c.id == bindparam("which")).values(max_score=bindparam("points")),
        [
            {"which": id, "points": worth.get((frame.notebook_id, name), 0.0)}
            for frame in frames.values()
            for name, id in frame.grade_cells.items()
        ],
    )


def _waiting(session: Session) -> int:
    counted = select(func.count()).select_from(GRADE).join(CELL, CELL.c.grade_id == GRADE.c.id)
    return session.scalar(counted.where(GRADE.c.needs_manual_grade.is_(True))) or 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
