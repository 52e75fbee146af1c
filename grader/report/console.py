"""The one console that reports are written with: nothing is told by colour alone, and nothing is drawn with boxes."""

from __future__ import annotations

import io

from rich.console import Console


def new_console(width: int, color: bool) -> Console:
    """Return a console that writes into memory.

    Args:
        width: columns.
        color: with ANSI colours.
    """
    return Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color, highlight=False, emoji=False,
        markup=False, legacy_windows=False, color_system="standard" if color else None,
    )  # fmt: skip


def text_of(console: Console) -> str:
    """Return what was written, without blanks at the ends of lines."""
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
