"""What a change of a suite does to the verdicts of a round."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.batch.discovery import Handed
from grader.batch.results import FAULT, SCORED, Entry, latest, place_of
from grader.models import Assessment
from grader.report.text import number, one_line

SCHEMA_VERSION = 1
_SHOWN = 50


@dataclass(frozen=True)
class Change:
    """A submission that scores otherwise."""

    name: str
    source: str
    old: float
    new: float
    passed_before: bool
    passes_now: bool

    @property
    def flips(self) -> bool:
        """Whether the verdict changes."""
        return self.passed_before != self.passes_now


@dataclass(frozen=True)
class Impact:
    """What a change does.

    Attributes:
        submissions: that were graded before and again.
        changes: those that score otherwise, verdicts that flip first, then by how much.
        faults: names of those that were not graded, through a fault of ours.
    """

    submissions: int
    changes: Sequence[Change]
    faults: Sequence[str]

    @property
    def flips(self) -> list[Change]:
        """The submissions whose verdict changes."""
        return [change for change in self.changes if change.flips]


def assignments_of(entries: Sequence[Entry], assessment: Assessment) -> list[str]:
    """Return the assignments that entries were scored by and that the bank still has."""
    scored = {name for entry in entries for name in entry.assignments}
    return [assignment.name for assignment in assessment.assignments if assignment.name in scored]


def handed_in_again(entries: Sequence[Entry], results: Path) -> tuple[list[Handed], dict[Path, int]]:
    """Return what was handed in, as it is kept beside its reports, and the seed of each by its path.

    Args:
        entries: that were scored.
        results: the folder that they are kept in.

    Raises:
        ResultsError: one is kept elsewhere.
    """
    handed = [Handed(place_of(results, entry) / "submission", entry.name, entry.source) for entry in entries]
    return handed, {one.path: entry.seed for one, entry in zip(handed, entries, strict=True)}


def impact_of(before: Sequence[Entry], after: Sequence[Entry]) -> Impact:
    """Compare two gradings of the same submissions.

    Args:
        before: the earlier ones.
        after: the later ones.
    """
    now = {(entry.name, entry.submission_sha256): entry for entry in latest(list(after))}
    pairs = [(old, now.get((old.name, old.submission_sha256))) for old in before]
    changes = [
        Change(old.name, old.source, old.score, new.score, old.passed, new.passed)
        for old, new in pairs
        if new is not None and new.status == SCORED and (old.score, old.passed) != (new.score, new.passed)
    ]
    changes.sort(key=lambda change: (not change.flips, -abs(change.new - change.old), change.name))
    return Impact(len(before), changes, [old.name for old, new in pairs if new is None or new.status == FAULT])


def as_text(found: Impact) -> str:
    """Return an impact as text."""
    lines = [f"{len(found.flips)} of {found.submissions} verdicts change, {len(found.changes)} scores"]
    for change in found.changes[:_SHOWN]:
        verdict = ("passes now" if change.passes_now else "NO LONGER PASSES") if change.flips else "as before"
        name = f"{one_line(change.name, 60)} ({one_line(change.source, 80)})"
        lines.append(f"  {name}: {number(change.old)} to {number(change.new)} of 100, {verdict}")
    if len(found.changes) > _SHOWN:
        lines.append(f"  and {len(found.changes) - _SHOWN} more, in --format json")
    lines += [f"  {one_line(name, 60)} was not graded, through a fault of ours" for name in found.faults[:_SHOWN]]
    return "\n".join(lines) + "\n"


def as_json(found: Impact) -> str:
    """Return an impact as JSON text, ASCII only."""
    changes = [asdict(change) | {"flips": change.flips} for change in found.changes]
    data = {
        "schema_version": SCHEMA_VERSION,
        "submissions": found.submissions,
        "flips": len(found.flips),
        "changes": changes,
        "faults": list(found.faults),
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"
