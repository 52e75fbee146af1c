"""The listing of a source is coloured as Pygments colours it, whatever is passed over at once."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers.python import PythonLexer
from pygments.token import _TokenType

from grader.pages import source
from tests.conftest import ROOT

SOURCES = sorted(
    path for folder in ("assignments", "solutions", "examples") for path in (ROOT / folder).rglob("*.py")
)
PIECES = [
    *('"', "'", '"""', "'''", 'f"', "rb'", 'x"', "\\", "\n", "\\\n", "    ", "\t", "#", "é", "e\u0301", "\u0663"),
    *("match x:", "case _:", "lazy import a", "_", "type X = 1", "def ", "class ", "from . import x", "import a"),
    *("for", ".for", "None", "lambda", "yield from", "async for", "not in", "self", "print(", ")", "name", "{x!r}"),
    *(".5", "1.", "0x1", "1_0", "1e5", "..", "@", "@for", "@ x", "!", "!=", "{", "}", "$", "?", "->", ":=", "%s"),
]
"""What the rules of Pygments turn on, in Python and out of it."""


def pieces(tokens: Iterable[tuple[_TokenType, str]]) -> list[tuple[object, str]]:
    """What stands in the page: each coloured piece, and all that is plain between two of them."""
    tagged = [(source._tags(kind), text) for kind, text in tokens]
    runs = groupby(enumerate(tagged), lambda entry: (entry[1][0], entry[0] if entry[1][0][0] else 0))
    return [(tags, "".join(text for _, (_, text) in run)) for (tags, _), run in runs]


def same(text: str) -> bool:
    plain = PythonLexer(stripnl=False, ensurenl=False)
    return pieces(source._LEXER.get_tokens(text)) == pieces(plain.get_tokens(text))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_source_is_coloured_as_pygments_does(path: Path) -> None:
    assert same(path.read_text(encoding="utf-8"))


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join))
def test_what_is_no_python_is_coloured_as_pygments_does(text: str) -> None:
    assert same(text)
