"""Python source as lines, read and edited statement by statement; never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

_SHOWN_CHARACTERS = 60


def parse(lines: Iterable[str]) -> ast.Module:
    """Parse the lines of a module.

    Raises:
        SyntaxError: they are no Python, or nested too deeply for it.
    """
    tree: ast.Module = _compile("\n".join(lines) + "\n", ast.PyCF_ONLY_AST)
    return tree


def check_compiles(module: bytes | ast.Module) -> None:
    """See that a module compiles, without running it.

    Raises:
        SyntaxError: it does not.
    """
    _compile(module, 0)


def _compile(module: str | bytes | ast.Module, flags: int) -> Any:
    """Compile without warnings; whatever goes wrong is a ``SyntaxError``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return compile(module, "<module>", "exec", flags, dont_inherit=True)
        except (RecursionError, MemoryError) as error:
            raise SyntaxError("it is nested too deeply", ("<module>", 1, 1, "")) from error
        except (ValueError, OverflowError) as error:
            raise SyntaxError(str(error), ("<module>", 1, 1, "")) from error


def is_future(node: ast.stmt) -> bool:
    """Whether a statement is an import from ``__future__``, which has to come first in a module."""
    return isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.level == 0


def position(node: ast.stmt) -> tuple[int, int]:
    """Return where a statement begins: its line, and its offset there in bytes."""
    return node.lineno, node.col_offset


def span(node: ast.stmt) -> tuple[int, int]:
    """Return the indices of a statement's first and last line; decorators are not counted."""
    return node.lineno - 1, (node.end_lineno or node.lineno) - 1


def stands_alone(lines: Sequence[str], node: ast.stmt) -> bool:
    """Whether a statement shares none of its lines with another."""
    before, after = _around(lines, node)
    first, _ = span(node)
    continued = first > 0 and lines[first - 1].endswith("\\")
    return not continued and not before.strip() and after.lstrip(" \t\f;")[:1] in ("", "#")


def without(lines: Sequence[str], tree: ast.Module, nodes: Iterable[ast.stmt]) -> list[str]:
    """Return as many lines, without some of their simple statements.

    Args:
        lines: of a module.
        tree: what they parse to.
        nodes: of the tree. What shares a line or a block with others becomes ``pass``, the rest empty lines.
    """
    result, top = list(lines), set(tree.body)
    for node in sorted(nodes, key=position, reverse=True):
        first, last = span(node)
        before, after = _around(result, node)
        alone = node in top and stands_alone(result, node)
        # What follows on the last line keeps its line number, unless there is something before on the first.
        at = first if before.strip() else last
        result[first : last + 1] = [""] * (last + 1 - first)
        result[at] = "" if alone else f"{before}pass{after}"
    return result


def _around(lines: Sequence[str], node: ast.stmt) -> tuple[str, str]:
    """Return what is before a statement on its first line, and behind it on its last."""
    first, last = span(node)
    # Offsets count bytes.
    return lines[first].encode()[: node.col_offset].decode(), lines[last].encode()[node.end_col_offset :].decode()


def explained(error: SyntaxError, lines: Sequence[str]) -> tuple[int, str]:
    """Return the line of a syntax error, 1-based, and a text for a person that quotes it."""
    number = min(max(error.lineno or 1, 1), len(lines))
    line = lines[number - 1].strip()
    return number, f"{error.msg}: {quoted(line)}" if line else error.msg


def quoted(text: str) -> str:
    """Return a stranger's text in quotes, short and fit for a terminal."""
    return f"'{plain(text)}'"


def plain(text: str) -> str:
    """Return the same without quotes."""
    text = "".join(c if c.isprintable() else "?" for c in text.strip())
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
