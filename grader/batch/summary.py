"""A round in short: as CSV and JSON for other programs, as JUnit XML for CI servers, as text for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from grader.batch.results import FAULT, MARKED, REFUSED, SCORED, Entry, latest
from grader.report.github import escaped
from grader.report.markdown import code
from grader.report.text import number, one_line

SCHEMA_VERSION = 1
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHOWN = 20
_SHOWN_ROWS = 1000  # a step's summary may have a megabyte


@dataclass(frozen=True)
class Flip:
    """A submission whose verdict changed with its last grading."""

    name: str
    source: str
    old: float
    new: float
    passed: bool


@dataclass(frozen=True)
class Summary:
    """A round in short.

    Attributes:
        entries: the last grading of each submission, by name.
        flips: submissions that pass now and did not before, or the other way round.
    """

    entries: Sequence[Entry]
    flips: Sequence[Flip]

    def of(self, status: str) -> list[Entry]:
        """Return the submissions with a status."""
        return [entry for entry in self.entries if entry.status == status]


def summary_of(entries: Sequence[Entry]) -> Summary:
    """Return a round in short.

    Args:
        entries: all gradings that are over, in their order.
    """
    return Summary(latest(list(entries)), tuple(_flips(entries)))


def _flips(entries: Sequence[Entry]) -> Iterator[Flip]:
    """Compare the last two gradings of the same submission with the same seed."""
    before: dict[tuple[str, str, int], list[Entry]] = {}
    for entry in entries:
        if entry.status == SCORED and entry.written != MARKED:  # marks by hand change scores, too, but no suite did
            before.setdefault((entry.name, entry.submission_sha256, entry.seed), []).append(entry)
    for old, new in (gradings[-2:] for gradings in before.values() if len(gradings) > 1):
        if old.passed != new.passed:
            yield Flip(new.name, new.source, old.score, new.score, new.passed)


def as_csv(summary: Summary) -> str:
    """Return the round as CSV (RFC 4180): a row for each submission; no cell is a formula to any spreadsheet."""
    names = list(dict.fromkeys(name for entry in summary.entries for name in entry.assignments))
    head = ["name", "source", "status", "score", "passed", "written", *names, "seed", "attempts", "report", "message"]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([disarmed(text) for text in head])
    for entry in summary.entries:
        is_scored = entry.status == SCORED
        scores = [number(entry.assignments[name]) if name in entry.assignments else "" for name in names]
        report = f"{entry.folder}/report.html" if entry.folder else ""
        row = [
            *(entry.name, entry.source, entry.status, number(entry.score) if is_scored else ""),
            *(_yes(entry.passed) if is_scored else "", entry.written, *scores),
            *(str(entry.seed), str(entry.attempts), report, entry.message),
        ]
        writer.writerow([disarmed(text) for text in row])
    return stream.getvalue()


def as_json(summary: Summary) -> str:
    """Return the round as JSON text, ASCII only."""
    counts = {status: len(summary.of(status)) for status in (SCORED, REFUSED, FAULT)}
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "submissions": len(summary.entries),
        **counts,
        "passed": sum(entry.passed for entry in summary.entries),
        "flips": [vars(flip) for flip in summary.flips],
        "entries": [vars(entry) | {"assignments": dict(entry.assignments)} for entry in summary.entries],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def as_junit(summary: Summary, least: float | None) -> str:
    """Return the round as JUnit XML: a case for each submission.

    Args:
        summary: the round.
        least: score below which a case fails; ``None`` for the pass mark.
    """
    root = ET.Element("testsuites", name="grader batch")
    suite = ET.SubElement(root, "testsuite", name="submissions", hostname="grader")
    suite.set("timestamp", max((entry.finished for entry in summary.entries), default="1970-01-01T00:00:00")[:19])
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    ET.SubElement(suite, "properties")
    for entry in summary.entries:
        counts["tests"] += 1
        case = ET.SubElement(
            suite, "testcase", classname="submissions", name=one_line(entry.name), time=f"{entry.seconds:.3f}"
        )
        if entry.status != SCORED:
            counts["errors"] += 1
            ET.SubElement(case, "error", type=entry.status, message=one_line(entry.message))
        elif is_below(entry, least):
            counts["failures"] += 1
            ET.SubElement(case, "failure", type="score", message=f"{number(entry.score)} of 100")
    seconds = f"{sum(entry.seconds for entry in summary.entries):.3f}"
    for node in (root, suite):
        node.attrib |= {name: str(count) for name, count in counts.items()} | {"time": seconds}
    del root.attrib["skipped"]
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def as_annotations(summary: Summary, least: float | None) -> str:
    """Return the round as workflow commands of GitHub: what is a fault of ours, what is refused, what scored low."""
    lines = [f"::notice title=grader batch::{escaped(headline(summary))}"]
    for entry in summary.entries:
        title = escaped(entry.name, ":,")
        if entry.status != SCORED:
            kind = "error" if entry.status == FAULT else "warning"
            lines.append(f"::{kind} title={title}::{escaped(entry.message)}")
        elif is_below(entry, least):
            lines.append(f"::warning title={title}::{escaped(f'{number(entry.score)} of 100')}")
    return "".join(f"{line}\n" for line in lines)


def as_markdown(summary: Summary, least: float | None) -> str:
    """Return the round as GitHub's kind of Markdown: a table of scores, and what was not scored, with the reasons.

    Args:
        summary: the round.
        least: score below which a submission is marked; ``None`` for the pass mark.
    """
    lines = ["# grader batch", "", f"**{headline(summary)}**"]
    scored = summary.of(SCORED)
    if scored:
        lines += ["", "| submission | score | verdict |", "| --- | ---: | --- |"]
        lines += [
            f"| {code(entry.name)} | {number(entry.score)} | {_verdict(entry, least)} |"
            for entry in scored[:_SHOWN_ROWS]
        ]
        if len(scored) > _SHOWN_ROWS:
            lines += ["", f"and {len(scored) - _SHOWN_ROWS} more in `summary.csv`"]
    if summary.flips:
        lines += ["", "## Verdicts that changed", ""]
        for flip in summary.flips[:_SHOWN]:
            verdict = "passes now" if flip.passed else "no longer passes"
            lines.append(f"- {code(flip.name)} {verdict}: {number(flip.old)} to {number(flip.new)}")
        lines += [f"- {line.strip()}" for line in _more(summary.flips)]
    for status, title in ((REFUSED, "Cannot be read"), (FAULT, "Not scored, through a fault of ours")):
        if entries := summary.of(status):
            lines += ["", f"## {title}", ""]
            lines += [f"- {code(e.name)} ({code(e.source)}): {code(e.message, 300)}" for e in entries[:_SHOWN]]
            lines += [f"- {line.strip()}" for line in _more(entries)]
    return "\n".join(lines) + "\n"


def as_text(summary: Summary) -> str:
    """Return the round as text: how many, what flipped, and what was not scored, with the reasons."""
    lines = [headline(summary)]
    for flip in summary.flips[:_SHOWN]:
        verdict = "passes now" if flip.passed else "no longer passes"
        lines.append(f"  {one_line(flip.name, 60)} {verdict}: {number(flip.old)} to {number(flip.new)} of 100")
    lines += _more(summary.flips)
    for status, title in ((REFUSED, "Cannot be read:"), (FAULT, "Not scored, through a fault of ours:")):
        entries = summary.of(status)
        if entries:
            lines.append(title)
            lines += [
                f"  {one_line(e.name, 60)} ({one_line(e.source, 80)}): {one_line(e.message)}"
                for e in entries[:_SHOWN]
            ]
            lines += _more(entries)
    return "\n".join(lines) + "\n"


def headline(summary: Summary) -> str:
    """Return the round in one line."""
    scored = summary.of(SCORED)
    passed = sum(entry.passed for entry in scored)
    text = f"{_counted(len(summary.entries), 'submission')}: {len(scored)} scored, {passed} passed"
    refused, faults = len(summary.of(REFUSED)), len(summary.of(FAULT))
    text += f", {refused} cannot be read" if refused else ""
    text += f", {faults} not scored through a fault of ours" if faults else ""
    return text + (f"; {_counted(len(summary.flips), 'verdict')} changed" if summary.flips else "")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def is_below(entry: Entry, least: float | None) -> bool:
    """Whether a submission scored less than it should: than ``least``, or than the pass mark."""
    return entry.score < least if least is not None else not entry.passed


def _more(shown: Sequence[object]) -> Iterable[str]:
    return [f"  and {len(shown) - _SHOWN} more"] if len(shown) > _SHOWN else []


def disarmed(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP, CSV injection), on one line."""
    shown = one_line(text, 1000)
    return f"'{shown}" if shown.startswith(_FORMULA) and not _is_number(shown) else shown


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _verdict(entry: Entry, least: float | None) -> str:
    verdict = "passed" if entry.passed else "not passed"
    return f"{verdict}, below {number(least)}" if least is not None and is_below(entry, least) else verdict


def _yes(value: bool) -> str:
    return "yes" if value else "no"
