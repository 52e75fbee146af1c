"""Checks a report by a replay: the submission scored again with the recorded seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grader.models import Outcome, Report, TestResult
from grader.report.claims import value
from grader.report.data import as_data
from grader.report.text import one_line
from grader.verifying.claims import (
    SHOWN,
    Check,
    Claim,
    Result,
    Scorer,
    compared,
    outcomes_of,
    short,
    skipped,
    versions,
)
from grader.verifying.repeats import REPEATS, repeats_by_replay


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
    yield versions("versions in the sandbox", claim.kept.provenance, inside)
    yield _outcomes(claim, again)
    yield _integrity(claim, again)
    if claim.kept.table.get("repeats"):
        yield repeats_by_replay(claim, score_with) if repeats else skipped(REPEATS, "not asked for with --repeats")


def _environment(name: str, claim: Claim, found: str) -> Check:
    said = claim.kept.provenance.get(name)
    differing = [] if said == found else [f"the report names {short(said)}, but the replay ran in {short(found)}"]
    return compared(name, short(found), differing)


def _outcomes(claim: Claim, again: Report) -> Check:
    said = outcomes_of(claim.kept)
    results = [(a.assignment.name, r) for a in again.score.assignments for c in a.criteria for r in c.results]
    differing = [
        _other_outcome(name, result, said.get((name, result.id)))
        for name, result in results
        if said.get((name, result.id)) != result.outcome.value
    ]
    return compared("replay", f"{len(results)} outcomes are the same", differing)


def _other_outcome(assignment: str, result: TestResult, said: str | None) -> str:
    outcome = one_line(said, SHOWN) if said else "nothing"
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
