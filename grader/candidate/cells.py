"""One code cell of a notebook, turned into Python by parsing alone: nothing of it is ever run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from grader.candidate.statements import (
    check_compiles,
    explained,
    is_future,
    parse,
    plain,
    position,
    quoted,
    without,
)

_TRANSPARENT = frozenset(
    ["capture", "debug", "memit", "prun", "pyinstrument", "scalene", "snakeviz", "time", "timeit"]
)
"""Cell magics that run what is below them as Python, in the notebook."""

_INSTALLERS = ("pip", "pip3", "conda", "mamba", "micromamba", "uv")
_SHOWING_FUNCTIONS = frozenset(["display", "help", "pprint", "print"])
_SHOWING_METHODS = frozenset(["describe", "head", "show", "tail"])
_HEADER = re.compile(r"%%(?!\w+\?)(\S*)")
_BARE_INSTALL = re.compile(rf"(\s*)((?:{'|'.join(_INSTALLERS)})\s+(?:pip\s+)?(?:un)?install\b)")
_SHORT_CALLS = (",", ";", "/")
"""Begin lines that IPython makes calls of (``,f a b``); they look too much like slips to be taken as meant."""

_MAGICS_LIMIT = 200
"""Each costs a reading of the whole cell."""
_UNREADABLE = (AssertionError, IndexError, SyntaxError, ValueError)
"""What IPython's transformers raise on text that they cannot read."""


class _Transformers(Protocol):
    """What is used of IPython's ``TransformerManager``."""

    cleanup_transforms: list[Callable[[list[str]], list[str]]]

    def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]: ...


class CellError(Exception):
    """A cell that no Python can be had of.

    Attributes:
        line: 1-based, in the cell.
        cure: what to do next.
    """

    def __init__(self, line: int, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.line = line
        self.cure = cure


@dataclass(frozen=True)
class Dropped:
    """What of a cell is no Python, or there to be looked at only.

    Attributes:
        line: 1-based, in the cell; 0 for all of it.
        what: for a person, one line.
    """

    line: int
    what: str


@dataclass(frozen=True)
class Code:
    """What a cell adds to a module.

    Attributes:
        lines: as many as the cell has, empty where something was dropped, so that line numbers stay; or none at all.
        dropped: in the order of lines.
    """

    lines: tuple[str, ...]
    dropped: tuple[Dropped, ...]


def read_cell(text: str) -> Code:
    """Return what a code cell adds to a module.

    Args:
        text: of the cell, with any line ends.

    Raises:
        CellError: it is no Python, even without its magics; or IPython would be needed to tell.
    """
    given = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    _check_characters(given)
    body, headers = _without_headers(given)
    if not body:
        return Code((), headers)
    python, tree = _as_python(body)
    statements = sorted([*_magics(tree, given), *_displays(tree, python)], key=lambda found: position(found[0]))
    lines = without(python, tree, [node for node, _ in statements])
    _check_compiles(lines)
    return Code(tuple(lines), (*headers, *(Dropped(node.lineno, what) for node, what in statements)))


def _check_characters(lines: list[str]) -> None:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise CellError(number, "there is a NUL character, which Python does not have", "delete it")
        try:
            line.encode()
        except UnicodeEncodeError as error:
            reason = f"\\u{ord(line[error.start]):04x} is half a character"
            raise CellError(number, reason, "delete it and save the notebook") from error


def _without_headers(given: list[str]) -> tuple[list[str], tuple[Dropped, ...]]:
    """Strip ``%%time`` and its like; no lines are left where another kind of cell magic stands."""
    lines, dropped = list(given), []
    for index, line in enumerate(given):
        header = _HEADER.match(line.strip())
        if header is None:
            if line.strip():
                break
            continue
        if header[1] not in _TRANSPARENT:
            return [], (Dropped(0, f"a cell of {plain(header[0])}"),)
        lines[index] = ""
        dropped.append(Dropped(index + 1, f"the header {quoted(line)}"))
    return lines, tuple(dropped)


def _as_python(lines: list[str]) -> tuple[list[str], ast.Module]:
    """Return the lines with calls of ``get_ipython()`` for magics, and what they parse to."""
    try:
        # What is Python already stays as it is: IPython would take prompts out of its strings, too.
        return lines, parse(lines)
    except SyntaxError as error:
        manager = _transformers(error, lines)
    try:
        return _with_calls(manager, lines)
    except SyntaxError:
        cleaned = _cleaned(manager, lines)
    try:
        return _with_calls(manager, cleaned)
    except SyntaxError as error:
        raise _refusal(error, lines) from error


def _transformers(error: SyntaxError, lines: list[str]) -> _Transformers:
    """Return IPython's parsers of what is not Python, for lines that Python refuses."""
    try:
        manager: _Transformers = import_module("IPython.core.inputtransformer2").TransformerManager()
    except ImportError as missing:
        number, reason = explained(error, lines)
        raise CellError(
            number,
            f"{reason}: if that is a magic or a shell line, IPython is needed to read it, but missing ({missing})",
            "correct the line, or: pip install nbformat ipython",
        ) from missing
    return manager


def _with_calls(manager: _Transformers, lines: list[str]) -> tuple[list[str], ast.Module]:
    for _ in range(_MAGICS_LIMIT):
        changed = _with_one_call(manager, lines)
        if changed == lines:
            try:
                return lines, parse(lines)
            except SyntaxError as error:
                changed = _with_marked_installation(lines, error)
        lines = changed
    raise CellError(1, f"there are over {_MAGICS_LIMIT} magics and shell lines", "tag the cell scratch")


def _with_marked_installation(lines: list[str], error: SyntaxError) -> list[str]:
    """Make a magic of a bare ``pip install``, if Python has refused it: then it is no part of a string."""
    index = explained(error, lines)[0] - 1
    if not _BARE_INSTALL.match(lines[index]):
        raise error
    return [*lines[:index], _BARE_INSTALL.sub(r"\1%\2", lines[index], count=1), *lines[index + 1 :]]


def _with_one_call(manager: _Transformers, lines: list[str]) -> list[str]:
    """Make a call of the first magic, shell or help line, and keep the number of lines."""
    try:
        _, result = manager.do_one_token_transform([f"{line}\n" for line in lines])
    except _UNREADABLE:
        return lines
    changed = [line.removesuffix("\n") for line in result]
    at = next((i for i, (old, new) in enumerate(zip(lines, changed, strict=False)) if old != new), None)
    if at is None or lines[at].lstrip().startswith(_SHORT_CALLS):
        return lines
    return [*changed[: at + 1], *[""] * (len(lines) - len(changed)), *changed[at + 1 :]]


def _cleaned(manager: _Transformers, lines: list[str]) -> list[str]:
    """Take off prompts and the indentation of a whole cell, as IPython does."""
    kept = [f"{line}\n" for line in lines]
    for clean in manager.cleanup_transforms:
        kept = clean(kept)
    if len(kept) > len(lines):
        return lines
    return [""] * (len(lines) - len(kept)) + [line.removesuffix("\n") for line in kept]


def _magics(tree: ast.Module, given: list[str]) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements that only IPython knows, wherever they are, and what was written there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and (kind := _kind_of_magic(node)):
            yield node, f"{kind} {quoted(given[node.lineno - 1])}"


def _kind_of_magic(node: ast.stmt) -> str:
    """Say what ``get_ipython().method(...)``, alone or assigned, was written as; nothing if it is none."""
    if not isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign):
        return ""
    match node.value:
        case ast.Call(ast.Attribute(ast.Call(ast.Name("get_ipython")), "system" | "getoutput")):
            return "the shell line"
        case ast.Call(ast.Attribute(ast.Call(ast.Name("get_ipython")), "show_usage")):
            return "the help line"
        case ast.Call(ast.Attribute(ast.Call(ast.Name("get_ipython"))), [ast.Constant(str(name)), *_]):
            return _KINDS.get(name, "the magic")
        case ast.Call(ast.Attribute(ast.Call(ast.Name("get_ipython")))):
            return "the magic"
    return ""


