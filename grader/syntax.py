"""Whether a source is Python that can be read. Nothing of it is run."""

from __future__ import annotations

import ast
import codecs
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

_WIDE = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", codecs.BOM_UTF32_BE: "UTF-32"}


@dataclass(frozen=True)
class BadSyntax:
    """Why a source is not valid Python.

    Attributes:
        line: 1-based; 0 where it has none.
        what: is wrong, for a person.
    """

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


def parsed(content: bytes, *, compiling: bool = False) -> ast.Module | BadSyntax:
    """Return the syntax tree of a source, or why there is none.

    Args:
        content: of the file, in UTF-8 or in the encoding that it declares.
        compiling: find also what only the compiler minds, such as a ``return`` outside of functions. For sources
            of one's own: a stranger's may bring a compiler down.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
            if compiling:
                compile(tree, "module", "exec", dont_inherit=True)
    except SyntaxError as error:
        return BadSyntax(error.lineno or 0, error.msg)
    except (ValueError, OverflowError) as error:
        return BadSyntax(0, str(error))
    except (RecursionError, MemoryError):
        return BadSyntax(0, "it is nested too deeply")
    return tree


@lru_cache(maxsize=8)
def tree_of(content: bytes) -> ast.Module | None:
    """Return the syntax tree of a source; ``None`` if it has none. All who look share it, so nobody changes it."""
    found = parsed(content)
    return None if isinstance(found, BadSyntax) else found


def imported(tree: ast.Module) -> Iterator[str]:
    """Give the packages and modules that a module imports, by the first part of their names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.partition(".")[0] for name in names)


def wrong_encoding(content: bytes) -> str:
    """Return what a file has in place of UTF-8, as the end of a sentence; empty if it is in UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        for mark, name in _WIDE.items():
            if content.startswith(mark):
                return f"is in {name}"
        if declared := declared_encoding(content):
            return f"is in {declared}, as it declares"
        line = content.count(b"\n", 0, error.start) + 1
        return f"the byte 0x{content[error.start]:02X} in line {line} is not"
    return ""


def declared_encoding(content: bytes) -> str:
    """Return the encoding that a source names at its top (PEP 263), else UTF-8; empty if it is not in that."""
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
        content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        return ""
    return encoding
