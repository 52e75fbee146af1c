"""A gradebook for other programs: as CSV for spreadsheets, as JSON with all that each person gave."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from grader.batch.summary import disarmed
from grader.gradebook.marked import MarkedCell, MarkedNotebook
from grader.report.text import number

SCHEMA_VERSION = 1

_HEAD = ("id", "name", "assignment", "code_score", "code_max", "written_score", "written_max", "to_mark", "flagged")


def as_csv(notebooks: Sequence[MarkedNotebook]) -> str:
    """Return the gradebook as CSV (RFC 4180): a row for each candidate and assignment, every cell in quotes.

    No cell is a formula to any spreadsheet. What waits for a mark is not in ``written_score``; ``to_mark`` counts it.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for notebook in notebooks:
        code, written = notebook.of(written=False), notebook.of(written=True)
        row = [
            *(notebook.candidate.id, notebook.candidate.name, notebook.assignment),
            *(number(_earned(code)), number(_worth(code)), number(_earned(written)), number(_worth(written))),
            *(str(sum(cell.is_waiting for cell in written)), "yes" if notebook.is_flagged else "no"),
        ]
        writer.writerow([disarmed(text) for text in row])
    return stream.getvalue()


def as_json(notebooks: Sequence[MarkedNotebook]) -> str:
    """Return the gradebook as JSON text, ASCII only: every cell with its points, comments and markers."""
    data: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "notebooks": [_notebook(each) for each in notebooks]}
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _notebook(notebook: MarkedNotebook) -> dict[str, Any]:
    return {
        "id": notebook.candidate.id,
        "name": notebook.candidate.name,
        "assignment": notebook.assignment,
        "submission_sha256": notebook.submission_sha256,
        "flagged": notebook.is_flagged,
        "cells": [_told(cell) for cell in notebook.cells],
    }


def _told(cell: MarkedCell) -> dict[str, Any]:
    return {
        "name": cell.name,
        "title": cell.title,
        "kind": "written" if cell.is_written else "criterion",
        "points": cell.points,
        "earned": cell.earned,
        "auto": cell.auto,
        "manual": cell.manual,
        "to_mark": cell.is_waiting,
        "auto_comment": cell.auto_comment,
        "comment": cell.comment,
        "markers": [asdict(given) for given in cell.given],
    }


def _earned(cells: Iterable[MarkedCell]) -> float:
    return sum(cell.earned or 0.0 for cell in cells)


def _worth(cells: Iterable[MarkedCell]) -> float:
    return sum(cell.points for cell in cells)
