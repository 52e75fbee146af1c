"""What is put into a gradebook: reports, as a batch or ``grader score`` has written them.

They may have been edited and quote strangers: what becomes a path or a key is checked first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from grader.batch.results import RESULTS_FILE, SCORED, Entry, ResultsError, latest, place_of, read_entries
from grader.models import Report
from grader.report.reading import ReportError, read_report
from grader.report.restoring import restored

REPORT_FILE = "report.json"

_ASSIGNMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_ENDINGS = (".zip", ".py")


@dataclass(frozen=True)
class Scored:
    """A submission that has a report.

    Attributes:
        name: of the candidate. From a stranger.
        report: what was found.
        path: of the report; ``None`` where it was never written.
        results: folder of the batch that it belongs to; ``None`` if it was scored alone.
        entry: of that batch.
    """

    name: str
    report: Report
    path: Path | None = None
    results: Path | None = None
    entry: Entry | None = None

    @property
    def where(self) -> str:
        """Where it lies, for messages."""
        return str(self.path) if self.path is not None else self.report.submission.name


@dataclass(frozen=True)
class Place:
    """Where a report lies that is to be read.

    Attributes:
        path: of the report.
        name: of the candidate; empty where the report says it.
        results: folder of the batch, if any.
        entry: of that batch.
    """

    path: Path
    name: str = ""
    results: Path | None = None
    entry: Entry | None = None


def places(paths: Sequence[Path], name: str = "") -> list[Place]:
    """Return the reports that lie in what was given.

    Args:
        paths: folders of results, folders of single reports, and files.
        name: of the candidate, if there is one report.

    Raises:
        ResultsError: a folder of results cannot be read, or holds nothing that is scored.
        ReportError: there is no report, or a name was given to more than one.
    """
    found = [place for path in paths for place in _places(path)]
    if name and len(found) != 1:
        raise ReportError(
            f"--name should go with one report, but there are {len(found)}", cure="give one report, or no --name"
        )
    return [Place(place.path, name, place.results, place.entry) for place in found] if name else found


def read_scored(place: Place) -> Scored:
    """Return a submission with its report.

    Raises:
        ReportError: it is no report that could be put into a gradebook.
    """
    report = restored(read_report(place.path))
    _check(report, place.path)
    return Scored(place.name or _name_of(report), report, place.path, place.results, place.entry)


def _places(path: Path) -> Iterator[Place]:
    if path.is_file():
        yield Place(path)
    elif (path / RESULTS_FILE).is_file():
        entries = [entry for entry in latest(read_entries(path)) if entry.status == SCORED]
        if not entries:
            raise ResultsError(f"{path} should hold submissions that are scored, but holds none")
        for entry in entries:
            yield Place(place_of(path, entry) / REPORT_FILE, entry.name, path, entry)
    elif (path / REPORT_FILE).is_file():
        yield Place(path / REPORT_FILE)
    else:
        raise ReportError(
            f"{path} should be a report or a folder with results, but there is neither {RESULTS_FILE} nor"
            f" {REPORT_FILE} in it",
            cure="give what grader batch --output or grader score --output wrote",
        )


def _name_of(report: Report) -> str:
    manifest = report.submission.manifest
    if manifest is not None and manifest.variant:
        return manifest.variant
    name = report.submission.name
    return next((name[: -len(ending)] for ending in _ENDINGS if name.lower().endswith(ending)), name)


def _check(report: Report, path: Path) -> None:
    """See that names, ids and points can be a path, a key and a bound."""
    names = [entry.assignment.name for entry in report.score.assignments]
    texts = [entry.assignment for entry in report.written]
    criteria = [[each.criterion.id for each in entry.criteria] for entry in report.score.assignments]
    questions = [[answer.question.id for answer in entry.answers] for entry in report.written]
    points = [(each.earned, each.criterion.points) for entry in report.score.assignments for each in entry.criteria]
    points += [(0.0, answer.question.points) for entry in report.written for answer in entry.answers]
    wrong = [name for name in (*names, *texts) if not _matches(_ASSIGNMENT, name)]
    wrong += [id for ids in (*criteria, *questions) for id in ids if not _matches(_ID, id)]
    wrong += [f"{earned} of {whole}" for earned, whole in points if not _is_bounded(earned, whole)]
    wrong += [
        f"two of one name in {ids}" for ids in (names, texts, *criteria, *questions) if len(set(ids)) != len(ids)
    ]
    wrong += [name for name in texts if name not in names]
    wrong += [
        f"the answer to {answer.question.id}"
        for entry in report.written
        for answer in entry.answers
        if not isinstance(answer.text, str)
    ]
    if wrong:
        raise ReportError(f"{path} is not as grader writes it: {wrong[0]!r}", cure="score the submission again")


def _matches(form: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and form.fullmatch(text) is not None


def _is_bounded(earned: object, whole: object) -> bool:
    numbers = isinstance(earned, (int, float)) and isinstance(whole, (int, float))
    return numbers and isfinite(earned) and isfinite(whole) and 0 <= earned <= whole + 1e-3  # type: ignore[operator, arg-type]
