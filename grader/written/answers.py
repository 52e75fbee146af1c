"""What a candidate wrote, taken from a notebook or a text without trusting it. Nothing of it is run or rendered.

A notebook gives the text of its answers' cells and nothing else: outputs, attachments, metadata and whatever cells
were added are not looked at. What is wrong with it is said, and is no answer where it is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from grader.models import Question
from grader.written.questions import INTRODUCTION, QUESTION_SUFFIX, STUB, heading

NOTEBOOK_LIMIT = 1024 * 1024
"""Bytes above which a notebook of answers is not opened."""

ANSWER_LIMIT = 64 * 1024
"""Characters of one answer that are kept."""

_RELEASED = re.compile(rf"<!--\s*{re.escape(STUB)}\s*-->")
"""Other comments stay: somebody may have answered in one."""

_BLANKS = re.compile(r"\s+")
_HEAD = re.compile(r"#{1,6} ?(?P<number>\d+)[.):]? (?P<title>.+?)(?: \([\d.]+ points?\))?")
_UNSTORABLE = re.compile("[\ud800-\udfff\0]")


@dataclass(frozen=True)
class Answers:
    """What one assignment's questions were answered.

    Attributes:
        texts: by the question's id; one that is missing was not answered.
        rest: what was written and belongs to no question.
        remarks: what is odd, one line each; they cost nothing.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    rest: str = ""
    remarks: tuple[str, ...] = ()


def answers_of(text: str | None, notebook: bytes | None, questions: Sequence[Question]) -> Answers:
    """Return the answers in what was handed in; to a question that both answer, the text's.

    Args:
        text: of the ``answers.md``, if there is one.
        notebook: if there is one.
        questions: of the assignment, in their order.
    """
    found = [answers_in_text(text, questions)] if text is not None else []
    found += [answers_in_notebook(notebook, questions)] if notebook is not None else []
    answered = [answers for answers in found if answers.texts]
    if len(answered) == 2:
        in_text, in_notebook = answered
        remark = "there are answers in the text and in the notebook; where both have one, the text's is taken"
        merged = {**in_notebook.texts, **in_text.texts}
        return Answers(merged, in_text.rest, (*in_text.remarks, *in_notebook.remarks, remark))
    chosen = next(iter(answered or found), Answers())
    # What stands in a text and belongs to no question is shown, even where the answers are in the notebook.
    return replace(chosen, rest=next((answers.rest for answers in found if answers.rest), ""))


def answers_in_text(text: str, questions: Sequence[Question]) -> Answers:
    """Return the answers in an ``answers.md``: what stands below each question's heading, but for the question.

    Args:
        text: as it was handed in.
        questions: of the assignment, in their order.
    """
    headings = {_bare(heading(number, each)): each.id for number, each in enumerate(questions, 1)}
    below: dict[str, list[str]] = {"": []}
    remarks: list[str] = []
    current = ""
    for line in _storable(text).splitlines():
        known = headings.get(_bare(line)) if line.startswith("#") else None
        if known is None:
            below[current].append(line)
            continue
        if known in below:
            remarks.append(f"the heading of the question {known} is there twice; both parts are taken as its answer")
        below.setdefault(known, [])
        current = known
    missing = [each.id for each in questions if each.id not in below]
    if missing:
        remarks.append(f"no heading as it was released is there of these questions: {', '.join(missing)}")
    texts, cut = _bounded({each.id: _without(below.get(each.id, ()), [each.text]) for each in questions})
    rest = _without([line for line in below[""] if not line.startswith("# ")], [INTRODUCTION])
    return Answers(texts, rest[:ANSWER_LIMIT], (*remarks, *cut))


