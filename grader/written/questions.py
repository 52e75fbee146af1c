"""The written questions of an assignment, read from ``solutions/<name>/questions.ipynb`` and checked.

The notebook is nbgrader's: for each question a locked cell with the question, and the cell of its answer, which is
marked by hand. What that cell holds there is the mark scheme; what candidates get in its place is ``STUB``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from grader.errors import BankError
from grader.models import Question

QUESTIONS_FILE = "questions.ipynb"
ANSWERS_FILE = "answers.md"
"""The same questions as a text; candidates answer in either, in the folder of the assignment."""

STUB = "Your answer: replace this line."
"""What stands where an answer belongs, as it is released."""

QUESTION_SUFFIX = "-question"
"""A question's cell is named after its answer's with this at the end."""

_POINTS = 100
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_HEADING = re.compile(r"## (?P<number>[0-9]+)\. (?P<title>\S.*) \((?P<points>[0-9.]+) points\)")
_CURE = "docs/authoring.md shows how questions are laid out"


def read_questions(content: bytes, where: str) -> tuple[Question, ...]:
    """Return the questions of a source notebook, in its order.

    Args:
        content: of the notebook.
        where: it lies, for messages.

    Raises:
        BankError: it is no notebook of questions; the message names the cell and what is wrong with it.
    """
    cells = [_Cell(cell, where) for cell in cells_of(content, where)]
    texts = {cell.name: cell for cell in cells if cell.name.endswith(QUESTION_SUFFIX)}
    answers = [cell for cell in cells if cell.is_answer]
    found = tuple(_question(number, cell, texts, where) for number, cell in enumerate(answers, 1))
    names = [cell.name for cell in cells if cell.name]
    if len(set(names)) != len(names):
        raise BankError(f"{where}: grade_id should differ from cell to cell, but some occur twice", cure=_CURE)
    total = sum(question.points for question in found)
    if not found or abs(total - _POINTS) > 1e-9:
        raise BankError(
            f"{where}: the points of all questions should sum to {_POINTS}, but sum to {total:g}", cure=_CURE
        )
    return found


def cells_of(content: bytes, where: str) -> list[Mapping[str, Any]]:
    """Return the cells of a notebook of the bank's.

    Raises:
        BankError: it is no notebook.
    """
    try:
        cells = json.loads(content)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BankError(f"{where} should be a notebook, but is none: {error}", cure=_CURE) from error
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise BankError(f"{where} should be a notebook, but its cells are no list of cells", cure=_CURE)
    return cells


def asked(content: bytes) -> tuple[Question, ...]:
    """Return the questions of a released notebook, as far as they can be told: a candidate may have changed it.

    Args:
        content: of the notebook, filled in or not; not to be trusted.

    Returns:
        One for each cell that asks or is to be answered, in their order, without scales; none if it is no notebook.
    """
    try:
        cells = [_Released(cell) for cell in cells_of(content, QUESTIONS_FILE)]
    except BankError:
        return ()
    found: dict[str, Question] = {}
    for cell in cells:
        if cell.name.endswith(QUESTION_SUFFIX):
            name = cell.name.removesuffix(QUESTION_SUFFIX)
            found[name] = _as_it_stands(name, cell.source)
        elif cell.is_answer:
            found.setdefault(cell.name, _as_it_stands(cell.name, ""))
    return tuple(question for name, question in found.items() if _ID.fullmatch(name))


def asked_in_text(text: str) -> tuple[Question, ...]:
    """Return the questions of an ``answers.md``, as far as they can be told; their ids are their numbers.

    Args:
        text: filled in or not. A question whose stub is gone has no text: nobody knows where the answer begins.
    """
    found: dict[str, Question] = {}
    below: dict[str, list[str]] = {}
    current = ""
    for line in text.splitlines():
        if head := _HEADING.fullmatch(line.strip()):
            current = head["number"]
            found[current] = Question(current, head["title"], _number(head["points"]), "")
        below.setdefault(current, []).append("" if head else line)
    for number, question in found.items():
        before, stub, _ = "\n".join(below[number]).partition(f"<!-- {STUB} -->")
        found[number] = replace(question, text=before.strip() if stub else "")
    return tuple(found.values())


def _as_it_stands(name: str, source: str) -> Question:
    """A question of which the head may have been changed."""
    first, _, text = source.partition("\n")
    head = _HEADING.fullmatch(first.strip())
    if head is None:
        return Question(name, name, 0.0, source.strip())
    return Question(name, head["title"], _number(head["points"]), text.strip())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def as_markdown(title: str, questions: Iterable[Question]) -> str:
    """Return the questions as a text to answer in: ``answers.md``, for those who do not use Jupyter.

    Args:
        title: of the assignment.
        questions: as they are released.
    """
    parts = [f"# {title}: written questions", INTRODUCTION]
    for number, question in enumerate(questions, 1):
        parts += [heading(number, question), question.text, f"<!-- {STUB} -->"]
    return "\n\n".join(parts) + "\n"


INTRODUCTION = (
    "People read the answers; five to eight sentences each are enough. They are marked apart from the code."
)


def heading(number: int, question: Question) -> str:
    """Return the line that a question begins with, as candidates read it."""
    return f"## {number}. {question.title} ({question.points:g} points)"


class _Released:
    """What counts of one cell."""

    def __init__(self, cell: Mapping[str, Any]) -> None:
        source = cell.get("source", "")
        self.source = ("".join(map(str, source)) if isinstance(source, list) else str(source)).strip()
        metadata = cell.get("metadata")
        said = metadata.get("nbgrader", {}) if isinstance(metadata, dict) else {}
        said = said if isinstance(said, dict) else {}
        self.name = str(said.get("grade_id", ""))
        self.is_answer = bool(said.get("grade")) and bool(said.get("solution"))
        self.points = said.get("points")


class _Cell(_Released):
    """The same of a source, which has to be right."""

    def __init__(self, cell: Mapping[str, Any], where: str) -> None:
        super().__init__(cell)
        if (self.is_answer or self.name) and cell.get("cell_type") != "markdown":
            raise BankError(f"{where}, cell {self.name!r}: should be a cell of Markdown", cure=_CURE)


def _question(number: int, answer: _Cell, texts: Mapping[str, _Cell], where: str) -> Question:
    place = f"{where}, cell {answer.name!r}"
    if not _ID.fullmatch(answer.name):
        raise BankError(f"{place}: grade_id should be lower-case letters, digits and _", cure=_CURE)
    asked = texts.get(answer.name + QUESTION_SUFFIX)
    first, _, text = (asked.source if asked else "").partition("\n")
    head = _HEADING.fullmatch(first.strip())
    if head is None or not text.strip():
        raise BankError(
            f"{place}: a cell {answer.name + QUESTION_SUFFIX!r} should ask the question, and begin with a line"
            " such as '## 1. Title (25 points)'",
            cure=_CURE,
        )
    points = answer.points
    if not isinstance(points, (int, float)) or isinstance(points, bool) or not 0 < points <= _POINTS:
        raise BankError(f"{place}: points should be a number above 0, but is {points!r}", cure=_CURE)
    if head["number"] != str(number) or head["points"] != f"{points:g}":
        raise BankError(
            f"{place}: its question should begin with '## {number}. {head['title']} ({points:g} points)',"
            f" but begins with {first.strip()!r}",
            cure=_CURE,
        )
    if not answer.source:
        raise BankError(f"{place}: should hold the mark scheme, but is empty", cure=_CURE)
    return Question(answer.name, head["title"], float(points), text.strip(), answer.source)
