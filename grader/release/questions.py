"""The written questions that candidates get: made of their sources by nbgrader, compared with them without it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grader.bank import Bank, narrowed
from grader.errors import BankError
from grader.models import Assignment
from grader.written.form import excess
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE, STUB, as_markdown, cells_of
from grader.written.releasing import released

QUESTIONS_MODULE = QUESTIONS_FILE.removesuffix(".ipynb")


def released_files(bank: Bank, names: Sequence[str] = ()) -> dict[str, bytes]:
    """Return what candidates get of written questions, by path below ``assignments/``.

    Args:
        bank: holds their sources.
        names: of assignments; all of the take-home that have questions if empty.

    Raises:
        BankError: a source is wrong, or there is none.
        GraderError: nbgrader is not installed.
    """
    files: dict[str, bytes] = {}
    for assignment in narrowed(bank.assessment, names).assignments:
        name, source = assignment.name, bank.questions_file(assignment.name)
        if not source.is_file():
            if names:
                raise BankError(f"{name} has no written questions: there is no {source}", cure=_CURE)
            continue
        questions = bank.questions(name)
        files[f"{name}/{QUESTIONS_FILE}"] = released(source.read_bytes(), str(source))
        files[f"{name}/{ANSWERS_FILE}"] = as_markdown(assignment.title, questions).encode()
    if not files:
        raise BankError(f"{bank.root} has no written questions", cure=_CURE)
    return files


def differing(bank: Bank, files: Mapping[str, bytes]) -> list[str]:
    """Return which of these files are not in ``assignments/`` as they should be, missing ones too."""
    places = {name: bank.root / "assignments" / name for name in files}
    return [name for name, path in places.items() if not path.is_file() or path.read_bytes() != files[name]]


def check_questions(bank: Bank, assignment: Assignment, files: Mapping[str, bytes]) -> None:
    """See that an assignment's released questions are those of its source; nbgrader is not needed for that.

    Args:
        bank: holds the source.
        assignment: whose questions they are.
        files: that are given out, by path below ``assignments/``.

    Raises:
        BankError: one is missing or asks something else; the cure makes them anew.
    """
    name = assignment.name
    notebook, text = f"{name}/{QUESTIONS_FILE}", f"{name}/{ANSWERS_FILE}"
    source = bank.questions_file(name)
    if not source.is_file():
        if notebook in files:
            raise BankError(f"assignments/{notebook} has no source: there is no {source}", cure=_CURE)
        return
    if QUESTIONS_MODULE in assignment.modules:
        raise BankError(
            f"{name} has written questions, so none of its modules may be called {QUESTIONS_MODULE}:"
            f" its notebook would be {QUESTIONS_FILE}",
            cure="rename the module",
        )
    questions = bank.questions(name)
    anew = f"make them anew: grader questions {name}"
    for file in (notebook, text):
        if file not in files:
            raise BankError(f"assignments/{file}, the written questions, is missing", cure=anew)
    if files[text] != as_markdown(assignment.title, questions).encode():
        raise BankError(f"assignments/{text} is not what {source} asks", cure=anew)
    if wrong := excess(files[notebook]):
        raise BankError(f"assignments/{notebook} {wrong}", cure=anew)
    expected = [_what_counts(cell, is_source=True) for cell in cells_of(source.read_bytes(), str(source))]
    found = [_what_counts(cell) for cell in json.loads(files[notebook])["cells"]]
    if expected != found:
        raise BankError(f"assignments/{notebook} is not what {source} asks", cure=anew)


_CURE = "docs/authoring.md shows how questions are laid out"


def _what_counts(cell: Mapping[str, Any], *, is_source: bool = False) -> tuple[Any, ...]:
    """What a cell of a source and of its release have in common: ids, points, and the text that candidates get."""
    metadata = cell.get("metadata", {})
    said = metadata.get("nbgrader", {}) if isinstance(metadata, dict) else {}
    source = cell.get("source", "")
    text = source if isinstance(source, str) else "".join(map(str, source))
    is_answer = bool(said.get("grade")) and bool(said.get("solution"))
    text = STUB if is_answer and is_source else text
    return cell.get("id"), said.get("grade_id"), said.get("points"), said.get("locked"), is_answer, text