def answers_in_notebook(content: bytes, questions: Sequence[Question]) -> Answers:
    """Return the answers in a notebook: the text of the cells that were released for them.

    Args:
        content: as it was handed in.
        questions: of the assignment, in their order.
    """
    if len(content) > NOTEBOOK_LIMIT:
        return Answers(remarks=(f"the notebook is larger than {NOTEBOOK_LIMIT // 1024**2} MB and was not opened",))
    try:
        table = json.loads(content)
    except (ValueError, RecursionError):
        return Answers(remarks=("the notebook cannot be read: it is no JSON",))
    cells = table.get("cells") if isinstance(table, dict) else None
    if not isinstance(cells, list):
        return Answers(remarks=("the notebook cannot be read: it has no list of cells",))
    found: dict[str, list[str]] = {}
    for cell in cells:
        for name in _names(cell):
            found.setdefault(name, []).append(_source(cell))
    texts, remarks = {}, []
    for question in questions:
        written = found.get(question.id, [])
        if not written:
            remarks.append(f"the cell of the answer to {question.id} is not there: it was deleted or renamed")
        if len(written) > 1:
            remarks.append(f"the cell of the answer to {question.id} is there {len(written)} times; all are taken")
        texts[question.id] = _without("\n\n".join(written).splitlines(), [question.text])
    known = {question.id for question in questions}
    known |= {name + QUESTION_SUFFIX for name in known} | {"introduction"}
    extra = sum(1 for cell in cells if not set(_names(cell)) & known and _source(cell).strip())
    if extra:
        cells_are = "1 cell of the notebook belongs" if extra == 1 else f"{extra} cells of the notebook belong"
        remarks.append(f"{cells_are} to no question and {'was' if extra == 1 else 'were'} not taken")
    kept, cut = _bounded(texts)
    return Answers(kept, "", (*remarks, *cut))


def without_outputs(content: bytes) -> bytes:
    """Return a notebook with nothing of its cells but names and sources; as it is if it cannot be read.

    Args:
        content: of a notebook that may be large by its outputs and pictures; not to be trusted.
    """
    try:
        table = json.loads(content)
    except (ValueError, RecursionError):
        return content
    cells = table.get("cells") if isinstance(table, dict) else None
    if not isinstance(cells, list):
        return content
    return json.dumps({"cells": [_slim(cell) for cell in cells]}).encode()


def _slim(cell: Any) -> dict[str, Any]:
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    said = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    kept = {"source": _source(cell)}
    if isinstance(said, dict):
        flags = {key: said.get(key) is True for key in ("grade", "solution")}
        return {**kept, "metadata": {"nbgrader": {**flags, "grade_id": next(iter(_names(cell)), "")}}}
    return {**kept, "id": cell.get("id") if isinstance(cell, dict) else None}


def _names(cell: Any) -> list[str]:
    """The name that nbgrader gave a cell, else the one that its id gives; each may have been edited."""
    if not isinstance(cell, dict):
        return []
    metadata = cell.get("metadata")
    said = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(said, dict):
        name = said.get("grade_id")
        return [name] if isinstance(name, str) else []
    # Programs that drop metadata keep ids, in which nbgrader's names have no underscores.
    name = cell.get("id")
    if not isinstance(name, str):
        return []
    suffix = QUESTION_SUFFIX if name.endswith(QUESTION_SUFFIX) else ""
    return [name.removesuffix(suffix).replace("-", "_") + suffix]


def _source(cell: Any) -> str:
    source = cell.get("source", "") if isinstance(cell, dict) else ""
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return _storable(source) if isinstance(source, str) else ""


def _without(lines: Iterable[str], released: Iterable[str]) -> str:
    """What was written, without what was there before: the stub and the released text, however it is wrapped."""
    text = _RELEASED.sub("", "\n".join(lines))
    parts = [part for part in released if part.strip()]
    given = {_squeezed(line) for part in parts for line in part.splitlines() if line.strip()} | {STUB}
    kept = [line for line in text.splitlines() if _squeezed(line) not in given or not line.strip()]
    written = "\n".join(kept).strip()
    return "" if _squeezed(text) in map(_squeezed, parts) else written


def _bounded(texts: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    remarks = [
        f"the answer to {name} is cut after {ANSWER_LIMIT} characters"
        for name, text in texts.items()
        if len(text) > ANSWER_LIMIT
    ]
    return {name: text[:ANSWER_LIMIT] for name, text in texts.items() if text}, remarks


def _squeezed(line: str) -> str:
    return _BLANKS.sub(" ", line).strip()


def _bare(line: str) -> str:
    """A heading by its number and title: its level, its points and its case are what editors and people change.

    The number has to be there: a candidate's own "### Assumptions" is no question's heading.
    """
    head = _HEAD.fullmatch(_squeezed(line))
    return f"{head['number']} {head['title'].casefold()}" if head else _squeezed(line)


def _storable(text: str) -> str:
    """The text without what JSON can say and UTF-8, or a database, cannot: halves of characters, and zeros."""
    return _UNSTORABLE.sub("\ufffd", text)
