"""The written answers in words: what they count, how many there are, and what each earned."""

from __future__ import annotations

from collections.abc import Iterator

from grader.models import Answer, Report
from grader.report.text import number

NOT_ANSWERED, TO_BE_MARKED = "not answered", "to be marked"


def told(report: Report) -> tuple[str, ...]:
    """Return what a person reads of the written part, a line each; nothing where no questions were asked."""
    answers = [answer for entry in report.written for answer in entry.answers]
    if not answers:
        return ()
    score = report.score
    given = sum(bool(answer.text) for answer in answers)
    answered = f"{given} of {len(answers)} questions answered"
    if not score.written_points:
        return (f"Written answers: {answered}; they do not count in the score",)
    share = f"{number(score.written_points)} of the 100 points"
    if score.written is not None:
        return (f"Code {number(score.code)}, written answers {number(score.written)} ({share})",)
    marked = sum(answer.mark is not None for answer in answers)
    return (f"Provisional: of the code alone; the written answers make up {share}: {answered}, {marked} marked",)


def state(answer: Answer) -> str:
    """Return what an answer earned, or why nothing is said of that yet."""
    if answer.mark is not None:
        return f"{number(answer.mark.earned)} / {number(answer.question.points)}"
    return TO_BE_MARKED if answer.text else NOT_ANSWERED


def rows(report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield title of the assignment, title of the question and what its answer earned, for each question."""
    titles = {entry.assignment.name: entry.assignment.title for entry in report.score.assignments}
    for entry in report.written:
        for answer in entry.answers:
            yield titles.get(entry.assignment, entry.assignment), answer.question.title, state(answer)
