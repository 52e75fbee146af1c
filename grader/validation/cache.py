"""What is known of trials, in files named by the hash of all that went into them."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import grader
from grader.models import Assignment, Outcome

ENVIRONMENT_VARIABLE = "GRADER_CACHE"

_FORMAT = 1
_DECIDING = ("bank.py", "grade.py", "models.py", "examiner", "sandbox", "worker")
"""The parts of this program that have a say in how a trial ends."""


@dataclass(frozen=True)
class Ending:
    """How one test ended in a trial.

    Attributes:
        criterion: that the test belongs to.
        outcome: what became of it.
        message: what came back instead; empty when passed.
        cpu_seconds: of the specimen.
    """

    criterion: str
    outcome: Outcome
    message: str
    cpu_seconds: float


class TrialCache:
    """Endings of trials by key, a file each. What cannot be read or written is not known: nothing fails by it.

    Args:
        folder: where; made when the first result is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> dict[str, Ending] | None:
        """Return what is known under a key."""
        try:
            table = json.loads(self._path(key).read_text(encoding="utf-8"))
            return {
                test: Ending(str(c), Outcome(o), str(message), float(seconds))
                for test, (c, o, message, seconds) in table.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def put(self, key: str, endings: Mapping[str, Ending]) -> None:
        """Keep what a trial showed."""
        table = {test: [e.criterion, e.outcome.value, e.message, e.cpu_seconds] for test, e in endings.items()}
        path = self._path(key)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(table), encoding="utf-8")
            partial.replace(path)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def default_folder() -> Path:
    """Return where results are kept: ``GRADER_CACHE``, else the user's cache folder (XDG Base Directory)."""
    if named := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "takehome-grader" / "trials"


def key_of(
    assignment: Assignment, suite_sha256: str, sources: Iterable[Mapping[str, bytes]], settings: tuple[object, ...]
) -> str:
    """Return a name for all that decides how a trial ends.

    Args:
        assignment: rubric and limits.
        suite_sha256: of the hidden suite.
        sources: modules of all solutions that take part.
        settings: whatever else counts; its ``repr`` is taken.
    """
    digest = hashlib.sha256(f"{_FORMAT} {_program_sha256()} {suite_sha256} {assignment!r} {settings!r}".encode())
    for modules in sources:
        for name, source in sorted(modules.items()):
            digest.update(f"\0{name}\0{len(source)}\0".encode() + source)
    return digest.hexdigest()


@cache
def _program_sha256() -> str:
    """Digest of this program and of what it runs on."""
    root = Path(grader.__file__).parent
    parts = [root / name for name in _DECIDING]
    digest = hashlib.sha256(f"{platform.python_version()} {platform.machine()}".encode())
    for package in ("numpy", "pytest", "msgpack"):
        digest.update(f"{package} {metadata.version(package)}".encode())
    for path in sorted(path for part in parts for path in ([part] if part.is_file() else part.rglob("*.py"))):
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()
