"""Checks again whenever a file is saved, and only what that file touches."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from grader.candidate.folder import Folder
from grader.errors import SubmissionError

_SUFFIXES = (".py", ".ipynb", ".toml")


def check_watchfiles() -> None:
    """See that files can be watched.

    Raises:
        SubmissionError: watchfiles is not installed.
    """
    if find_spec("watchfiles") is None:
        raise SubmissionError(
            "--watch needs watchfiles, which is not installed", cure="python -m pip install watchfiles"
        )


def saved(folder: Folder) -> Iterator[list[str]]:
    """Yield the names of the assignments in whose folders something was saved, each time that happens."""
    from watchfiles import watch

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
