"""A report as it was before it became JSON, so that it can be shown in other forms or with marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.manifest import Manifest
from grader.models import (
    Answer,
    Assignment,
    AssignmentScore,
    Criterion,
    CriterionScore,
    Finding,
    Frame,
    Limits,
    Mark,
    Outcome,
    Provenance,
    Question,
    Repeat,
    Report,
    Score,
    SkillScore,
    Submission,
    TestResult,
    Timing,
    Written,
)
from grader.report.reading import KeptReport, ReportError

_UNKNOWN = Limits(0, 0, 0, 0)
"""A report does not name limits."""


def restored(kept: KeptReport) -> Report:
    """Return the report that a JSON report was made of; what JSON does not have of it is empty.

    Args:
        kept: that was read.

    Raises:
        ReportError: something in it is not as the schema has it.
    """
    try:
        return _report(kept.table)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ReportError(
            f"the report of {kept.name} is not as grader writes it: {type(error).__name__} at {error}",
            cure="score the submission again",
        ) from error


def _report(table: Mapping[str, Any]) -> Report:
    provenance = table["provenance"]
    return Report(
        assessment=table["assessment"],
        submission=_submission(table["submission"]),
        score=_score(table),
        findings=tuple(Finding(**finding) for finding in table["integrity"]),
        provenance=Provenance(**{**provenance, "proved": tuple(provenance["proved"])}),
        missing=tuple(table["submission"]["missing"]),
        repeats=tuple(_repeat(repeat, table) for repeat in table["repeats"]),
        written=tuple(_written(entry) for entry in table["written"]["assignments"]),
    )


def _submission(table: Mapping[str, Any]) -> Submission:
    nothing = dict.fromkeys(("assessment", "version", "grader_version", "python", "numpy", "packed"), "")
    variant = table["variant"]
    return Submission(
        name=table["name"],
        sha256=table["sha256"],
        modules={name: text.encode("utf-8", "replace") for name, text in table["source"].items()},
        paths=dict(table["modules"]),
        ignored=table["ignored_files"],
        answers=dict(table["answers"]),
        manifest=Manifest(**nothing, variant=variant, files={}) if variant else None,
        remarks=tuple(table["remarks"]),
    )


def _score(table: Mapping[str, Any]) -> Score:
    return Score(
        total=table["score"],
        passed=table["passed"],
        pass_mark=table["pass_mark"],
        assignments=tuple(_assignment(entry) for entry in table["assignments"]),
        skills=tuple(SkillScore(**skill) for skill in table["skills"]),
        code=table["code_score"],
        written_points=table["written"]["points"],
        written=table["written"]["score"],
    )


def _assignment(table: Mapping[str, Any]) -> AssignmentScore:
    criteria = tuple(_criterion(entry) for entry in table["criteria"])
    assignment = Assignment(
        name=table["name"],
        title=table["title"],
        version=table["version"],
        modules=tuple(table["modules"]),
        criteria=tuple(entry.criterion for entry in criteria),
        limits=_UNKNOWN,
    )
    return AssignmentScore(assignment, table["score"], table["weight"], criteria, table["problem"])


def _criterion(table: Mapping[str, Any]) -> CriterionScore:
    criterion = Criterion(table["id"], table["title"], table["points"], table["skill"], table["expects"])
    return CriterionScore(criterion, table["earned"], tuple(_test(test, criterion.id) for test in table["tests"]))


def _test(table: Mapping[str, Any], criterion: str) -> TestResult:
    return TestResult(
        id=table["id"],
        criterion=criterion,
        requirement=table["requirement"],
        outcome=Outcome(table["outcome"]),
        seconds=table["seconds"],
        cpu_seconds=table["cpu_seconds"],
        message=table["message"],
        frames=tuple(Frame(**frame) for frame in table["frames"]),
        output=table["output"],
        measured=table["measured_times"],
        calls=tuple(table["calls"]),
        memory_bytes=table["memory_bytes"],
        timings=tuple(Timing(**timing) for timing in table["timings"]),
    )


def _repeat(table: Mapping[str, Any], report: Mapping[str, Any]) -> Repeat:
    earned = {(a["name"], c["id"]): c["earned"] for a in report["assignments"] for c in a["criteria"]}
    differing = {(each["assignment"], each["criterion"]): each["earned"] for each in table["differing"]}
    return Repeat(table["seed"], table["score"], table["passed"], {**earned, **differing})


def _written(table: Mapping[str, Any]) -> Written:
    answers = tuple(_answer(entry) for entry in table["questions"])
    return Written(table["name"], table["weight"], answers, table["rest"], tuple(table["remarks"]))


def _answer(table: Mapping[str, Any]) -> Answer:
    question = Question(table["id"], table["title"], table["points"], table["text"])
    return Answer(question, table["answer"], _mark(table))


def _mark(table: Mapping[str, Any]) -> Mark | None:
    earned, comment, markers = table["earned"], table["comment"], table["markers"]
    if (earned, comment, markers) == (None, "", []):
        return None
    if isinstance(earned, bool) or not isinstance(earned, (int, float)) or not 0 <= earned <= table["points"]:
        raise ValueError(f"a mark should be from 0 to {table['points']}, but is {earned!r}")
    if not isinstance(comment, str) or not isinstance(markers, list) or not all(isinstance(m, str) for m in markers):
        raise TypeError("a comment should be a text, and markers a list of names")
    return Mark(earned, comment, tuple(markers))
