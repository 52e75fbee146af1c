"""What staff wait for with the gradebook: adding a round, adding it again after a re-score, and the list to mark.

A is ours on N submissions of the default bank's four assignments, whose outcomes are made up; B is nbgrader's own
``Gradebook``, called as its autograder calls it, and the list that its page asks for, on the same submissions and
cells. Both run in turn; seconds and ratios are printed. Every answer has been marked before the re-score, and every
mark is compared after it: one that is lost ends the run with an error.

    python benchmarks/gradebook.py [--submissions N] [--format text|json]
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.exc import SAWarning

from grader.bank import Bank
from grader.gradebook.adding import add
from grader.gradebook.book import GRADE, Book
from grader.gradebook.reading import Scored
from grader.gradebook.tables import CELL
from grader.marking.listing import entries, works
from grader.models import (
    Answer,
    Assessment,
    Criterion,
    Examination,
    Outcome,
    Provenance,
    Report,
    Submission,
    TestResult,
    Written,
)
from grader.scoring import score, with_written

ROOT = Path(__file__).resolve().parents[1]
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
TESTS_OF_A_CRITERION = 6
ANSWER = "The distance decides, so that columns of another scale drown the others. " * 12


@click.command()
@click.option("--submissions", default=200, show_default=True, type=click.IntRange(2))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(submissions: int, form: str) -> None:
    """Print seconds of each step, and their ratios to nbgrader's own."""
    bank = Bank(ROOT)
    warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader's own calls warn of its own model
    with tempfile.TemporaryDirectory() as scratch:
        figures: dict[str, object] = {"benchmark": "gradebook", "submissions": submissions, "cores": os.cpu_count()}
        figures |= compared(Path(scratch), bank, submissions)
    if form == "json":
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:<28} {value}")


def compared(scratch: Path, bank: Bank, count: int) -> dict[str, object]:
    """Run all steps and return their figures."""
    first, again = (list(reports(bank, count, seed)) for seed in (1, 2))
    figures: dict[str, float] = {}
    with Book(scratch / "ours") as book:
        figures["add_seconds"] = timed(lambda: add(book, first, bank))
        marks = marked(book)
        figures["rescore_seconds"] = timed(lambda: add(book, again, bank))
        kept = scores(book)
        if lost := [grade for grade, given in marks.items() if kept.get(grade) != given]:
            sys.exit(f"{len(lost)} of {len(marks)} marks were lost by the re-score")
        name = bank.assessment.assignments[0].name
        figures["list_seconds"] = timed(lambda: listed(book, name))
    with Book(scratch / "nbgraders") as book:
        figures["nbgrader_add_seconds"] = timed(lambda: added_by_nbgrader(book, first))
        figures["nbgrader_list_seconds"] = timed(lambda: book.gradebook.notebook_submission_dicts(name, name))
    rounded: dict[str, object] = {key: round(value, 3) for key, value in figures.items()}
    return rounded | {
        "marks_kept": len(marks),
        "add_ratio": round(figures["add_seconds"] / figures["nbgrader_add_seconds"], 2),
        "list_ratio": round(figures["list_seconds"] / figures["nbgrader_list_seconds"], 2),
    }


def timed(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def reports(bank: Bank, count: int, seed: int) -> Iterator[Scored]:
    """Yield submissions that lost other tests with another seed, and answered the same."""
    assessment, chance = bank.assessment, random.Random(seed)
    for number in range(count):
        name = f"candidate-{number:04}"
        asked = tuple(
            Written(a.name, 1.0, tuple(Answer(q, f"{name}: {ANSWER}") for q in bank.questions(a.name)))
            for a in assessment.assignments
        )
        told = {
            a.name: Examination(a.name, tuple(outcomes(a.criteria, chance)), "0" * 64) for a in assessment.assignments
        }
        submission = Submission(f"{name}.zip", f"{number:064x}", {}, {})
        yield Scored(name, report(assessment, submission, told, asked))


def outcomes(criteria: Iterable[Criterion], chance: random.Random) -> Iterator[TestResult]:
    """Yield results of made-up tests, of which one in five is lost."""
    for criterion in criteria:
        for test in range(TESTS_OF_A_CRITERION):
            outcome = Outcome.PASSED if chance.random() < 0.8 else Outcome.FAILED
            yield TestResult(f"test_{criterion.id}_{test}", criterion.id, criterion.expects, outcome, message="no")


def report(
    assessment: Assessment, submission: Submission, told: Mapping[str, Examination], asked: tuple[Written, ...]
) -> Report:
    """Return a report of a run that never was."""
    run = ("0", "0" * 64, {}, 1, "none", "", "", "3", "2", (), "", "3", "2", NOON.isoformat(), 1.0)
    scored = with_written(score(assessment, told), asked)
    return Report(assessment.title, submission, scored, (), Provenance(*run), written=asked)


def marked(book: Book) -> dict[str, float]:
    """Mark every answer, and return the marks by nbgrader's id of the grade."""
    with book.reading() as session:
        cells = session.execute(select(CELL.c.grade_id, CELL.c.points).where(CELL.c.is_written)).all()
    given = {cell.grade_id: float(number % (int(cell.points) + 1)) for number, cell in enumerate(cells)}
    for grade, points in given.items():
        book.mark(grade, "benchmark", points, NOON)
    return given


def scores(book: Book) -> dict[str, float]:
    """Marks by hand by id, as nbgrader has them."""
    with book.reading() as session:
        rows = session.execute(select(GRADE.c.id, GRADE.c.manual_score).where(GRADE.c.manual_score.is_not(None)))
        return {row.id: row.manual_score for row in rows}


def listed(book: Book, name: str) -> None:
    """Do what the two lists of the page do."""
    with book.reading() as session:
        works(session, "benchmark")
        entries(session, name, name, "benchmark")


def added_by_nbgrader(book: Book, submissions: list[Scored]) -> None:
    """Add the same cells and scores as nbgrader's autograder does, one call for each."""
    gradebook = book.gradebook
    for entry in submissions[0].report.score.assignments:
        name = entry.assignment.name
        gradebook.add_assignment(name)
        gradebook.add_notebook(name, name)
        for criterion in entry.criteria:
            gradebook.add_grade_cell(
                criterion.criterion.id, name, name, max_score=criterion.criterion.points, cell_type="code"
            )
            gradebook.add_solution_cell(criterion.criterion.id, name, name)
    for scored in submissions:
        gradebook.update_or_create_student(scored.name)
        for entry in scored.report.score.assignments:
            name = entry.assignment.name
            gradebook.update_or_create_submission(name, scored.name)
            for criterion in entry.criteria:
                grade = gradebook.find_grade(criterion.criterion.id, name, name, scored.name)
                grade.auto_score = criterion.earned
                gradebook.find_comment(criterion.criterion.id, name, name, scored.name).auto_comment = "lost"
            gradebook.db.commit()


if __name__ == "__main__":
    main()
