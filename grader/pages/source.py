"""A submission's source as lines of HTML, with the lines marked that tests and findings point to."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from markupsafe import Markup, escape
from pygments.lexer import inherit
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Number, String, Text, _TokenType

from grader.report.text import one_line, printable
from grader.syntax import tree_of

LINES_LIMIT = 3000
CHARACTERS_LIMIT = 120_000
_LINE_CHARACTERS = 300
_MARKS_SHOWN = 3
_MARK_CHARACTERS = 120
_CLASSES = ((Comment, "c"), (String, "s"), (Keyword, "k"), (Number, "m"))

_KEYWORDS = "|".join(sorted({*keyword.kwlist} - {"and", "in", "is", "not", "or"}))
_SOFT_KEYWORDS = "case|lazy|match"
_WORD = rf"""(?!(?:{_KEYWORDS}|{_SOFT_KEYWORDS})\b|[a-zA-Z]{{1,2}}["'])[a-zA-Z_][a-zA-Z_0-9]*+(?![^\x00-\x7f])"""
_SIGN = r"[][(){}:,;=+*/<>|&^~%-]|\.(?!\d)"
_SPACE = rf"[ \n]++(?=[#@\d]|(?:{_KEYWORDS})\b)"


class _Lexer(PythonLexer):
    """Pygments' own, which takes what stands between two coloured pieces at once and not word by word.

    It tries dozens of expressions for each word, to tell apart kinds of names that the pages show alike. What has
    rules of its own at the start of a line, such as ``match``, is left to it, and so are names that are not ASCII.
    """

    tokens: ClassVar = {"root": [(rf"(?:[ \n]*+(?:{_WORD}|{_SIGN})|{_SPACE})++ *", Text), inherit]}


_LEXER = _Lexer(stripnl=False, ensurenl=False)


@dataclass(frozen=True)
class Mark:
    """Why a line is marked, and the place in the page that tells more."""

    text: str
    anchor: str


@dataclass(frozen=True)
class Listing:
    """A module's source, ready to be shown.

    Attributes:
        name: of its file.
        prefix: of the lines' ids: line 3 has the id ``prefix-3``.
        lines: HTML of each line.
        count: how many lines the module has; more than are shown, if it is a long one.
        marked: how many of them are marked.
    """

    name: str
    prefix: str
    lines: Sequence[Markup]
    count: int
    marked: int

    def anchor(self, line: int) -> str:
        """Return the id of a line; empty if that line is not shown."""
        return f"{self.prefix}-{line}" if 0 < line <= len(self.lines) else ""


def listing(name: str, prefix: str, source: bytes, marks: Mapping[int, Sequence[Mark]]) -> Listing:
    """Return a module's source as HTML.

    Args:
        name: of the file.
        prefix: of the ids of its lines.
        source: as it was handed in.
        marks: by line, 1-based.
    """
    lines = _lines(source)
    shown = _bounded(lines)
    colored = [_with_marks(line, f"{prefix}-{n}", marks.get(n, ())) for n, line in enumerate(_colored(shown), 1)]
    return Listing(name, prefix, colored, len(lines), sum(n <= len(colored) for n in marks))


def definitions(source: bytes) -> dict[str, int]:
    """Return the lines on which a module defines its functions, classes and their methods, by qualified name."""
    tree = tree_of(source)
    if tree is None:
        return {}  # a report has a place of its own for what does not parse
    found = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node.lineno
        if isinstance(node, ast.ClassDef):
            methods = (child for child in node.body if isinstance(child, ast.FunctionDef))
            found |= {f"{node.name}.{method.name}": method.lineno for method in methods}
    return found


def _lines(source: bytes) -> list[str]:
    """The lines as Python counts them."""
    text = source.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _bounded(lines: list[str]) -> list[str]:
    """The first lines, each cut where it is long, up to a number of characters."""
    shown, left = [], CHARACTERS_LIMIT
    for line in lines[:LINES_LIMIT]:
        cut = line if len(line) <= _LINE_CHARACTERS else f"{line[:_LINE_CHARACTERS]} … {len(line)} characters"
        left -= len(cut)
        if left < 0:
            break
        shown.append(printable(cut).rstrip())  # Pygments takes long for blanks at ends of lines
    return shown


def _colored(lines: list[str]) -> list[Markup]:
    """Lines with their comments, strings, keywords and numbers told apart."""
    tokens = _LEXER.get_tokens("\n".join(lines))
    colored = [Markup("".join(parts)) for parts in _by_line(tokens)]
    return colored if len(colored) == len(lines) else [escape(line) for line in lines]


def _by_line(tokens: Iterator[tuple[_TokenType, str]]) -> list[list[str]]:
    """Pieces of HTML, line by line; as bare text, since there are thousands to be put together."""
    lines: list[list[str]] = [[]]
    for kind, text in tokens:
        before, after = _tags(kind)
        for number, part in enumerate(str(escape(text)).split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append(f"{before}{part}{after}")
    return lines


@cache
def _tags(kind: _TokenType) -> tuple[str, str]:
    """The tags before and after text of a kind."""
    name = next((name for group, name in _CLASSES if kind in group), "")  # type: ignore[comparison-overlap]
    return (f'<span class="{name}">', "</span>") if name else ("", "")


def _with_marks(line: Markup, anchor: str, marks: Sequence[Mark]) -> Markup:
    if not marks:
        return Markup(f'<span class="l" id="{escape(anchor)}">{line}</span>')
    shown = list(dict.fromkeys(marks))
    links = [
        Markup('<a class="why" href="#{}">{}</a>').format(m.anchor, one_line(m.text, _MARK_CHARACTERS))
        for m in shown[:_MARKS_SHOWN]
    ]
    more = [Markup('<span class="why">and {} more</span>').format(len(shown) - _MARKS_SHOWN)]
    why = Markup("").join(links + (more if len(shown) > _MARKS_SHOWN else []))
    return Markup('<span class="l at" id="{}">{}{}</span>').format(anchor, line, why)
