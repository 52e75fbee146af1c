"""The notebook that a person marks, written by us from a report: nothing of a submission's own notebook is in it.

What a stranger wrote stands as the source of the cells of answers, and of one for what belongs to no question, as it
is: whoever shows the notebook shows it as text. Everything else is ours, or is cleaned and stands behind a ``#``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grader.models import AssignmentScore, CriterionScore, Outcome, Question, TestResult, Written
from grader.report.text import OUTCOME_WORDS, number, one_line
from grader.written.questions import QUESTION_SUFFIX, heading

CRITERION_PREFIX = "criterion-"
"""Before a criterion's id in the name of its cell; no question's id has a hyphen."""

SCALE_SUFFIX = "-scale"
"""After a question's id in the name of the cell with its mark scheme."""

REST_CELL = "other-text"
"""Name of the cell with what was written and belongs to no question; no question's id has a hyphen."""

_SCHEMA_VERSION = 3
"""Of nbgrader's metadata."""


def notebook(assignment: AssignmentScore, written: Written | None, questions: Sequence[Question]) -> bytes:
    """Return the notebook of one candidate's assignment, nbformat 4.5; the same for the same report.

    For each criterion a cell of code with what was lost, as comments; for each question the question, its mark scheme
    where the bank has one, and the answer; last what belongs to no question, if there is any.

    Args:
        assignment: points for the code.
        written: questions and answers, if it has any.
        questions: of the bank, with their mark schemes.
    """
    scales = {question.id: question.scale for question in questions}
    cells = [_criterion_cell(criterion) for criterion in assignment.criteria]
    for number_of_question, answer in enumerate(written.answers if written is not None else (), 1):
        question = answer.question
        asked = f"{heading(number_of_question, question)}\n\n{question.text}"
        cells.append(_locked_cell(question.id + QUESTION_SUFFIX, asked))
        if scales.get(question.id):
            cells.append(_locked_cell(question.id + SCALE_SUFFIX, scales[question.id]))
        cells.append(_graded_cell(question.id, "markdown", question.points, answer.text))
    if written is not None and written.rest:
        cells.append(_locked_cell(REST_CELL, written.rest))
    numbered = [{"id": f"cell-{index}", **cell} for index, cell in enumerate(cells, 1)]
    table = {
        "cells": numbered,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(table, indent=1, sort_keys=True) + "\n").encode()


def lost_lines(criterion: CriterionScore) -> list[str]:
    """Return which tests of a criterion were lost, one line each; the same for each run that loses the same."""
    return [
        one_line(f"{result.requirement or result.id} ({OUTCOME_WORDS[result.outcome]})")
        for result in criterion.results
        if result.outcome is not Outcome.PASSED
    ]


def _criterion_cell(entry: CriterionScore) -> dict[str, Any]:
    criterion = entry.criterion
    lines = [
        one_line(criterion.title),
        f"{number(entry.earned)} of {number(criterion.points)} points",
        *(_told(result) for result in entry.results if result.outcome is not Outcome.PASSED),
    ]
    source = "\n".join(f"# {line}" for line in lines)
    return _graded_cell(CRITERION_PREFIX + criterion.id, "code", criterion.points, source)


def _told(result: TestResult) -> str:
    told = f"{result.requirement or result.id} ({OUTCOME_WORDS[result.outcome]})"
    return one_line(f"lost: {told}: {result.message}" if result.message else f"lost: {told}")


def _graded_cell(name: str, kind: str, points: float, source: str) -> dict[str, Any]:
    """A cell with points and a comment: nbgrader has comments on cells that are graded and a solution only."""
    said = {"cell_type": kind, "grade": True, "grade_id": name, "locked": False, "points": points}
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return _cell(kind, source, said | {"solution": True}) | code


def _locked_cell(name: str, source: str) -> dict[str, Any]:
    return _cell(
        "markdown",
        source,
        {"cell_type": "markdown", "grade": False, "grade_id": name, "locked": True, "solution": False},
    )


def _cell(kind: str, source: str, said: Mapping[str, Any]) -> dict[str, Any]:
    # Half a surrogate pair can be written as JSON, but no page with it can be sent.
    text = source.encode("utf-8", "replace").decode()
    metadata = {"nbgrader": {**said, "schema_version": _SCHEMA_VERSION, "task": False}}
    return {"cell_type": kind, "metadata": metadata, "source": text}
