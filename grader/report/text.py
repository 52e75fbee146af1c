"""Making a stranger's text fit to print."""

from __future__ import annotations

from grader.models import Outcome

OUTCOME_WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "error",
    Outcome.TIMEOUT: "took too long",
    Outcome.OUT_OF_MEMORY: "ran out of memory",
    Outcome.CRASHED: "crashed",
    Outcome.NOT_RUN: "not run",
}
"""How a test ended, for people."""


def printable(text: str) -> str:
    """Return ``text`` without anything that a terminal would obey.

    Control characters, escapes, bidirectional overrides and other invisible characters become ``�``; new lines
    stay, tabs become spaces.
    """
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or c.isprintable() else "�" for c in text.replace("\r\n", "\n").expandtabs(4))


def one_line(text: str, characters: int = 300) -> str:
    """Return ``text`` printable, on one line and not too long."""
    joined = " ".join(printable(text).split())
    return joined if len(joined) <= characters else joined[: characters - 1] + "…"


def first_lines(text: str, count: int, characters: int = 200) -> str:
    """Return the first lines of ``text`` that are not empty, printable, and how many more there are."""
    kept = [line for line in printable(text).strip().splitlines() if line.strip()]
    shown = [line if len(line) <= characters else line[: characters - 1] + "…" for line in kept[:count]]
    return "\n".join(shown) + (f"\n… {len(kept) - count} lines more" if len(kept) > count else "")


def number(value: float) -> str:
    """Return points without needless digits: ``12``, ``6.67``, ``0.5``."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
