"""Reads JSON reports back. They may have been edited: what is used of one is checked first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from grader.errors import ExitCode, GraderError
from grader.models import Outcome
from grader.report.data import SCHEMA_VERSION

ROUNDING = 1e-3
"""Points that the report's rounding may add or take."""

_SIZE_LIMIT = 100 * 1024 * 1024


class ReportError(GraderError):
    """A file is no report of ours."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class KeptLoss:
    """What a report says of a test that was lost.

    Attributes:
        requirement: what a right solution does.
        message: what came back instead.
        place: the submission's own line where it happened, as in ``knn.py:31``; empty where it is not known.
        source: of that line.
    """

    requirement: str
    message: str
    place: str
    source: str


@dataclass(frozen=True)
class KeptCriterion:
    """What a report says of one criterion.

    Attributes:
        title: for people.
        earned: points.
        points: that could be had.
        outcomes: by test.
        losses: the tests that were lost, in their order.
    """

    title: str
    earned: float
    points: float
    outcomes: Mapping[str, str]
    losses: tuple[KeptLoss, ...] = ()


@dataclass(frozen=True)
class KeptAssignment:
    """What a report says of one assignment as a whole.

    Attributes:
        weight: in the take-home; above 0.
        problem: why nothing could be earned; empty if there is no such reason.
    """

    weight: float
    problem: str


@dataclass(frozen=True)
class KeptReport:
    """What a report says, as far as it is used again.

    Attributes:
        assessment: title of the take-home.
        name: of the submission.
        score: out of 100.
        code_score: of the code alone; the same as long as the score is provisional.
        passed: whether it is at or above the pass mark.
        assignments: by name, in the report's order.
        criteria: by assignment and id, in the report's order.
        submission_sha256: over the modules handed in.
        suites_sha256: by assignment.
        provenance: all that it says of the run.
        table: all of it, as it stands; nothing in it has been checked.
    """

    assessment: str
    name: str
    score: float
    code_score: float
    passed: bool
    assignments: Mapping[str, KeptAssignment]
    criteria: Mapping[tuple[str, str], KeptCriterion]
    submission_sha256: str
    suites_sha256: Mapping[str, str]
    provenance: Mapping[str, Any]
    table: Mapping[str, Any]


def read_report(path: Path) -> KeptReport:
    """Return what a JSON report says.

    Raises:
        ReportError: it cannot be read, or is no report of this version.
    """
    return parse_report(path, report_bytes(path))


def report_bytes(path: Path) -> bytes:
    """Return the bytes of a file that may be a report.

    Raises:
        ReportError: it cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise ReportError(f"{path} is too large for a report", cure=_CURE)
        return path.read_bytes()
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}", cure=_CURE) from error


def parse_report(path: Path, content: bytes) -> KeptReport:
    """Return what the bytes of a JSON report say.

    Args:
        path: where they come from, for messages.
        content: of the file.

    Raises:
        ReportError: it is no report of this version.
    """
    try:
        table = json.loads(content, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path} should be a JSON report, but is no JSON: {error}", cure=_CURE) from error
    version = table.get("schema_version") if isinstance(table, dict) else None
    if version != SCHEMA_VERSION:
        raise ReportError(
            f"{path} should be a report with schema_version {SCHEMA_VERSION}, but has {version!r}", cure=_CURE
        )
    try:
        return _kept(table)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ReportError(f"{path} is no report: {type(error).__name__} at {error}", cure=_CURE) from error


_CURE = "give a file that grader score --format json or --output has written"


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A table whose names differ: of two with one name, each reader would take the one it likes."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return table


def _kept(table: dict[str, Any]) -> KeptReport:
    provenance, submission = table["provenance"], table["submission"]
    return KeptReport(
        assessment=str(table["assessment"]),
        name=str(submission["name"]),
        score=_number(table["score"]),
        code_score=_number(table["code_score"]),
        passed=bool(table["passed"]),
        assignments={str(entry["name"]): _assignment(entry) for entry in table["assignments"]},
        criteria={
            (str(assignment["name"]), str(criterion["id"])): _criterion(criterion)
            for assignment in table["assignments"]
            for criterion in assignment["criteria"]
        },
        submission_sha256=str(submission["sha256"]),
        suites_sha256={str(name): str(digest) for name, digest in provenance["suites_sha256"].items()},
        provenance=dict(provenance),
        table=table,
    )


def _assignment(table: dict[str, Any]) -> KeptAssignment:
    weight = _number(table["weight"])
    if weight <= 0:
        raise ValueError(f"a weight should be above 0, but is {weight}")
    return KeptAssignment(weight, str(table["problem"]))


def _criterion(table: dict[str, Any]) -> KeptCriterion:
    outcomes = {str(test["id"]): str(test["outcome"]) for test in table["tests"]}
    losses = tuple(_loss(test) for test in table["tests"] if test["outcome"] != Outcome.PASSED)
    earned, points = _number(table["earned"]), _number(table["points"])
    if not 0 <= earned <= points + ROUNDING:
        raise ValueError(f"what is earned should be from 0 to {points}, but is {earned}")
    return KeptCriterion(str(table["title"]), earned, points, outcomes, losses)


def _loss(table: dict[str, Any]) -> KeptLoss:
    place, source = "", ""
    if table["frames"]:
        frame = table["frames"][-1]
        place, source = f"{frame['file']}:{_number(frame['line']):.0f}", str(frame["source"])
    return KeptLoss(str(table["requirement"]), str(table["message"]), place, source)


def _number(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"points should be finite, but are {value}")
    return number
