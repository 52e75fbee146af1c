"""The folder that reports are written to."""

from __future__ import annotations

from pathlib import Path

import click


def make_folder(folder: Path) -> None:
    """Make the folder for reports, if need be.

    Raises:
        click.UsageError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"the folder for reports cannot be made: {error}") from error
