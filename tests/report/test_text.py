"""A stranger's text, made fit to print."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.report.text import number, one_line, printable

STEADY = settings(max_examples=300, deadline=None, derandomize=True)
OBEYED = [
    *(chr(code) for code in range(32) if chr(code) not in "\t\n"),
    *(chr(code) for code in range(0x7F, 0xA0)),
    *"\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad\u061c",
    *"\u2028\u2029\ud800\udfff\udcff\ue000\U000e0001\U000e0041\ufff9",
]


@pytest.mark.parametrize("character", OBEYED, ids=lambda character: f"{ord(character):x}")
def test_what_a_terminal_would_obey_becomes_a_sign(character: str) -> None:
    assert printable(f"a{character}b") == "a�b"


@pytest.mark.parametrize(
    "text", ["", "plain", "Zażółć gęślą jaźń", "数値", "α ≤ β", "👍", "e\u0301", "'\"\\<>&[red]"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text
    assert one_line(text) == text


def test_new_lines_stay_and_tabs_become_spaces() -> None:
    assert printable("a\nb\r\nc\td") == "a\nb\nc   d"


def test_a_lone_carriage_return_cannot_overwrite_a_line() -> None:
    assert printable("FAILED\rPASSED") == "FAILED�PASSED"


def test_every_character_there_is_comes_out_printable() -> None:
    for start in range(0, sys.maxunicode + 1, 4096):
        text = "".join(map(chr, range(start, start + 4096)))
        assert all(c == "\n" or c.isprintable() for c in printable(text))
        assert one_line(text, 10_000).isprintable()


def test_one_line_joins_lines_and_runs_of_space() -> None:
    assert one_line("  a\n\n b\t c \r\n") == "a b c"


@pytest.mark.parametrize("characters", [1, 2, 10, 300])
def test_one_line_is_cut_with_a_sign_that_it_was(characters: int) -> None:
    assert one_line("x" * characters, characters) == "x" * characters
    cut = one_line("x" * (characters + 1), characters)
    assert cut == "x" * (characters - 1) + "…"


@STEADY
@given(st.text(st.characters()), st.integers(1, 50))
def test_one_line_is_printable_and_within_its_length(text: str, characters: int) -> None:
    line = one_line(text, characters)
    assert line.isprintable()
    assert len(line) <= characters
    assert one_line(line, characters) == line


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12, "12"),
        (10, "10"),
        (100, "100"),
        (6.6667, "6.67"),
        (0.5, "0.5"),
        (12.10, "12.1"),
        (99.99, "99.99"),
        (99.999, "100"),
        (0.004, "0"),
    ],
)
def test_points_come_without_needless_digits(value: float, text: str) -> None:
    assert number(value) == text
