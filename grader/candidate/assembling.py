"""A module put together of the cells of a notebook: lines that know where they came from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from grader.candidate.statements import is_future, parse, span, stands_alone, without

_ENCODING = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)


@dataclass(frozen=True)
class Line:
    """A line of a module.

    Attributes:
        cell: 1-based, where it came from; 0 if it is ours.
        line: 1-based, in the cell.
    """

    text: str
    cell: int = 0
    line: int = 0


def joined(cells: Iterable[Sequence[Line]]) -> list[Line]:
    """Return the lines of cells one below the other, with two empty lines between them."""
    lines: list[Line] = []
    for cell in cells:
        if filled := [index for index, line in enumerate(cell) if line.text.strip()]:
            lines += [Line("")] * 2 if lines else []
            lines += cell[filled[0] : filled[-1] + 1]
    return lines


def with_futures_first(lines: list[Line]) -> list[Line]:
    """Move imports from ``__future__`` below the docstring, where they have to be.

    Raises:
        SyntaxError: the lines are no Python.
    """
    texts = [line.text for line in lines]
    tree = parse(texts)
    prologue = _prologue(tree)
    late = [node for node in tree.body[len(prologue) :] if is_future(node)]
    if not late:
        return lines
    hoisted = [replace(lines[span(node)[0]], text=ast.unparse(node)) for node in late]
    rest = [replace(line, text=text) for line, text in zip(lines, without(texts, tree, late), strict=True)]
    if not prologue or not stands_alone(texts, prologue[-1]):
        return [*hoisted, Line(""), *rest]
    after = span(prologue[-1])[1] + 1
    return [*rest[:after], Line(""), *hoisted, Line(""), *rest[after:]]


def _prologue(tree: ast.Module) -> list[ast.stmt]:
    """Return the docstring, if there is one, and the imports from ``__future__`` that follow at once."""
    docstring = tree.body[: ast.get_docstring(tree, clean=False) is not None]
    return [*docstring, *takewhile(is_future, tree.body[len(docstring) :])]


def encodings(lines: Sequence[Line]) -> list[Line]:
    """Return the comments at the top that declare an encoding other than UTF-8, as Python reads them (PEP 263)."""
    found = []
    for line in lines[:2]:
        declared = _ENCODING.match(line.text)
        if declared and declared[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            found.append(line)
        if line.text.strip() and not line.text.lstrip().startswith("#"):
            break
    return found