_KINDS = dict.fromkeys(["pinfo", "pinfo2", "psearch"], "the help line") | dict.fromkeys(
    _INSTALLERS, "the installation"
)


def _displays(tree: ast.Module, python: list[str]) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements at the top level that are there for a notebook to show something."""
    for node in tree.body:
        if isinstance(node, ast.Expr) and not _kind_of_magic(node) and _only_shows(node.value):
            end = node.end_col_offset if node.end_lineno == node.lineno else None
            yield node, f"the display {quoted(python[node.lineno - 1].encode()[node.col_offset : end].decode())}"


def _only_shows(value: ast.expr) -> bool:
    if any(_does_more(node) for node in ast.walk(value)):
        return False
    match value:
        case ast.Constant():
            return False
        case ast.Call(ast.Name(name)):
            return name in _SHOWING_FUNCTIONS
        case ast.Call(ast.Attribute(attr=name)):
            return name in _SHOWING_METHODS
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return True
    return not any(isinstance(node, ast.Call) for node in ast.walk(value))


def _does_more(node: ast.AST) -> bool:
    """Whether a part of an expression sets a name, or is one that a module cannot have, which has to be told."""
    asynchronous = isinstance(node, ast.comprehension) and node.is_async
    return bool(asynchronous) or isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom)


def _check_compiles(lines: list[str]) -> None:
    """See that a cell compiles by itself, wherever its imports from ``__future__`` stand."""
    try:
        tree = parse(lines)
        tree.body = [node for node in tree.body if not is_future(node)]
        check_compiles(tree)
    except SyntaxError as error:
        raise _refusal(error, lines) from error


def _refusal(error: SyntaxError, lines: list[str]) -> CellError:
    number, reason = explained(error, lines)
    if "outside" in error.msg and ("await" in error.msg or "async" in error.msg):
        return CellError(
            number,
            f"top-level await, which a module cannot have: {reason}",
            "put it in an async def, or tag the cell scratch",
        )
    return CellError(number, f"syntax error: {reason}", "correct it, or tag the cell scratch")
