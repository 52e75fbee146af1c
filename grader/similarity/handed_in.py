"""The modules of a round, as they lie in the folder of its results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.batch.results import SCORED, Entry, ResultsError, latest, place_of, read_entries

SOURCES_FOLDER = "submission"
_BYTES_LIMIT = 2**20


@dataclass(frozen=True)
class HandedIn:
    """A module of a submission.

    Attributes:
        name: of the candidate. From a stranger.
        source: the file or folder that was handed in, as it was given.
        module: its name, without ``.py``.
        path: where it lies.
        is_archived: whether it is of an earlier round.
    """

    name: str
    source: str
    module: str
    path: Path
    is_archived: bool

    def read(self) -> bytes:
        """Return its source, of which nothing is ever run.

        Raises:
            ResultsError: it cannot be read.
        """
        try:
            with self.path.open("rb") as stream:
                return stream.read(_BYTES_LIMIT)
        except OSError as error:
            raise ResultsError(f"a module of the results cannot be read: {error}") from error


@dataclass(frozen=True)
class Round:
    """What was handed in.

    Attributes:
        modules: those of this round, then those of earlier ones.
        submissions: how many there are in this round.
        archived: how many there are in earlier ones.
        banks: SHA-256 of each bank that scored this round.
    """

    modules: tuple[HandedIn, ...]
    submissions: int
    archived: int
    banks: frozenset[str]


def read_round(results: Path, archives: tuple[Path, ...] = ()) -> Round:
    """Return what was handed in, once for each submission, however often it was scored.

    Args:
        results: the folder of this round.
        archives: folders of earlier rounds.

    Raises:
        ResultsError: a folder is none of results, or leads out of itself.
    """
    fresh = _scored(results)
    old = [(archive, entry) for archive in archives for entry in _scored(archive)]
    modules = [module for entry in fresh for module in _modules(results, entry, False)]
    modules += [module for archive, entry in old for module in _modules(archive, entry, True)]
    return Round(tuple(modules), len(fresh), len(old), frozenset(entry.bank_sha256 for entry in fresh))


def digest(content: bytes) -> str:
    """Return what tells the contents of files apart."""
    return hashlib.sha256(content).hexdigest()


def _scored(results: Path) -> list[Entry]:
    return [entry for entry in latest(read_entries(results)) if entry.status == SCORED and entry.folder]


def _modules(results: Path, entry: Entry, is_archived: bool) -> Iterator[HandedIn]:
    folder = place_of(results, entry) / SOURCES_FOLDER
    for path in sorted(folder.glob("*.py")):
        if path.stem.isidentifier() and path.is_file() and not path.is_symlink():
            yield HandedIn(entry.name, entry.source, path.stem, path, is_archived)
