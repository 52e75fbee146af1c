"""Notebooks, for candidates who prefer Jupyter: made of stubs, and turned back into modules by parsing alone."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from grader.candidate.assembling import Line, encodings, joined, with_futures_first
from grader.candidate.cells import CellError, Code, Dropped, read_cell
from grader.candidate.statements import check_compiles, explained, parse, plain, quoted, span
from grader.errors import SubmissionError
from grader.submission import MODULE_LIMIT

SCRATCH = "scratch"
"""The tag of cells that are not handed in."""

_FORMAT = 4
_SAVE_AGAIN = "save it again in Jupyter"
_UNCONVERTIBLE = (AssertionError, AttributeError, LookupError, NameError, RecursionError, TypeError, ValueError)
"""What nbformat raises on old notebooks whose structure is wrong, beside its own error."""


class NotebookError(SubmissionError):
    """A notebook that no module can be made of."""


@dataclass(frozen=True)
class LeftOut:
    """One thing that is in a notebook and not in its module.

    Attributes:
        cell: 1-based, over all cells of the notebook, those of Markdown too.
        line: 1-based, in the cell; 0 for all of it.
        what: for a person, one line, such as ``the shell line '!ls'``.
    """

    cell: int
    line: int
    what: str


@dataclass(frozen=True)
class FromNotebook:
    """The module that a notebook holds.

    Attributes:
        source: valid Python; ends with a new line.
        left_out: in the notebook's order. Markdown, which nobody expects in a module, is not among it.
        lines: for each line of the source (they end with ``\\n`` only) its cell and the line there, 1-based; (0, 0)
            for lines of ours.
    """

    source: str
    left_out: tuple[LeftOut, ...]
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Cell:
    number: int
    kind: str
    text: str
    is_scratch: bool
    language: str


def module_of(content: bytes, name: str) -> FromNotebook:
    """Return the module that a notebook holds; nothing of it is run.

    Cells tagged ``scratch``, magics, shell lines and what is only displayed are left out. Imports from
    ``__future__`` come first.

    Args:
        content: of the file; not to be trusted.
        name: of the file, for messages.

    Raises:
        NotebookError: it is no notebook of Python, a cell of it does not compile by itself, or a package is missing
            that reading it needs.
    """
    name = plain(name)
    codes = [(cell.number, _code_of(cell, name)) for cell in _read(content, name)]
    left_out = [LeftOut(number, left.line, left.what) for number, code in codes for left in code.dropped]
    lines = joined([Line(text, number, i) for i, text in enumerate(code.lines, 1)] for number, code in codes)
    try:
        lines = with_futures_first(lines or [Line("")])
        declared = encodings(lines)
        lines = [replace(line, text="") if line in declared else line for line in lines]
        source = "".join(f"{line.text}\n" for line in lines)
        check_compiles(source.encode())
    except SyntaxError as error:
        raise _refusal(error, lines, name) from error
    left_out += [LeftOut(line.cell, line.line, f"the encoding {quoted(line.text)}") for line in declared]
    left_out.sort(key=lambda left: (left.cell, left.line))
    return FromNotebook(source, tuple(left_out), tuple((line.cell, line.line) for line in lines))


def _read(content: bytes, name: str) -> list[_Cell]:
    """Return the cells of a notebook whose structure has been checked."""
    table = _table(content, name)
    _check_language(_object(table, "metadata", name), name)
    entries = table.get("cells")
    if not isinstance(entries, list):
        raise NotebookError(f"{name}: 'cells' should be a list, but is {_kind(entries)}", cure=_SAVE_AGAIN)
    cells = [_cell(entry, number, f"{name}, cell {number}") for number, entry in enumerate(entries, 1)]
    if sum(len(cell.text) for cell in cells if not _why_left_out(cell)) > MODULE_LIMIT:
        raise NotebookError(
            f"{name} holds more code than the {MODULE_LIMIT // 1024**2} MB that a module may have",
            cure="keep data in files, not in cells",
        )
    return cells


def _table(content: bytes, name: str) -> dict[str, Any]:
    try:
        table = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = plain(str(error))
        raise NotebookError(
            f"{name} should be a notebook, which is JSON, but cannot be read as such ({reason})", cure=_SAVE_AGAIN
        ) from error
    version = table.get("nbformat") if isinstance(table, dict) else None
    if not isinstance(table, dict) or not isinstance(version, int) or isinstance(version, bool):
        raise NotebookError(
            f"{name} should be a notebook, but has no number 'nbformat', as these have", cure=_SAVE_AGAIN
        )
    if version > _FORMAT:
        raise NotebookError(
            f"{name} should be a notebook of format {_FORMAT}, but is of format {version}", cure=_SAVE_AGAIN
        )
    return table if version == _FORMAT else _upgraded(table, version, name)


def _upgraded(table: dict[str, Any], version: int, name: str) -> dict[str, Any]:
    """Return a notebook from before 2015 in the format of today."""
    try:
        nbformat = import_module("nbformat")
    except ImportError as error:
        raise NotebookError(
            f"{name} is a notebook of format {version}: nbformat is needed to convert it, but missing ({error})",
            cure=f"{_SAVE_AGAIN}, or: pip install nbformat ipython",
        ) from error
    try:
        with warnings.catch_warnings():
            # Of ids that it has drawn itself, and of other things that are not looked at here.
            warnings.simplefilter("ignore")
            upgraded: dict[str, Any] = nbformat.convert(nbformat.from_dict(table), _FORMAT)
    except (nbformat.ValidationError, *_UNCONVERTIBLE) as error:
        raise NotebookError(
            f"{name} is a notebook of format {version}, but cannot be converted to format {_FORMAT}", cure=_SAVE_AGAIN
        ) from error
    return upgraded


def _check_language(metadata: dict[str, Any], name: str) -> None:
    kernel, about = _object(metadata, "kernelspec", name), _object(metadata, "language_info", name)
    languages = [text for text in (kernel.get("language"), about.get("name")) if isinstance(text, str) and text]
    if languages and not any("python" in language.lower() for language in languages):
        raise NotebookError(
            f"{name} should be a notebook of Python, but is one of {quoted(languages[0])}",
            cure="choose a Python kernel and save it again",
        )


def _cell(entry: Any, number: int, where: str) -> _Cell:
    if not isinstance(entry, dict):
        raise NotebookError(f"{where} should be an object, but is {_kind(entry)}", cure=_SAVE_AGAIN)
    kind, source = entry.get("cell_type"), entry.get("source")
    if kind not in ("code", "markdown", "raw"):
        raise NotebookError(f"{where} should be of the type code, markdown or raw", cure=_SAVE_AGAIN)
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise NotebookError(f"{where}: 'source' should be text, but is {_kind(source)}", cure=_SAVE_AGAIN)
    metadata = _object(entry, "metadata", where)
    tags = metadata.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise NotebookError(f"{where}: 'tags' should be a list of texts", cure=_SAVE_AGAIN)
    language = _object(metadata, "vscode", where).get("languageId", "python")
    is_scratch = any(tag.strip().lower() == SCRATCH for tag in tags)
    return _Cell(number, kind, source, is_scratch, language if isinstance(language, str) else "python")


def _object(table: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise NotebookError(f"{where}: {key!r} should be an object, but is {_kind(value)}", cure=_SAVE_AGAIN)
    return value


def _kind(value: Any) -> str:
    """Name the kind of a JSON value: the value itself may be of any size."""
    kinds = {list: "a list", dict: "an object", str: "text", bool: "true or false", type(None): "missing"}
    return kinds.get(type(value), "a number")


def _code_of(cell: _Cell, name: str) -> Code:
    if reason := _why_left_out(cell):
        noticed = cell.kind != "markdown" and cell.text.strip()
        return Code((), (Dropped(0, reason),) if noticed else ())
    try:
        return read_cell(cell.text)
    except CellError as error:
        raise NotebookError(f"{name}, cell {cell.number}, line {error.line}: {error}", cure=error.cure) from error


def _why_left_out(cell: _Cell) -> str:
    if cell.is_scratch:
        return f"a cell tagged {SCRATCH}"
    if cell.kind != "code":
        return f"a cell of {cell.kind} text"
    return "" if cell.language == "python" else f"a cell of {plain(cell.language)}"


def _refusal(error: SyntaxError, lines: Sequence[Line], name: str) -> NotebookError:
    number, reason = explained(error, [line.text for line in lines])
    line = lines[number - 1]
    return NotebookError(f"{name}, cell {line.cell}, line {line.line}: syntax error: {reason}", cure="correct it")


def notebook_of(source: str, title: str) -> bytes:
    """Return a stub as a notebook, the same for the same stub; ``module_of`` makes the stub of it again.

    Args:
        source: of the stub.
        title: for its head.

    Raises:
        NotebookError: the stub is no Python.
    """
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        tree = parse(lines)
    except SyntaxError as error:
        number, reason = explained(error, lines)
        raise NotebookError(f"{title}: no notebook can be made of it, line {number}: {reason}") from error
    parts = ["\n".join(part).strip("\n") for part in _parts(lines, tree)]
    cells = [
        _new_cell("markdown", "about", f"# {title}\n\n{_ABOUT}"),
        *(_new_cell("code", f"part-{number}", part) for number, part in enumerate(filter(None, parts), 1)),
        _new_cell("code", SCRATCH, _TRY_OUT, tags=[SCRATCH]),
    ]
    table = {"cells": cells, "metadata": _METADATA, "nbformat": _FORMAT, "nbformat_minor": 5}
    return (json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


_ABOUT = f"""\
Fill in the bodies and keep the names; the rules are in `README.md`.

