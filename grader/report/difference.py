"""What changed from one report to another: two submissions, two versions of a suite, or two runs of the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from grader.report.reading import KeptCriterion, KeptReport
from grader.report.text import number, one_line

SCHEMA_VERSION = 1
_ABSENT = KeptCriterion("", 0.0, 0.0, {})
_RUN = ("grader_version", "bank_sha256", "seed", "sandbox", "image", "python", "numpy")
_DIGEST_SHOWN = 12


@dataclass(frozen=True)
class ChangedTest:
    """A test whose outcome is another; empty where a report does not have it."""

    id: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangedCriterion:
    """A criterion that earned another number of points, or whose tests ended otherwise."""

    assignment: str
    id: str
    title: str
    old: float
    new: float
    tests: tuple[ChangedTest, ...]


@dataclass(frozen=True)
class Difference:
    """All that differs.

    Attributes:
        old_score: of the first report.
        new_score: of the second.
        flips: whether one of them passed and the other did not.
        same_submission: whether the same modules were scored.
        changed_suites: assignments whose hidden suites differ.
        run: what else differs of how they were run: name, old and new.
        criteria: that changed.
    """

    old_score: float
    new_score: float
    flips: bool
    same_submission: bool
    changed_suites: tuple[str, ...]
    run: tuple[tuple[str, str, str], ...]
    criteria: tuple[ChangedCriterion, ...]

    @property
    def is_none(self) -> bool:
        """Whether both give the same points for the same reasons."""
        return not self.criteria and self.old_score == self.new_score and not self.flips


def difference(old: KeptReport, new: KeptReport) -> Difference:
    """Return what changed from one report to another."""
    suites = sorted({*old.suites_sha256, *new.suites_sha256})
    return Difference(
        old_score=old.score,
        new_score=new.score,
        flips=old.passed != new.passed,
        same_submission=old.submission_sha256 == new.submission_sha256,
        changed_suites=tuple(n for n in suites if old.suites_sha256.get(n) != new.suites_sha256.get(n)),
        run=tuple(_run(old, new)),
        criteria=tuple(_criteria(old, new)),
    )


def _run(old: KeptReport, new: KeptReport) -> Iterator[tuple[str, str, str]]:
    for key in _RUN:
        before, after = (str(report.provenance.get(key, "")) for report in (old, new))
        if before != after:
            yield key, before, after


def _criteria(old: KeptReport, new: KeptReport) -> Iterator[ChangedCriterion]:
    for key in dict.fromkeys([*old.criteria, *new.criteria]):
        before, after = old.criteria.get(key, _ABSENT), new.criteria.get(key, _ABSENT)
        names = dict.fromkeys([*before.outcomes, *after.outcomes])
        changed = (ChangedTest(n, before.outcomes.get(n, ""), after.outcomes.get(n, "")) for n in names)
        tests = tuple(test for test in changed if test.old != test.new)
        if tests or before.earned != after.earned:
            yield ChangedCriterion(*key, after.title or before.title, before.earned, after.earned, tests)


def as_text(found: Difference) -> str:
    """Return a difference as plain text."""
    lines = [_verdict(found)]
    lines.append("the same submission" if found.same_submission else "another submission")
    lines += [f"another hidden suite: {one_line(name)}" for name in found.changed_suites]
    lines += [f"another {key}: {_shown(old)} to {_shown(new)}" for key, old, new in found.run]
    for criterion in found.criteria:
        change = f"{number(criterion.old)} to {number(criterion.new)} points"
        lines += ["", f"{one_line(criterion.assignment)}, {one_line(criterion.title)}: {change}"]
        lines += [f"  {one_line(t.id)}: {_outcome(t.old)} to {_outcome(t.new)}" for t in criterion.tests]
    return "\n".join(lines) + "\n"


def as_json(found: Difference) -> str:
    """Return a difference as JSON text, ASCII only."""
    data: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "same": found.is_none, **asdict(found)}
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _verdict(found: Difference) -> str:
    if found.is_none:
        return f"No difference: {number(found.new_score)} of 100 in both"
    text = f"{number(found.old_score)} to {number(found.new_score)} of 100"
    return f"{text}; PASS OR FAIL CHANGES" if found.flips else text


def _shown(value: str) -> str:
    text = one_line(value, 80)
    is_digest = len(text) == 64 and all(character in "0123456789abcdef" for character in text)
    return text[:_DIGEST_SHOWN] if is_digest else text or "none"


def _outcome(value: str) -> str:
    return one_line(value, 40) or "not in the suite"
