"""What goes into a gradebook of a submission: its criteria and answers, as cells, and the notebook to mark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from grader.bank import Bank
from grader.gradebook.book import NAME_LENGTH, NOT_ANSWERED, stamp_of
from grader.gradebook.database import BookError
from grader.gradebook.notebooks import CRITERION_PREFIX, lost_lines, notebook
from grader.gradebook.reading import Scored
from grader.models import Answer, AssignmentScore, CriterionScore, Question, Written
from grader.report.text import one_line

Told = Callable[[int], None]


@dataclass(frozen=True)
class ReportedCell:
    """A criterion or an answer, as it is to stand in the gradebook.

    Attributes:
        name: of its cell.
        title: for people.
        points: what it is worth.
        is_written: an answer; else a criterion.
        is_answered: whether there is anything to mark.
        stamp: over what a mark of an answer is given for; empty for a criterion.
        auto_score: points by the grader; ``None`` where a person gives them.
        auto_comment: the grader's, if it has any.
    """

    name: str
    title: str
    points: float
    is_written: bool
    is_answered: bool
    stamp: str
    auto_score: float | None
    auto_comment: str | None


@dataclass(frozen=True)
class Part:
    """One assignment of a submission.

    Attributes:
        assignment: its name.
        cells: criteria and answers, in the report's order.
        notebook: that is marked.
    """

    assignment: str
    cells: tuple[ReportedCell, ...]
    notebook: bytes


@dataclass(frozen=True)
class Handed:
    """A submission as far as the gradebook needs it.

    Attributes:
        name: of the candidate. From a stranger.
        where: it lies, for messages.
        sha256: over the modules.
        parts: one for each assignment.
    """

    name: str
    where: str
    sha256: str
    parts: tuple[Part, ...]


def handed_in(submissions: Iterable[Scored], bank: Bank | None, told: Told) -> dict[str, Handed]:
    """Return what goes into the gradebook, by candidate's name.

    Args:
        submissions: with their reports.
        bank: whose mark schemes are shown beside the answers; ``None`` for none.
        told: is told how many submissions have been read.

    Raises:
        BookError: two different submissions have one name.
        BankError: the bank's questions are wrong.
    """
    return _different(_read(submissions, bank, told))


def _read(submissions: Iterable[Scored], bank: Bank | None, told: Told) -> Iterator[Handed]:
    questions: dict[str, tuple[Question, ...]] = {}
    for count, scored in enumerate(submissions, 1):
        report = scored.report
        written = {entry.assignment: entry for entry in report.written}
        parts = []
        for entry in report.score.assignments:
            name = entry.assignment.name
            if name not in questions:
                questions[name] = () if bank is None else bank.questions(name)
            answers = written.get(name)
            cells = tuple(_cells(entry, answers))
            parts.append(Part(name, cells, notebook(entry, answers, questions[name])))
        yield Handed(one_line(scored.name, NAME_LENGTH), scored.where, report.submission.sha256, tuple(parts))
        told(count)


def _different(handed: Iterable[Handed]) -> dict[str, Handed]:
    """By name; of one name there is one submission, though it may have been scored more than once."""
    found: dict[str, Handed] = {}
    for each in handed:
        other = found.get(each.name)
        if other is not None and _identity(other) != _identity(each):
            raise BookError(
                f"two different submissions have the name {each.name}: {other.where} and {each.where}",
                cure="add one of them only, or give it another name with --name",
            )
        found[each.name] = each
    return found


def _identity(handed: Handed) -> tuple[object, ...]:
    answers = [(part.assignment, cell.name, cell.stamp) for part in handed.parts for cell in part.cells]
    return handed.sha256, *sorted(answer for answer in answers if answer[2])


def _cells(entry: AssignmentScore, written: Written | None) -> Iterator[ReportedCell]:
    yield from (_criterion_cell(criterion, entry.problem) for criterion in entry.criteria)
    yield from (_answer_cell(answer) for answer in (written.answers if written is not None else ()))


def _criterion_cell(entry: CriterionScore, problem: str) -> ReportedCell:
    criterion = entry.criterion
    lines = [one_line(problem)] if problem else lost_lines(entry)
    return ReportedCell(
        name=CRITERION_PREFIX + criterion.id,
        title=one_line(criterion.title),
        points=float(criterion.points),
        is_written=False,
        is_answered=True,
        stamp="",
        auto_score=round(float(entry.earned), 4),
        auto_comment="\n".join(lines) or None,
    )


def _answer_cell(answer: Answer) -> ReportedCell:
    question, is_answered = answer.question, bool(answer.text.strip())
    return ReportedCell(
        name=question.id,
        title=one_line(question.title),
        points=float(question.points),
        is_written=True,
        is_answered=is_answered,
        stamp=stamp_of(question.points, answer.text),
        auto_score=None if is_answered else 0.0,
        auto_comment=None if is_answered else NOT_ANSWERED,
    )
