"""The form of a notebook of written questions: what it holds, what of that is given out or handed in, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

NOTEBOOK_METADATA: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
)
"""Of every notebook that we write: Jupyter asks which kernel it should start if it finds none."""

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""As nbformat has it."""

_NOTEBOOK_KEYS = frozenset(["cells", "metadata", "nbformat", "nbformat_minor"])
_CELL_KEYS = frozenset(["cell_type", "id", "metadata", "source"])
_LOCKS = frozenset(["deletable", "editable"])
_GRADE_ID = re.compile(r"[a-z][a-z0-9_-]{0,127}")
_CHECKSUM = re.compile(r"[0-9a-f]{32}")
_FLAGS = ("grade", "locked", "solution", "task")


def as_notebook(cells: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a notebook of these cells, the same bytes for the same cells.

    Args:
        cells: of nbformat 4.5; of their keys those are kept that a notebook of questions has.
    """
    table = {
        "cells": [_kept(cell) for cell in cells],
        "metadata": dict(NOTEBOOK_METADATA),
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return _text_of(table)


def excess(content: bytes) -> str:
    """Say what a notebook holds beside the questions that are given out; empty if nothing.

    Args:
        content: of a released notebook.
    """
    try:
        table = json.loads(content)
        is_canonical = content == _text_of(table)
    except (ValueError, RecursionError):
        return "should be a notebook, but is none"
    if not isinstance(table, dict) or table.keys() != _NOTEBOOK_KEYS or not isinstance(table["cells"], list):
        return "holds more than the cells and metadata of a notebook of format 4.5, or less"
    if table["metadata"] != NOTEBOOK_METADATA or (table["nbformat"], table["nbformat_minor"]) != (4, 5):
        return "holds other metadata than a notebook of Python of format 4.5"
    for number, cell in enumerate(table["cells"], 1):
        if wrong := next(_excess_of_cell(cell), ""):
            return f"holds in cell {number} {wrong}"
    return "" if is_canonical else "holds more than its cells: it is not written as `grader questions` writes it"


def _text_of(table: Any) -> bytes:
    return (json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _kept(cell: Mapping[str, Any]) -> dict[str, Any]:
    said = cell["metadata"]["nbgrader"]
    metadata: dict[str, Any] = {key: cell["metadata"][key] for key in _LOCKS if key in cell["metadata"]}
    metadata["nbgrader"] = {key: said[key] for key in sorted(_SAID) if key in said}
    source = cell["source"] if isinstance(cell["source"], str) else "".join(map(str, cell["source"]))
    return {
        "cell_type": cell["cell_type"],
        "id": cell["id"],
        "metadata": metadata,
        "source": source.splitlines(keepends=True),
    }


def _excess_of_cell(cell: Any) -> Iterator[str]:
    """Yield what a cell holds that is not released: nothing for most."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
        yield "something other than Markdown"
        return
    if more := sorted(cell.keys() - _CELL_KEYS):
        yield ", ".join(map(repr, more))
    source = cell.get("source")
    if not isinstance(source, list) or not all(isinstance(line, str) for line in source):
        yield "a source that is no list of lines"
    if not isinstance(cell.get("id"), str) or not CELL_ID.fullmatch(cell["id"]):
        yield "no id, or one that is no id"
    metadata = cell.get("metadata")
    said = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(said, dict):
        yield "no metadata of nbgrader's"
        return
    if more := sorted(metadata.keys() - _LOCKS - {"nbgrader"}) + sorted(said.keys() - _SAID.keys()):
        yield f"the metadata {', '.join(map(repr, more))}"
    if any(metadata[key] is not False for key in _LOCKS & metadata.keys()):
        yield "a lock that is none"
    yield from (f"a value of {key!r} that is none" for key in said if key in _SAID and not _SAID[key](said[key]))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 100


_SAID: Mapping[str, Any] = MappingProxyType(
    {
        "cell_type": lambda value: value == "markdown",
        "checksum": lambda value: isinstance(value, str) and _CHECKSUM.fullmatch(value) is not None,
        "grade_id": lambda value: isinstance(value, str) and _GRADE_ID.fullmatch(value) is not None,
        "points": _is_number,
        "schema_version": lambda value: value in range(1, 100),
        **{flag: lambda value: isinstance(value, bool) for flag in _FLAGS},
    }
)
"""nbgrader's metadata of a cell, and what tells that a value is one."""
