"""Questions as candidates get them: nbgrader's own release of a source notebook, in which no mark scheme is left.

Of nbgrader the converter alone is used, on a throwaway folder: no application of it runs, so that it reads nobody's
configuration; no cell is executed; nothing is kept in a database.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.errors import BankError, GraderError
from grader.written.form import CELL_ID, as_notebook
from grader.written.questions import QUESTIONS_FILE, STUB, cells_of, read_questions

_PLACE = "questions"
_UNUSED = ("InstantiateTests", "SaveCells")
"""The first may start a kernel, the second opens a database."""

_CURE = "docs/authoring.md shows how questions are laid out"


def released(content: bytes, name: str) -> bytes:
    """Return the notebook that candidates get for a source with mark schemes; the same bytes for the same questions.

    Not for several threads at once: nbgrader changes the working directory, and changes it back.

    Args:
        content: of ``solutions/<name>/questions.ipynb``.
        name: of the source, for messages.

    Raises:
        BankError: the source is wrong, or nbgrader refuses it.
        GraderError: nbgrader is not installed.
    """
    read_questions(content, name)
    source = cells_of(content, name)
    for number, cell in enumerate(source, 1):
        _check_cell(cell, f"{name}, cell {number}")
    if len({cell["id"] for cell in source}) != len(source):
        raise BankError(f"{name}: cells should have ids of their own, but some share one", cure=_CURE)
    made = as_notebook(_generated(as_notebook(source), name))
    for before, after in zip(source, cells_of(made, name), strict=True):
        if _text(after) != (STUB if _is_answer(before) else _text(before)):
            raise BankError(
                f"{name}, cell {before['id']!r}: nbgrader should replace the mark scheme as a whole and nothing else,"
                " but left some of it or took away more",
                cure="take lines such as BEGIN SOLUTION out of it",
            )
    return made


def _check_cell(cell: Mapping[str, Any], where: str) -> None:
    """See that candidates are meant to get the cell, and that nothing about it is drawn by chance."""
    said = cell.get("metadata", {}).get("nbgrader") if isinstance(cell.get("metadata"), dict) else None
    if not isinstance(said, dict) or not (_is_answer(cell) or said.get("locked") is True):
        raise BankError(
            f"{where}: should be locked or the cell of an answer, but is neither: candidates would get it as it is",
            cure=_CURE,
        )
    if cell.get("cell_type") != "markdown" or not isinstance(cell.get("source"), (str, list)):
        raise BankError(f"{where}: should be a cell of Markdown with a source", cure=_CURE)
    if not isinstance(cell.get("id"), str) or not CELL_ID.fullmatch(cell["id"]):
        raise BankError(f"{where}: should have an id of letters, digits, - and _, as format 4.5 has it", cure=_CURE)
    if cell.get("attachments"):
        raise BankError(f"{where}: should have no attachments, which are not given out", cure="describe the picture")


def _is_answer(cell: Mapping[str, Any]) -> bool:
    said = cell["metadata"]["nbgrader"]
    return bool(said.get("grade")) and bool(said.get("solution"))


def _text(cell: Mapping[str, Any]) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(map(str, cell["source"]))


def _generated(content: bytes, name: str) -> list[Any]:
    """The cells that nbgrader's ``GenerateAssignment`` makes of a source."""
    try:
        from nbgrader.converters import GenerateAssignment
        from nbgrader.converters.base import NbGraderException
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config import Config
    except ImportError as error:
        raise GraderError(
            f"releasing questions needs nbgrader, which cannot be imported: {error}",
            cure="pip install 'takehome-grader[marking]'",
        ) from error
    heard = _Heard()
    with tempfile.TemporaryDirectory(prefix="grader-questions-") as place:
        root = Path(place).resolve()
        source = root / "source" / _PLACE / QUESTIONS_FILE
        source.parent.mkdir(parents=True)
        source.write_bytes(content)
        config = Config()
        config.CourseDirectory.root = str(root)
        config.CourseDirectory.assignment_id = _PLACE
        config.GenerateAssignment.no_database = True
        config.ClearSolutions.text_stub = STUB
        course = CourseDirectory(config=config, log=heard.log)
        converter = GenerateAssignment(coursedir=course, config=config, log=heard.log)
        converter.preprocessors = [each for each in converter.preprocessors if each.__name__ not in _UNUSED]
        try:
            converter.start()
            made = (root / "release" / _PLACE / QUESTIONS_FILE).read_bytes()
        except (NbGraderException, FileNotFoundError) as error:
            raise BankError(f"{name}: nbgrader cannot release it: {heard.reason or error}", cure=_CURE) from error
    cells: list[Any] = json.loads(made)["cells"]
    return cells


class _Heard(logging.Handler):
    """What nbgrader says: it tells why it fails to its log alone."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._said: list[str] = []
        # Not in the tree of loggers, so that nothing of it reaches a terminal or stays behind.
        self.log = logging.Logger("nbgrader", logging.ERROR)
        self.log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())

    @property
    def reason(self) -> str:
        """The last line of the traceback, else the first thing that was said."""
        told = [text.strip().splitlines()[-1] for text in self._said if text.startswith("Traceback")]
        return " ".join(next(iter((*told, *self._said)), "").split())
