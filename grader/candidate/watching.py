"""Checks again whenever a file is saved, and only what that file touches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.candidate.folder import Folder
from grader.errors import SubmissionError

_SUFFIXES = (".py", ".ipynb", ".toml")


def saved(folder: Folder) -> Iterator[list[str]]:
    """Yield the names of the assignments in whose folders something was saved, each time that happens.

    Raises:
        SubmissionError: watchfiles is not installed.
    """
    try:
        from watchfiles import watch
    except ImportError as error:
        raise SubmissionError(
            "--watch needs watchfiles, which is not installed", cure="python -m pip install watchfiles"
        ) from error
    for changes in watch(folder.root, raise_interrupt=False):
        if names := touched(folder, (Path(path) for _, path in changes)):
            yield names


def touched(folder: Folder, paths: Iterator[Path]) -> list[str]:
    """Return the assignments that paths belong to, in their order."""
    known = [assignment.name for assignment in folder.assessment.assignments]
    places = {
        path.relative_to(folder.root).parts[0]
        for path in paths
        if path.suffix in _SUFFIXES and path.is_relative_to(folder.root)
    }
    return [name for name in known if name in places]
