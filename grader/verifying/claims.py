"""What a report is held against, and how a check of it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeGuard

from grader.bank import Bank
from grader.models import Assessment, Examination, Report, Submission
from grader.report.reading import KeptReport
from grader.report.text import one_line

SHOWN = 60
"""How many characters of a name in a report are told."""
SEEDS = 2**32
"""A seed is a number below it."""

Scorer = Callable[[int], Report]


class Result(StrEnum):
    """How a check ended."""

    OK = "ok"
    DIFFERS = "differs"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One thing that a report claims.

    Attributes:
        name: of it, stable.
        result: whether it holds.
        told: what holds, or why it was not checked; one line.
        differences: what differs, a line each.
    """

    name: str
    result: Result
    told: str
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """A report, and what it is held against.

    Attributes:
        kept: the report.
        submission: that it should be about.
        bank: that it should be made with.
        assessment: of the bank, with the report's assignments alone.
        planned: what the hidden suites hold, by assignment; nothing of it has run.
    """

    kept: KeptReport
    submission: Submission
    bank: Bank
    assessment: Assessment
    planned: Mapping[str, Examination]


def compared(name: str, told: str, differing: Sequence[str]) -> Check:
    """Return a check that holds unless something differs."""
    if differing:
        return Check(name, Result.DIFFERS, "", tuple(differing))
    return Check(name, Result.OK, told)


def skipped(name: str, why: str) -> Check:
    """Return a check that was not made."""
    return Check(name, Result.SKIPPED, why)


def instead(said: object, found: object) -> str:
    """Say what a report has and what it should have."""
    return f"the report says {short(said)}, but here it is {short(found)}"


def short(value: object) -> str:
    """Return a value on one line; a digest by its beginning."""
    text = one_line(str(value), 80) if value not in (None, "") else "none"
    digest = text.removeprefix("sha256:")
    return digest[:12] if re.fullmatch("[0-9a-f]{64}", digest) else text


def versions(name: str, said: Mapping[str, Any], found: Mapping[str, str]) -> Check:
    """Compare the versions that a report names with those found."""
    differing = [
        f"{key.replace('_', ' ')}: {instead(said.get(key), version)}"
        for key, version in found.items()
        if said.get(key) != version
    ]
    return compared(name, ", ".join(f"{k.removeprefix('examiner_')} {v}" for k, v in found.items()), differing)


def outcomes_of(kept: KeptReport) -> dict[tuple[str, str], str]:
    """Return what a report says of each test, by assignment and test."""
    return {
        (assignment, test): outcome
        for (assignment, _), criterion in kept.criteria.items()
        for test, outcome in criterion.outcomes.items()
    }


def is_seed(number: Any) -> TypeGuard[int]:
    """Whether something that a report calls a seed is one."""
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < SEEDS
