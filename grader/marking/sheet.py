"""The notebook that is marked, read as what a page shows: questions with their answers, and criteria."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.gradebook.notebooks import CRITERION_PREFIX, REST_CELL, SCALE_SUFFIX
from grader.written.questions import QUESTION_SUFFIX

_LIMIT = 16 * 1024 * 1024


class SheetError(ValueError):
    """A notebook is none that the gradebook wrote."""


@dataclass(frozen=True)
class Sheet:
    """What a notebook holds by the names of its cells; all of it may be from a stranger.

    Attributes:
        answers: text by the question's id, in the notebook's order.
        questions: text by the question's id.
        scales: mark scheme by the question's id.
        criteria: text by the name of the criterion's cell, in the notebook's order.
        rest: what was written and belongs to no question.
    """

    answers: Mapping[str, str]
    questions: Mapping[str, str]
    scales: Mapping[str, str]
    criteria: Mapping[str, str]
    rest: str = ""


def read_sheet(content: bytes) -> Sheet:
    """Return what a notebook holds.

    Args:
        content: as the gradebook wrote it.

    Raises:
        SheetError: it is no such notebook.
    """
    if len(content) > _LIMIT:
        raise SheetError(f"the notebook should have at most {_LIMIT} bytes, but has {len(content)}")
    try:
        cells = json.loads(content)["cells"]
        texts = dict(_named(cell) for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SheetError(f"the notebook should hold cells, but is laid out otherwise: {error}") from error
    criteria = {name: text for name, text in texts.items() if name.startswith(CRITERION_PREFIX)}
    parts = (QUESTION_SUFFIX, SCALE_SUFFIX)
    answers = {
        name: text for name, text in texts.items() if name and name not in criteria and not name.endswith(parts)
    }
    return Sheet(
        answers={name: text for name, text in answers.items() if name + QUESTION_SUFFIX in texts},
        questions={name: _without_heading(texts.get(name + QUESTION_SUFFIX, "")) for name in answers},
        scales={name: texts[name + SCALE_SUFFIX] for name in answers if name + SCALE_SUFFIX in texts},
        criteria=criteria,
        rest=texts.get(REST_CELL, ""),
    )


def _named(cell: Mapping[str, Any]) -> tuple[str, str]:
    source = cell["source"]
    text = "".join(source) if isinstance(source, list) else str(source)
    return str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")), text


def _without_heading(text: str) -> str:
    """A question without its first line, which the page says above it."""
    first, _, rest = text.partition("\n")
    return rest.strip() if first.startswith("#") else text