`grader check` and `grader pack` read this notebook and never run it. They take all code cells in their order as one \
module, but for

- cells tagged `{SCRATCH}`, like the last one: try things out there, in as many as you like;
- magics, shell lines and what a cell only displays, which they name."""
_TRY_OUT = f"# This cell is tagged {SCRATCH}: it is not handed in. Try things out here.\n"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def _new_cell(kind: str, name: str, text: str, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": name, "metadata": metadata, "source": text.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _parts(lines: Sequence[str], tree: ast.Module) -> Iterator[Sequence[str]]:
    """Split a module before and behind each class and function; what stands above one belongs to it."""
    begin, before = 0, None
    for node in tree.body:
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        if before is not None and (isinstance(node, definitions) or isinstance(before, definitions)):
            end = _end_of(before, node, lines)
            yield lines[begin:end]
            begin = end
        before = node
    yield lines[begin:]


def _end_of(node: ast.stmt, following: ast.stmt, lines: Sequence[str]) -> int:
    """Return the index behind a statement and the indented comments that follow it."""
    end = span(node)[1] + 1
    decorators = getattr(following, "decorator_list", [])
    gap = lines[end : min(part.lineno for part in (following, *decorators)) - 1]
    return end + max((i for i, line in enumerate(gap, 1) if line[:1].isspace() and line.strip()), default=0)
