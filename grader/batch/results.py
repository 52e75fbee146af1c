"""The folder of a round's results, which only grows.

``results.jsonl`` has a line for each grading that is over, written once its reports lie in their folder; a line that
was cut off by a crash is no line. ``submissions/<name>-<digest>/<key>/`` holds the reports of one grading: another
suite or seed has another key, so that what was found before stays beside what is found now.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from grader.errors import ExitCode, GraderError
from grader.writing import write_whole

try:
    import fcntl
except ImportError:  # not on Windows, where no sandbox holds a submission either
    fcntl = None  # type: ignore[assignment]

RESULTS_FILE = "results.jsonl"
ROUND_FILE = "round.json"
LOCK_FILE = ".lock"
REPORTS_FOLDER = "submissions"
SCHEMA_VERSION = 1

SCORED, REFUSED, FAULT = "scored", "refused", "fault"
"""What became of a submission: it has a score; it cannot be read; it was not scored, through a fault of ours."""

PROVISIONAL, MARKED = "provisional", "marked"

_TEXTS = ("key", "name", "source", "status", "folder", "submission_sha256", "bank_sha256")
_OPTIONAL = {"message", "written"}
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH = 60
_DIGEST_LENGTH = 8
_KEY_LENGTH = 16


class ResultsError(GraderError):
    """A folder is no folder of results, or cannot be written to."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Entry:
    """One grading that is over.

    Attributes:
        key: over all that decides the result; the same key needs no second grading.
        name: of the candidate, or of what was handed in. From a stranger.
        source: the file or folder that was handed in, as it was given.
        status: ``scored``, ``refused`` or ``fault``.
        folder: of its reports, relative to the results; empty where there are none.
        submission_sha256: over all that was taken of it; empty where it could not be read.
        bank_sha256: of the bank.
        grader_version: of the program.
        seed: that hidden inputs were drawn from.
        sandbox: kind.
        score: out of 100; 0 where there is none.
        passed: whether it is at or above the pass mark.
        assignments: score of each by name.
        attempts: how often it was tried.
        seconds: wall time of the last attempt.
        finished: when, in UTC, as ISO 8601 has it.
        message: why there is no score; empty if there is one.
        written: ``provisional`` while written answers that count wait to be marked, ``marked`` once all have been,
            empty where none count.
    """

    key: str
    name: str
    source: str
    status: str
    folder: str
    submission_sha256: str
    bank_sha256: str
    grader_version: str
    seed: int
    sandbox: str
    score: float
    passed: bool
    assignments: Mapping[str, float]
    attempts: int
    seconds: float
    finished: str
    message: str = ""
    written: str = ""


def folder_of(name: str, submission_sha256: str, key: str) -> Path:
    """Return where the reports of a grading lie, relative to the results.

    Args:
        name: of the candidate; a stranger may have chosen it, and only letters and digits of it get into the path.
        submission_sha256: tells submissions of the same name apart.
        key: of the grading.
    """
    safe = _NAME.sub("-", name)[:_NAME_LENGTH].strip(".-_") or "submission"
    return Path(REPORTS_FOLDER) / f"{safe}-{submission_sha256[:_DIGEST_LENGTH]}" / key[:_KEY_LENGTH]


def read_entries(results: Path) -> list[Entry]:
    """Return all gradings that are over, in the order in which they ended.

    Args:
        results: the folder.

    Raises:
        ResultsError: there are none, or a line is not ours.
    """
    path = results / RESULTS_FILE
    if not path.is_file():
        raise ResultsError(
            f"{results} should hold {RESULTS_FILE}, but does not", cure="give the --output folder of a grader batch"
        )
    return list(_entries(path))


def latest(entries: list[Entry]) -> list[Entry]:
    """Return the last grading of each submission, in the order of names; what was handed in again counts alone."""
    last = {(entry.name, entry.source): entry for entry in entries}
    return sorted(last.values(), key=lambda entry: (entry.name, entry.source))


