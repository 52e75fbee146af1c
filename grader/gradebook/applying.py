"""Folds the marks of a gradebook into the reports that it was made from.

A batch's folder only grows: reports with marks lie beside those without, and the line that names them is written
last. Elsewhere each file is made in full before the first one is replaced, and ``report.json`` is the last: as long
as it is the old one, the next run does it all again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from grader.batch.results import MARKED, PROVISIONAL, ResultsFolder, folder_of
from grader.gradebook.book import NAME_LENGTH, NOT_ANSWERED, stamp_of
from grader.gradebook.database import BookError, BookFaultError
from grader.gradebook.marked import MarkedCell, MarkedNotebook
from grader.gradebook.reading import REPORT_FILE, Scored
from grader.interview.pack import InterviewPack
from grader.models import Answer, Mark, Report, Written
from grader.publishing import FILES, Publication
from grader.report.text import one_line
from grader.scoring import with_written
from grader.signing import SUFFIX, write_signature

_DIGEST_LENGTH = 8


@dataclass(frozen=True)
class Folded:
    """A submission whose report has the marks in it.

    Attributes:
        scored: as it lay there.
        report: with the marks.
        missing: answers that nobody has marked yet.
    """

    scored: Scored
    report: Report
    missing: int


@dataclass(frozen=True)
class Applied:
    """What was done to the files of one report.

    Attributes:
        path: of the report with the marks.
        is_changed: whether it was another before.
        lost_signature: whether a signature was there that fits no more.
    """

    path: Path
    is_changed: bool
    lost_signature: bool = False


class Marks:
    """The marks of a gradebook, to be folded into reports.

    Args:
        notebooks: all that stands in it.
    """

    def __init__(self, notebooks: Iterable[MarkedNotebook]) -> None:
        self.notebooks = {(each.candidate.name, each.assignment): each for each in notebooks}

    def folded(self, scored: Scored) -> Folded:
        """Return a report with the marks that were given for just these answers.

        Raises:
            BookError: it is not in the gradebook, or with another submission or other answers.
        """
        written = tuple(self._written(entry, scored) for entry in scored.report.written)
        missing = sum(answer.mark is None for entry in written for answer in entry.answers)
        report = replace(scored.report, written=written, score=with_written(scored.report.score, written))
        return Folded(scored, report, missing)

    def _written(self, entry: Written, scored: Scored) -> Written:
        notebook = self.notebooks.get((one_line(scored.name, NAME_LENGTH), entry.assignment))
        cells = {} if notebook is None else {cell.name: cell for cell in notebook.of(written=True)}
        pairs = [(answer, cells.get(answer.question.id)) for answer in entry.answers]
        if notebook is None or notebook.submission_sha256 != scored.report.submission.sha256:
            raise _differs(scored, "its submission is not the one in the gradebook")
        if any(cell is None or cell.stamp != stamp_of(a.question.points, a.text) for a, cell in pairs):
            raise _differs(scored, f"its answers about {entry.assignment} are not those in the gradebook")
        marked = tuple(replace(answer, mark=_mark(answer, cell)) for answer, cell in pairs if cell is not None)
        return replace(entry, answers=marked)


def write(folded: Folded, packs: Mapping[str, InterviewPack], key: Path | None = None) -> Applied:
    """Write the files of a report with its marks, those that are there; nothing where the marks are in it already.

    Args:
        folded: the report with the marks.
        packs: questions for an interview by assignment, which ``report.html`` shows.
        key: private key that the report is signed with, if it is.

    Raises:
        BookFaultError: a file cannot be written; running it again completes it.
        ResultsError: the batch's folder cannot be written to.
        NotSignedError: the report is written, but not signed.
    """
    path = folded.scored.path
    if path is None:
        raise BookError(f"the report of {one_line(folded.scored.name)} should lie in a file, but was never written")
    made = Publication(folded.report, packs)
    if path.read_bytes() == made.rendered("json").encode():
        applied = Applied(path, is_changed=False)
    elif folded.scored.results is not None:
        applied = _to_results(folded, made, path.parent)
    else:
        applied = _to_folder(path, made)
    if key is not None and (applied.is_changed or not _signature(applied.path).is_file()):
        write_signature(applied.path, applied.path.read_bytes(), key)
        return replace(applied, lost_signature=False)
    return applied


def _differs(scored: Scored, why: str) -> BookError:
    return BookError(
        f"the marks do not belong to {scored.where}: {why}",
        cure="bring the gradebook up to date first: grader gradebook add",
    )


def _mark(answer: Answer, cell: MarkedCell) -> Mark | None:
    if cell.is_waiting:
        return None
    if cell.manual is None:
        return None if answer.text.strip() else Mark(0.0, cell.comment or NOT_ANSWERED)
    markers = tuple(given.marker for given in cell.given if given.score is not None and given.is_current)
    return Mark(min(cell.manual, answer.question.points), cell.comment, markers)


def _to_results(folded: Folded, made: Publication, old: Path) -> Applied:
    """Keep a report with marks beside the one without, as a batch keeps a further grading."""
    entry, results = folded.scored.entry, folded.scored.results
    assert entry is not None
    assert results is not None
    files = {name: made.rendered(form).encode() for name, form in FILES.items() if (old / name).is_file()}
    digest = hashlib.sha256(b"\0".join(files.values())).hexdigest()[:_DIGEST_LENGTH]
    plain = folder_of(entry.name, entry.submission_sha256, entry.key)
    score = folded.report.score
    changed = replace(
        entry,
        folder=plain.with_name(f"{plain.name}-{digest}").as_posix(),
        score=score.total,
        passed=score.passed,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        written=PROVISIONAL if score.provisional else MARKED,
    )
    ResultsFolder(results).keep(changed, {**_others(old), **files})
    return Applied(results / changed.folder / REPORT_FILE, True, _signature(old / REPORT_FILE).is_file())


def _others(folder: Path) -> dict[str, bytes]:
    """What lies beside the reports: the modules and answers that were handed in."""
    reports = {folder / name for name in (*FILES, REPORT_FILE + SUFFIX)}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path not in reports
    }


def _to_folder(path: Path, made: Publication) -> Applied:
    """Replace files, of which each is complete beside its place before the first one is replaced."""
    forms = {path: "json"}
    if path.name == REPORT_FILE:
        beside = {path.with_name(name): form for name, form in FILES.items() if path.with_name(name).is_file()}
        forms = {**{file: form for file, form in beside.items() if file != path}, **forms}
    signature = _signature(path)
    was_signed = signature.is_file()
    partial = {file: file.with_name(f".{file.name}.{os.getpid()}") for file in forms}
    try:
        for file, form in forms.items():
            partial[file].write_bytes(made.rendered(form).encode())
        signature.unlink(missing_ok=True)
        for file in forms:
            partial[file].replace(file)
    except OSError as error:
        raise BookFaultError(f"{path} could not be written: {error}", cure="run the same again") from error
    finally:
        for rest in partial.values():
            rest.unlink(missing_ok=True)
    return Applied(path, True, was_signed)


def _signature(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)
