"""Checks what can be computed anew: what a report was made from, and its arithmetic."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from typing import Any

from grader import __version__
from grader.bank import Bank, narrowed
from grader.grade import inputs_sha256, missing, written
from grader.models import Assessment, Examination, Outcome, TestResult, Written
from grader.report.claims import differences, value
from grader.report.data import score_as_data, written_entry
from grader.report.reading import KeptReport, ReportError
from grader.report.restoring import restored
from grader.report.text import number, one_line
from grader.scoring import score, with_written
from grader.verifying.claims import (
    SEEDS,
    SHOWN,
    Check,
    Claim,
    compared,
    instead,
    is_seed,
    outcomes_of,
    short,
    versions,
)
from grader.verifying.repeats import repeats_without_replay

_FIGURES = ("score", "passed", "pass_mark", "earned", "provisional", "code_score")
_COMPARED_OF_A_TEST = ("id", "requirement", "outcome")


def assessment_of(kept: KeptReport, bank: Bank) -> tuple[Check, Assessment | None]:
    """Return the bank's take-home as far as a report is about it; ``None`` if the bank does not have all of that.

    Raises:
        BankError: the bank is wrong.
    """
    said = list(dict.fromkeys([*kept.suites_sha256, *(name for name, _ in kept.criteria)]))
    known = [assignment.name for assignment in bank.assessment.assignments]
    unknown = [f"the bank has no assignment {one_line(name, SHOWN)!r}" for name in said if name not in known]
    listed = {name for name, _ in kept.criteria}
    unknown += [f"{one_line(n, SHOWN)} has a suite, but no points" for n in kept.suites_sha256 if n not in listed]
    if unknown or not said:
        return compared("assignments", "", unknown or ["the report has none"]), None
    told = f"{', '.join(said)} ({len(said)} of the {len(known)} in the take-home)"
    return compared("assignments", told, []), narrowed(bank.assessment, said)


def planned(bank: Bank, assessment: Assessment) -> dict[str, Examination]:
    """Return all tests of the hidden suites, none of them run.

    Raises:
        SuiteError: a suite is broken.
    """
    from grader.examiner.examination import examine

    return {
        a.name: examine(a, bank.suite(a.name), bank.suite_sha256(a.name), None, seed=0)
        for a in assessment.assignments
    }


def checks_without_replay(claim: Claim) -> Iterator[Check]:
    """Check what can be computed anew from the report, the submission and the bank; runs none of the submission."""
    kept, provenance = claim.kept, claim.kept.provenance
    yield _submission(claim)
    yield _same("bank", provenance.get("bank_sha256"), claim.bank.sha256)
    yield _suites(claim)
    yield _written(claim)
    yield from _points(claim)
    yield _seed(claim)
    if kept.table.get("repeats") or kept.table.get("spread"):
        yield repeats_without_replay(claim)
    yield _same("grader version", provenance.get("grader_version"), __version__)
    here = {"examiner_python": platform.python_version(), "examiner_numpy": metadata.version("numpy")}
    yield versions("examiner", provenance, here)


def _same(name: str, said: object, found: str) -> Check:
    return compared(name, short(found), [] if said == found else [instead(said, found)])


def _submission(claim: Claim) -> Check:
    said, found = claim.kept.table["submission"], claim.submission
    if claim.kept.submission_sha256 != found.sha256:
        return compared("submission", "", [instead(claim.kept.submission_sha256, found.sha256)])
    modules = said.get("modules")
    named: dict[str, Any] = {**said, "modules": sorted(modules) if isinstance(modules, Mapping) else None}
    expected = {
        "modules": sorted(found.modules),
        "missing": list(missing(claim.assessment, found)),
        "variant": found.manifest.variant if found.manifest is not None else "",
        "source": {name: text.decode("utf-8", "replace") for name, text in found.modules.items()},
        "answers": {name: text for name, text in found.answers.items() if not claim.bank.questions(name)},
        "remarks": list(found.remarks),
    }
    differing = [
        f"{key}: the report says {value(named.get(key))}, but what was handed in gives {value(wanted)}"
        for key, wanted in expected.items()
        if named.get(key) != wanted
    ]
    return compared("submission", short(found.sha256), differing)


def _suites(claim: Claim) -> Check:
    said = claim.kept.suites_sha256
    differing = [
        f"{name}: {instead(said.get(name), examination.suite_sha256)}"
        for name, examination in claim.planned.items()
        if said.get(name) != examination.suite_sha256
    ]
    return compared("suites", "the same", differing)


def _points(claim: Claim) -> tuple[Check, Check]:
    """Compute every point from the outcomes that the report gives and the rubric that the bank has."""
    outcomes = outcomes_of(claim.kept)

    def said(assignment: str, result: TestResult) -> TestResult:
        outcome = outcomes.get((assignment, result.id))
        return replace(result, outcome=Outcome(outcome)) if outcome in list(Outcome) else result

    examinations = {
        name: replace(examination, results=tuple(said(name, result) for result in examination.results))
        for name, examination in claim.planned.items()
    }
    found_score = with_written(score(claim.assessment, examinations), _said_written(claim)[0])
    expected = score_as_data(found_score) | {"assessment": claim.assessment.title}
    expected["written"] = {"points": found_score.written_points, "score": found_score.written}
    found = list(differences(claim.kept.table, _comparable(expected)))
    figures = [text for key, text in found if key in _FIGURES]
    rubric = [text for key, text in found if key not in _FIGURES]
    total = f"{number(expected['score'])} of 100, as its outcomes give"
    return compared("score", total, figures), compared("rubric", "criteria, points and tests are the bank's", rubric)


def _written(claim: Claim) -> Check:
    """Questions are the bank's, answers the submission's, and marks within bounds; who gave them, none can replay."""
    said, differing = _said_written(claim)
    marks = [answer.mark for entry in said for answer in entry.answers]
    told = f"{len(marks)} questions and their answers"
    if marked := sum(mark is not None for mark in marks):
        told += f"; {marked} marks by hand taken as they stand: only a signature vouches for them"
    return compared("written answers", told, differing)


def _said_written(claim: Claim) -> tuple[Sequence[Written], list[str]]:
    """The written part that a report gives; nothing of it where it is not the submission's, and what differs."""
    expected = _without_marks(written(claim.bank, claim.assessment, claim.submission))
    differing = [text for _, text in differences(claim.kept.table.get("written"), {"assignments": expected})]
    if differing:
        return (), differing
    try:
        return restored(claim.kept).written, []
    except ReportError as error:
        return (), [str(error.__cause__)]


def _without_marks(found: Sequence[Written]) -> list[dict[str, Any]]:
    entries = [written_entry(entry) for entry in found]
    for answer in (answer for entry in entries for answer in entry["questions"]):
        for key in ("earned", "comment", "markers"):
            del answer[key]
    return entries


def _comparable(expected: dict[str, Any]) -> dict[str, Any]:
    """Without what a run alone can tell."""
    for assignment in expected["assignments"]:
        del assignment["problem"]
        for criterion in assignment["criteria"]:
            criterion["tests"] = [{key: t[key] for key in _COMPARED_OF_A_TEST} for t in criterion["tests"]]
    return expected


def _seed(claim: Claim) -> Check:
    seed = claim.kept.provenance.get("seed")
    if not is_seed(seed):
        return compared("seed", "", [f"it should be a number from 0 to {SEEDS - 1}, but is {value(seed)}"])
    recorded = claim.kept.provenance.get("inputs_sha256")
    said = recorded if isinstance(recorded, Mapping) else {}
    differing = [
        f"the inputs of {name} were not drawn from the seed {seed} by this suite"
        for name, examination in claim.planned.items()
        if said.get(name) != inputs_sha256(seed, examination)
    ]
    return compared("seed", str(seed), differing)
