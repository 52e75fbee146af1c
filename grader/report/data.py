"""The JSON report. Its schema is ``report.schema.json`` beside this module."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from math import isfinite
from typing import Any

from grader.models import (
    Answer,
    AssignmentScore,
    CriterionScore,
    Repeat,
    Report,
    Score,
    TestResult,
    Timing,
    Written,
)
from grader.report.spread import spread

SCHEMA_VERSION = 1


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as plain data, as the schema describes it."""
    submission = report.submission
    return {
        "schema_version": SCHEMA_VERSION,
        "assessment": report.assessment,
        **score_as_data(report.score),
        "written": written_as_data(report),
        "repeats": [_repeat(repeat, report.repeats[0]) for repeat in report.repeats],
        "spread": spread_as_data(report.repeats),
        "integrity": [asdict(finding) for finding in report.findings],
        "provenance": asdict(report.provenance) | {"proved": list(report.provenance.proved)},
        "submission": {
            "name": submission.name,
            "sha256": submission.sha256,
            "modules": {name: submission.paths[name] for name in sorted(submission.modules)},
            "missing": list(report.missing),
            "ignored_files": submission.ignored,
            "variant": submission.manifest.variant if submission.manifest is not None else "",
            "source": {name: text.decode("utf-8", "replace") for name, text in sorted(submission.modules.items())},
            "answers": unasked_answers(report),
            "remarks": list(submission.remarks),
        },
    }


def score_as_data(score: Score) -> dict[str, Any]:
    """Return the verdict and all points as plain data: a part of the report."""
    return {
        "score": score.total,
        "passed": score.passed,
        "pass_mark": score.pass_mark,
        "provisional": score.provisional,
        "code_score": score.code,
        "assignments": [_assignment(entry) for entry in score.assignments],
        "skills": [asdict(skill) for skill in score.skills],
    }


def written_as_data(report: Report) -> dict[str, Any]:
    """Return the written part as plain data: a part of the report."""
    return {
        "points": report.score.written_points,
        "score": report.score.written,
        "assignments": [written_entry(entry) for entry in report.written],
    }


def unasked_answers(report: Report) -> dict[str, str]:
    """Return the texts of answers to assignments whose questions are not known, by assignment."""
    known = {entry.assignment for entry in report.written}
    return {name: text for name, text in report.submission.answers.items() if name not in known}


def spread_as_data(repeats: Sequence[Repeat]) -> dict[str, Any] | None:
    """Return the spread of several seeds as plain data: a part of the report."""
    found = spread(repeats)
    return None if found is None else asdict(found) | {"varying": [asdict(each) for each in found.varying]}


def as_json(report: Report) -> str:
    """Return the report as JSON text: ASCII only, so that no terminal obeys a stranger's characters."""
    return json.dumps(as_data(report), indent=2, allow_nan=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    text = (resources.files("grader.report") / "report.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _assignment(entry: AssignmentScore) -> dict[str, Any]:
    return {
        "name": entry.assignment.name,
        "title": entry.assignment.title,
        "version": entry.assignment.version,
        "modules": list(entry.assignment.modules),
        "score": entry.score,
        "weight": entry.weight,
        "problem": entry.problem,
        "criteria": [_criterion(criterion) for criterion in entry.criteria],
    }


def written_entry(entry: Written) -> dict[str, Any]:
    """Return the written part of one assignment as plain data."""
    return {
        "name": entry.assignment,
        "weight": entry.weight,
        "rest": entry.rest,
        "remarks": list(entry.remarks),
        "questions": [_answer(answer) for answer in entry.answers],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    question, mark = answer.question, answer.mark
    return {
        "id": question.id,
        "title": question.title,
        "points": question.points,
        "text": question.text,
        "answer": answer.text,
        "earned": None if mark is None else round(mark.earned, 4),
        "comment": "" if mark is None else mark.comment,
        "markers": [] if mark is None else list(mark.markers),
    }


def _repeat(entry: Repeat, first: Repeat) -> dict[str, Any]:
    differing = {key: earned for key, earned in entry.earned.items() if earned != first.earned[key]}
    return {
        "seed": entry.seed,
        "score": entry.total,
        "passed": entry.passed,
        "differing": [{"assignment": a, "criterion": c, "earned": earned} for (a, c), earned in differing.items()],
    }


def _criterion(entry: CriterionScore) -> dict[str, Any]:
    return {
        "id": entry.criterion.id,
        "title": entry.criterion.title,
        "skill": entry.criterion.skill,
        "points": entry.criterion.points,
        "earned": round(entry.earned, 4),
        "expects": entry.criterion.expects,
        "tests": [_test(result) for result in entry.results],
    }


def _test(result: TestResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "outcome": result.outcome.value,
        "seconds": round(result.seconds, 4),
        "cpu_seconds": round(result.cpu_seconds, 4),
        "requirement": result.requirement,
        "message": result.message,
        "frames": [asdict(frame) for frame in result.frames],
        "output": result.output,
        "measured_times": round(result.measured, 3)
        if result.measured is not None and isfinite(result.measured)
        else None,
        "calls": list(result.calls),
        "memory_bytes": result.memory_bytes,
        "timings": [_timing(timing) for timing in result.timings],
    }


def _timing(timing: Timing) -> dict[str, Any]:
    return {
        "size": timing.size,
        "seconds": round(timing.seconds, 6),
        "reference_seconds": round(timing.reference_seconds, 6),
    }