def place_of(results: Path, entry: Entry) -> Path:
    """Return the folder of a grading's reports.

    Args:
        results: the folder of the round.
        entry: the grading.

    Raises:
        ResultsError: somebody has edited the results, and it is not in there.
    """
    folder = results / entry.folder
    if not folder.resolve().is_relative_to(results.resolve()):
        raise ResultsError(
            f"{results} should hold its reports itself, but names a folder elsewhere",
            cure="give the --output folder of a grader batch, as it was written",
        )
    return folder


class ResultsFolder:
    """Where one run writes to.

    Args:
        root: the folder; it is made if it is not there.

    Raises:
        ResultsError: it cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            (root / REPORTS_FOLDER).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultsError(f"the folder for results cannot be made: {error}") from error

    def entries(self) -> list[Entry]:
        """Return what is there already."""
        path = self.root / RESULTS_FILE
        return list(_entries(path)) if path.is_file() else []

    def holds(self, entry: Entry) -> bool:
        """Whether a grading needs no second one: faults do, and what lost its reports."""
        if entry.status == SCORED:
            return (self.root / entry.folder / "report.json").is_file()
        return entry.status == REFUSED

    def seed(self, chosen: int | None, fresh: int) -> int:
        """Return the seed of the round: the one that was chosen, else that of an earlier run, else a fresh one.

        Args:
            chosen: by whoever runs it; it is not kept for later runs unless it is the first.
            fresh: for a new round.
        """
        path = self.root / ROUND_FILE
        try:
            known = json.loads(path.read_bytes())["seed"] if path.is_file() else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ResultsError(f"{path} should name the round's seed, but does not", cure="give --seed") from error
        if known is None:
            known = fresh if chosen is None else chosen
            write_whole(path, (json.dumps({"schema_version": SCHEMA_VERSION, "seed": known}) + "\n").encode())
        return int(known) if chosen is None else chosen

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs away from this folder while this one writes.

        Raises:
            ResultsError: another run is at it.
        """
        with (self.root / LOCK_FILE).open("w") as stream:
            if fcntl is not None:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError as error:
                    raise ResultsError(
                        f"another grader batch writes to {self.root}", cure="wait for it, or choose another --output"
                    ) from error
            yield

    def keep(self, entry: Entry, files: Mapping[str, bytes]) -> None:
        """Keep a grading: its reports first, all or none, then its line.

        Args:
            entry: the grading.
            files: reports by name; their folder is ``entry.folder``.

        Raises:
            ResultsError: they cannot be written.
        """
        try:
            if files:
                self._keep_files(self.root / entry.folder, files)
            self._append(entry)
        except OSError as error:
            raise ResultsError(f"the results of {entry.source} could not be written: {error}") from error

    def _keep_files(self, folder: Path, files: Mapping[str, bytes]) -> None:
        partial = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
        partial.mkdir(parents=True)
        for name, content in files.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_bytes(content)
        if folder.exists():  # its line was lost in a crash
            shutil.rmtree(folder)
        partial.replace(folder)

    def _append(self, entry: Entry) -> None:
        line = json.dumps({"schema_version": SCHEMA_VERSION, **asdict(entry)}, allow_nan=False)
        path = self.root / RESULTS_FILE
        with path.open("ab+") as stream:
            if stream.tell():
                stream.seek(-1, os.SEEK_END)
                if stream.read(1) != b"\n":  # a line was cut off by a crash
                    line = f"\n{line}"
            stream.write(f"{line}\n".encode())
            stream.flush()
            os.fsync(stream.fileno())


def _entries(path: Path) -> Iterator[Entry]:
    names = {field.name for field in fields(Entry)}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            table = _table(line)
            if table is None:
                continue  # cut off by a crash: what it would have said is done again
            if table.get("schema_version") != SCHEMA_VERSION or not _is_entry(table, names):
                raise ResultsError(f"{path}, line {number}, should be a result of this version, but is not")
            yield Entry(**{name: table[name] for name in names if name in table})


def _is_entry(table: Mapping[str, Any], names: set[str]) -> bool:
    return names <= table.keys() | _OPTIONAL and all(isinstance(table[name], str) for name in _TEXTS)


def _table(line: bytes) -> dict[str, Any] | None:
    try:
        table = json.loads(line)
    except ValueError:
        return None
    return table if isinstance(table, dict) else None
