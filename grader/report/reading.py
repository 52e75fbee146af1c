"""Reads JSON reports back. They may have been edited: what is used of one is checked first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from grader.errors import ExitCode, GraderError
from grader.report.data import SCHEMA_VERSION

_SIZE_LIMIT = 100 * 1024 * 1024


class ReportError(GraderError):
    """A file is no report of ours."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class KeptCriterion:
    """What a report says of one criterion.

    Attributes:
        title: for people.
        earned: points.
        points: that could be had.
        outcomes: by test.
    """

    title: str
    earned: float
    points: float
    outcomes: Mapping[str, str]


@dataclass(frozen=True)
class KeptReport:
    """What a report says, as far as two of them are compared.

    Attributes:
        name: of the submission.
        score: out of 100.
        passed: whether it is at or above the pass mark.
        criteria: by assignment and id.
        submission_sha256: over the modules handed in.
        suites_sha256: by assignment.
        provenance: all that it says of the run.
    """

    name: str
    score: float
    passed: bool
    criteria: Mapping[tuple[str, str], KeptCriterion]
    submission_sha256: str
    suites_sha256: Mapping[str, str]
    provenance: Mapping[str, Any]


def read_report(path: Path) -> KeptReport:
    """Return what a JSON report says.

    Raises:
        ReportError: it cannot be read, or is no report of this version.
    """
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise ReportError(f"{path} is too large for a report", cure=_CURE)
        table = json.loads(path.read_bytes())
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}", cure=_CURE) from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path} should be a JSON report, but is no JSON: {error}", cure=_CURE) from error
    version = table.get("schema_version") if isinstance(table, dict) else None
    if version != SCHEMA_VERSION:
        raise ReportError(
            f"{path} should be a report with schema_version {SCHEMA_VERSION}, but has {version!r}", cure=_CURE
        )
    try:
        return _kept(table)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReportError(f"{path} is no report: {type(error).__name__} at {error}", cure=_CURE) from error


_CURE = "give a file that grader score --format json or --output has written"


def _kept(table: dict[str, Any]) -> KeptReport:
    provenance, submission = table["provenance"], table["submission"]
    return KeptReport(
        name=str(submission["name"]),
        score=_number(table["score"]),
        passed=bool(table["passed"]),
        criteria={
            (str(assignment["name"]), str(criterion["id"])): _criterion(criterion)
            for assignment in table["assignments"]
            for criterion in assignment["criteria"]
        },
        submission_sha256=str(submission["sha256"]),
        suites_sha256={str(name): str(digest) for name, digest in provenance["suites_sha256"].items()},
        provenance=dict(provenance),
    )


def _criterion(table: dict[str, Any]) -> KeptCriterion:
    outcomes = {str(test["id"]): str(test["outcome"]) for test in table["tests"]}
    return KeptCriterion(str(table["title"]), _number(table["earned"]), _number(table["points"]), outcomes)


def _number(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"points should be finite, but are {value}")
    return number
