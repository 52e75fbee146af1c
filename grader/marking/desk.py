"""Whose marking it is, and how: what all pages are made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader.gradebook.book import Book


@dataclass(frozen=True)
class Desk:
    """One marker at one gradebook.

    Attributes:
        book: that is open.
        marker: name of the one who marks, as the book keeps it.
        is_blind: show neither who was marked nor what was scored automatically.
        say: tells the one at the keyboard what went wrong on our side, one line.
    """

    book: Book
    marker: str
    is_blind: bool
    say: Callable[[str], None]
