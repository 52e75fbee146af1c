"""Checks a report against what it claims: its arithmetic, what it was made from, and a replay.

A report without a signature is believed in nothing: whatever it says is computed anew or replayed. What neither can
show, such as times, messages and what a submission printed, is vouched for by a signature alone.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import metadata
from math import isfinite
from typing import Any, TypeGuard

from grader import __version__
from grader.bank import Bank, narrowed
from grader.grade import inputs_sha256, missing, written
from grader.models import (
    Assessment,
    Examination,
    Outcome,
    Repeat,
    Report,
    Submission,
    TestResult,
    Written,
)
from grader.repeating import LIMIT, as_repeat, seeds_from
from grader.report.claims import alike, differences, value
from grader.report.data import as_data, score_as_data, spread_as_data, written_entry
from grader.report.reading import KeptReport, ReportError
from grader.report.restoring import restored
from grader.report.text import number, one_line
from grader.scoring import score, with_written

_FIGURES = ("score", "passed", "pass_mark", "earned", "provisional", "code_score")
_COMPARED_OF_A_TEST = ("id", "requirement", "outcome")
_REPEATS = "replay of the repeats"
_SHOWN = 60
_ROUNDING = 0.011
"""Points are kept with four digits and scores with two."""
_SEEDS = 2**32

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


def assessment_of(kept: KeptReport, bank: Bank) -> tuple[Check, Assessment | None]:
    """Return the bank's take-home as far as a report is about it; ``None`` if the bank does not have all of that.

    Raises:
        BankError: the bank is wrong.
    """
    said = list(dict.fromkeys([*kept.suites_sha256, *(name for name, _ in kept.criteria)]))
    known = [assignment.name for assignment in bank.assessment.assignments]
    unknown = [f"the bank has no assignment {one_line(name, _SHOWN)!r}" for name in said if name not in known]
    listed = {name for name, _ in kept.criteria}
    unknown += [f"{one_line(n, _SHOWN)} has a suite, but no points" for n in kept.suites_sha256 if n not in listed]
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
        yield _repeats(claim)
    yield _same("grader version", provenance.get("grader_version"), __version__)
    here = {"examiner_python": platform.python_version(), "examiner_numpy": metadata.version("numpy")}
    yield _versions("examiner", provenance, here)


def may_be_replayed(checks: Sequence[Check]) -> bool:
    """Whether a replay would run the same tests with the same inputs on the same submission."""
    needed = ("submission", "suites", "seed")
    return not any(check.name in needed and check.result is Result.DIFFERS for check in checks)


def checks_by_replay(claim: Claim, score_with: Scorer, *, repeats: bool) -> Iterator[Check]:
    """Score the submission again with the recorded seed and compare test by test.

    Args:
        claim: the report, whose seed has been found to be one.
        score_with: scores the submission with the seed that it is given.
        repeats: replay the further seeds, too.

    Raises:
        SuiteError: a hidden suite is broken.
        SandboxError: the sandbox was lost through no fault of the submission.
    """
    seed = claim.kept.provenance["seed"]
    again = score_with(seed)
    yield _environment("sandbox", claim, again.provenance.sandbox)
    yield _environment("image", claim, again.provenance.image)
    inside = {"python": again.provenance.python, "numpy": again.provenance.numpy}
    yield _versions("versions in the sandbox", claim.kept.provenance, inside)
    yield _outcomes(claim, again)
    yield _integrity(claim, again)
    if claim.kept.table.get("repeats"):
        yield _replayed_repeats(claim, score_with) if repeats else skipped(_REPEATS, "not asked for with --repeats")


def compared(name: str, told: str, differing: Sequence[str]) -> Check:
    """Return a check that holds unless something differs."""
    if differing:
        return Check(name, Result.DIFFERS, "", tuple(differing))
    return Check(name, Result.OK, told)


def skipped(name: str, why: str) -> Check:
    """Return a check that was not made."""
    return Check(name, Result.SKIPPED, why)


def _short(value: object) -> str:
    """A value on one line; a digest by its beginning."""
    text = one_line(str(value), 80) if value not in (None, "") else "none"
    digest = text.removeprefix("sha256:")
    return digest[:12] if re.fullmatch("[0-9a-f]{64}", digest) else text


def _same(name: str, said: object, found: str) -> Check:
    return compared(name, _short(found), [] if said == found else [_instead(said, found)])


def _instead(said: object, found: object) -> str:
    return f"the report says {_short(said)}, but here it is {_short(found)}"


def _submission(claim: Claim) -> Check:
    said, found = claim.kept.table["submission"], claim.submission
    if claim.kept.submission_sha256 != found.sha256:
        return compared("submission", "", [_instead(claim.kept.submission_sha256, found.sha256)])
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
    return compared("submission", _short(found.sha256), differing)


def _suites(claim: Claim) -> Check:
    said = claim.kept.suites_sha256
    differing = [
        f"{name}: {_instead(said.get(name), examination.suite_sha256)}"
        for name, examination in claim.planned.items()
        if said.get(name) != examination.suite_sha256
    ]
    return compared("suites", "the same", differing)


def _points(claim: Claim) -> tuple[Check, Check]:
    """Compute every point from the outcomes that the report gives and the rubric that the bank has."""
    outcomes = _outcomes_of(claim.kept)

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
        return compared("seed", "", [f"it should be a number from 0 to {_SEEDS - 1}, but is {value(seed)}"])
    recorded = claim.kept.provenance.get("inputs_sha256")
    said = recorded if isinstance(recorded, Mapping) else {}
    differing = [
        f"the inputs of {name} were not drawn from the seed {seed} by this suite"
        for name, examination in claim.planned.items()
        if said.get(name) != inputs_sha256(seed, examination)
    ]
    return compared("seed", str(seed), differing)


def is_seed(number: Any) -> TypeGuard[int]:
    """Whether something that a report calls a seed is one."""
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < _SEEDS


def _versions(name: str, said: Mapping[str, Any], found: Mapping[str, str]) -> Check:
    differing = [
        f"{key.replace('_', ' ')}: {_instead(said.get(key), version)}"
        for key, version in found.items()
        if said.get(key) != version
    ]
    return compared(name, ", ".join(f"{k.removeprefix('examiner_')} {v}" for k, v in found.items()), differing)


def _environment(name: str, claim: Claim, found: str) -> Check:
    said = claim.kept.provenance.get(name)
    differing = [] if said == found else [f"the report names {_short(said)}, but the replay ran in {_short(found)}"]
    return compared(name, _short(found), differing)


def _outcomes(claim: Claim, again: Report) -> Check:
    said = _outcomes_of(claim.kept)
    results = [(a.assignment.name, r) for a in again.score.assignments for c in a.criteria for r in c.results]
    differing = [
        _other_outcome(name, result, said.get((name, result.id)))
        for name, result in results
        if said.get((name, result.id)) != result.outcome.value
    ]
    return compared("replay", f"{len(results)} outcomes are the same", differing)


def _outcomes_of(kept: KeptReport) -> dict[tuple[str, str], str]:
    """What a report says of each test, by assignment and test."""
    return {
        (assignment, test): outcome
        for (assignment, _), criterion in kept.criteria.items()
        for test, outcome in criterion.outcomes.items()
    }


def _other_outcome(assignment: str, result: TestResult, said: str | None) -> str:
    outcome = one_line(said, _SHOWN) if said else "nothing"
    told = f"{assignment}, {result.id}: the report says {outcome}, the replay gives {result.outcome.value}"
    if result.measured is not None:
        return f"{told} (a measured time; near its limit it varies from run to run)"
    if said and Outcome.PASSED not in (said, result.outcome):
        return f"{told} (earns nothing either way; where a limit decides, it may vary from run to run)"
    return told


def _integrity(claim: Claim, again: Report) -> Check:
    """Findings by place and kind; what was seen at work only where the sandbox is of the same kind."""
    everything = claim.kept.provenance.get("sandbox") == again.provenance.sandbox
    kept = claim.kept.table.get("integrity")
    said = kept if isinstance(kept, list) else [kept]
    before, after = (
        {_finding(entry) for entry in entries if everything or _is_of_syntax(entry)}
        for entries in (said, as_data(again)["integrity"])
    )
    differing = [f"{entry}: is not in the report" for entry in sorted(after - before)]
    differing += [f"{entry}: is in the report, but was not seen again" for entry in sorted(before - after)]
    if any(said.count(entry) > 1 for entry in said):
        differing.append("a finding occurs twice in the report")
    return compared("integrity", f"{len(after)} findings are the same", differing)


def _finding(entry: Any) -> str:
    """What it says, without the detail of what was seen at work, which may name what is new each time."""
    if not isinstance(entry, Mapping):
        return f"{value(entry)}, which is no finding"
    told = f"{entry.get('module')}:{entry.get('line')} {entry.get('kind')}, seen by {entry.get('seen_by')}"
    return one_line(f"{told}, {entry.get('detail')}" if _is_of_syntax(entry) else told, 200)


def _is_of_syntax(entry: Any) -> bool:
    return isinstance(entry, Mapping) and entry.get("seen_by") == "syntax"


def _repeats(claim: Claim) -> Check:
    """The seeds follow from the first, the scores from the points, and the spread from the scores."""
    kept = claim.kept
    repeats = _kept_repeats(kept)
    if not repeats:
        return compared("repeats", "", ["they should be a list of seeds with their scores, but are not"])
    return compared("repeats", f"{len(repeats)} seeds and their spread", list(_wrong_repeats(claim, repeats)))


def _wrong_repeats(claim: Claim, repeats: Sequence[Repeat]) -> Iterator[str]:
    kept, pass_mark = claim.kept, claim.assessment.pass_mark
    if tuple(repeat.seed for repeat in repeats) != seeds_from(repeats[0].seed, len(repeats)):
        yield "the seeds do not follow from the first of them"
    if (repeats[0].seed, repeats[0].total) != (kept.provenance.get("seed"), kept.code_score):
        yield "the first is not the report's own seed and score"
    for repeat in repeats:
        total = _total(claim.assessment, repeat)
        if abs(repeat.total - total) > _ROUNDING:
            yield f"seed {repeat.seed}: score is {number(repeat.total)}, but its points give {number(total)}"
        if repeat.passed != (repeat.total >= pass_mark):
            yield f"seed {repeat.seed}: passed is {repeat.passed}, but the pass mark is {number(pass_mark)}"
    expected = spread_as_data(repeats)
    yield from (
        f"spread: {text}" for _, text in differences({"spread": kept.table.get("spread")}, {"spread": expected})
    )


def _total(assessment: Assessment, repeat: Repeat) -> float:
    weight = sum(assessment.weights.values())
    return sum(earned * assessment.weights[name] for (name, _), earned in repeat.earned.items()) / weight


def _kept_repeats(kept: KeptReport) -> tuple[Repeat, ...]:
    """What a report says of each seed; nothing if that cannot be read."""
    first = {key: criterion.earned for key, criterion in kept.criteria.items()}
    try:
        found = tuple(_kept_repeat(entry, first) for entry in kept.table["repeats"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return ()
    return found if len(found) <= LIMIT and all(_is_readable(repeat, first) for repeat in found) else ()


def _is_readable(repeat: Repeat, first: Mapping[tuple[str, str], float]) -> bool:
    numbers = (repeat.total, *repeat.earned.values())
    return is_seed(repeat.seed) and repeat.earned.keys() == first.keys() and all(map(isfinite, numbers))


def _kept_repeat(entry: Mapping[str, Any], first: Mapping[tuple[str, str], float]) -> Repeat:
    differing = {(each["assignment"], each["criterion"]): _points_of(each["earned"]) for each in entry["differing"]}
    if not isinstance(entry["passed"], bool) or len(differing) != len(entry["differing"]):
        raise TypeError("a verdict should be true or false, and a criterion should occur once")
    return Repeat(entry["seed"], _points_of(entry["score"]), entry["passed"], {**first, **differing})


def _points_of(said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        raise TypeError("points should be a number")
    return float(said)


def _replayed_repeats(claim: Claim, score_with: Scorer) -> Check:
    """Each further seed, scored again."""
    repeats = _kept_repeats(claim.kept)[1:]
    differing = [line for repeat in repeats for line in _other_repeat(repeat, score_with(repeat.seed))]
    return compared(_REPEATS, f"{len(repeats)} further seeds give the same points", differing)


def _other_repeat(said: Repeat, again: Report) -> Iterator[str]:
    found = as_repeat(said.seed, again)
    for key, earned in found.earned.items():
        if not alike(said.earned.get(key), earned):
            where = f"seed {said.seed}, {', '.join(key)}"
            yield f"{where}: the report says {value(said.earned.get(key))} points, the replay gives {number(earned)}"
