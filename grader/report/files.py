"""Where reports are written."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.errors import GraderError


def make_folder(folder: Path) -> None:
    """Make the folder for reports, if need be.

    Raises:
        click.UsageError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"the folder for reports cannot be made: {error}") from error


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all.

    Raises:
        GraderError: it could not be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise GraderError(f"{path} could not be written: {error}", cure="choose another --output") from error
