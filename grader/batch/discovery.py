"""Finds what was handed in for a round, and what each is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SubmissionError
from grader.models import Assessment, Submission

_ENDINGS = (".zip", ".py")


@dataclass(frozen=True)
class Handed:
    """One thing that was handed in.

    Attributes:
        path: of the archive, module or folder.
        name: what it is called where it does not say so itself.
        source: where it lies, below what was given, for people.
    """

    path: Path
    name: str
    source: str


def handed_in(paths: Sequence[Path], assessment: Assessment) -> list[Handed]:
    """Return all that was handed in, in the order of what was given and then of names.

    A folder that holds a module that the assessment asks for is one submission; else each archive and each folder in
    it is one. A folder with a single archive in it gives that archive its name: ``ada/submission.zip`` is Ada's.

    Args:
        paths: archives, modules and folders.
        assessment: names the modules.

    Raises:
        SubmissionError: something is not there, or a folder holds nothing.
    """
    found = [handed for path in paths for handed in _below(path, assessment)]
    if not found:
        shown = ", ".join(str(path) for path in paths)
        raise SubmissionError(
            f"{shown} should hold submissions, but there is no zip archive and no folder with modules in it"
        )
    return list(dict.fromkeys(found))


def name_of(handed: Handed, submission: Submission) -> str:
    """Return what a submission is called: by its own word where its packet was one candidate's, else by its file."""
    manifest = submission.manifest
    return manifest.variant if manifest is not None and manifest.variant else handed.name


def _below(path: Path, assessment: Assessment) -> Iterator[Handed]:
    if not path.exists():
        raise SubmissionError(f"{path} should be a zip archive, a folder or a .py file, but there is no such file")
    if path.is_file() or _is_submission(path, assessment):
        yield Handed(path, _stem(path), path.name)
        return
    for child in _children(path):
        source = f"{path.name}/{child.name}"
        if child.is_file():
            if child.suffix.lower() == ".zip":
                yield Handed(child, _stem(child), source)
        elif _is_submission(child, assessment):
            yield Handed(child, child.name, source)
        else:
            yield from _archives(child, source)


def _archives(folder: Path, source: str) -> Iterator[Handed]:
    """Archives one level further down: one alone is called as its folder."""
    archives = [child for child in _children(folder) if child.is_file() and child.suffix.lower() == ".zip"]
    for archive in archives:
        name = folder.name if len(archives) == 1 else f"{folder.name}-{_stem(archive)}"
        yield Handed(archive, name, f"{source}/{archive.name}")


def _is_submission(folder: Path, assessment: Assessment) -> bool:
    places = [
        place
        for assignment in assessment.assignments
        for module in assignment.modules
        for place in (folder / f"{module}.py", folder / assignment.name / f"{module}.py")
    ]
    return any(place.is_file() for place in places)


def _children(folder: Path) -> list[Path]:
    return sorted(child for child in folder.iterdir() if not child.name.startswith((".", "__")))


def _stem(path: Path) -> str:
    return path.name[: -len(path.suffix)] if path.suffix.lower() in _ENDINGS else path.name
